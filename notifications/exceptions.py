"""Refusals of actions on notifications."""

from django.utils.translation import gettext_lazy as _

from config.errors import Refusal


class TooManyTests(Refusal):
    code = "too_many_tests"
    message = _("You can send five tests an hour. Try again later.")
