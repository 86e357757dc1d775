"""The type of the request in views that require a login."""

from django.http import HttpRequest

from accounts.models import User


class AuthenticatedRequest(HttpRequest):
    """A request by a user who is logged in."""

    user: User
