"""What notifications refuses."""

from config.errors import Refusal


class TooManyTests(Refusal):
    code = "too_many_tests"
    message = "Five tests an hour are enough. Try again in an hour."
