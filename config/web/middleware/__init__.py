"""Middleware for the whole site, one module per subject. `config/settings.py` says in which order it runs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
