"""Define the types of the fixtures that make one more object at each call."""

from collections.abc import Callable

from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from notifications.models import Notification

MakeUser = Callable[..., User]
MakeEvent = Callable[..., Event]
MakeNotification = Callable[..., Notification]
# `api` makes a client of the API for a user, or an anonymous one.
Api = Callable[..., APIClient]
