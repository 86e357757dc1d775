from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from config import metrics  # the settings must have been read
        from notifications.health.metrics import DeliveryMetrics  # needs the models

        metrics.OF_DATABASE.register(DeliveryMetrics())
