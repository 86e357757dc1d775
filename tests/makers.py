"""Define the types of the fixtures that make one more object at each call."""

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from notifications.models import Notification

MakeUser = Callable[..., User]
MakeEvent = Callable[..., Event]
MakeNotification = Callable[..., Notification]
# `api` makes a client of the API for a user, or an anonymous one.
Api = Callable[..., APIClient]
# `log_lines` returns what a logger has written, as the objects of its lines.
Logged = Callable[[str], list[dict[str, Any]]]
