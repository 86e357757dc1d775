"""The types of the fixtures that make one more at each call."""

from collections.abc import Callable

from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from notifications.models import Notification

MakeUser = Callable[..., User]
MakeEvent = Callable[..., Event]
MakeNotification = Callable[..., Notification]
# `api`: a client of the API for a user, or for nobody.
Api = Callable[..., APIClient]
