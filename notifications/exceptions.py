"""What notifications refuses."""

from django.utils.translation import gettext_lazy as _

from config.errors import Refusal


class TooManyTests(Refusal):
    code = "too_many_tests"
    message = _("Five tests an hour are enough. Try again in an hour.")
