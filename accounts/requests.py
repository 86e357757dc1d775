"""The request that a view gets behind its login."""

from django.http import HttpRequest

from accounts.models import User


class AuthenticatedRequest(HttpRequest):
    """A request by somebody who has logged in."""

    user: User
