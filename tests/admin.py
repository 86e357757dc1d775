"""Run actions of the admin's lists."""

from typing import Any

from django.test import Client

from tests.pages import messages_of


def run_action(client: Client, url: str, action: str, *rows: Any, **data: str) -> list[str]:
    """Run an action of the list at `url` on some of its rows and return the admin's messages."""
    data |= {"action": action, "index": "0"}
    return messages_of(client.post(url, data | {"_selected_action": [row.pk for row in rows]}, follow=True))
