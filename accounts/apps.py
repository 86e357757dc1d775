from django.apps import AppConfig
from django.core.checks import register

from accounts.checks import check_mail


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        register(check_mail)
