"""Refusals of actions on notifications."""

from config.errors import Refusal


class TooManyTests(Refusal):
    code = "too_many_tests"
