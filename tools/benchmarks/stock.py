"""A feed to compare ours with: a consumer as in the documentation of Channels, on the same channel layer."""

import json
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from channels.db import database_sync_to_async  # noqa: E402 - needs the applications loaded
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 - needs the applications loaded
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - needs the applications loaded
from django.urls import path  # noqa: E402 - needs the applications loaded

from config.asgi import alive  # noqa: E402 - needs the applications loaded
from notifications.feed import credentials  # noqa: E402 - needs the applications loaded
from notifications.feed.push import user_group  # noqa: E402 - needs the applications loaded


class StockConsumer(AsyncWebsocketConsumer):
    """A consumer that adds each socket to its user's group, so that each message passes the consumer's dispatch."""

    async def connect(self) -> None:
        bearer = dict(self.scope["headers"])[b"authorization"]
        self.credential = await database_sync_to_async(credentials.from_bearer)(bearer)
        await self.channel_layer.group_add(user_group(self.credential.user_id), self.channel_name)
        await self.accept()
        await self.send(text_data=json.dumps({"type": "hello", "unread": 0, "notifications": []}))

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(user_group(self.credential.user_id), self.channel_name)

    async def push(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["frame"])


application = ProtocolTypeRouter(
    {"http": alive, "websocket": URLRouter([path("ws/notifications/", StockConsumer.as_asgi())])}
)
