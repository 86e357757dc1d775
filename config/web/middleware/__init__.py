"""Middleware for the whole site, one module per subject. Their order, and why, is in `config/settings.py`."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
