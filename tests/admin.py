"""Run actions of the admin's lists, as superusers or as staff with few permissions."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.pages import messages_of


def run_action(client: Client, url: str, action: str, *rows: Any, **data: str) -> list[str]:
    """Run an action of the list at `url` on some of its rows and return the admin's messages."""
    data |= {"action": action, "index": "0"}
    return messages_of(client.post(url, data | {"_selected_action": [row.pk for row in rows]}, follow=True))


def as_staff(user: User, *codenames: str) -> User:
    """Return the user as a member of staff with these permissions, which is no superuser."""
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user
