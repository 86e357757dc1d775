"""Provide a client of the socket, on the communicator of Channels."""

import json
from typing import Any

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import open_api_session
from config.asgi import application

ORIGIN = b"http://localhost:8000"
Headers = list[tuple[bytes, bytes]]
# Long enough for a slow machine. Frames that arrive earlier are returned at once.
PATIENCE_SECONDS = 30


def cookie_headers(user: User, origin: bytes = ORIGIN) -> Headers:
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [(b"origin", origin), (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())]


def bearer_headers(user: User) -> Headers:
    return [(b"authorization", b"Bearer " + open_api_session(user, at=timezone.now()).access.encode())]


class Socket:
    """A client's end of the socket, as an async context manager."""

    def __init__(self, headers: Headers, query: str = "") -> None:
        self.communicator = WebsocketCommunicator(application, f"/ws/notifications/{query}", headers=headers)

    async def __aenter__(self) -> "Socket":
        accepted, _ = await self.communicator.connect(timeout=PATIENCE_SECONDS)
        assert accepted
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.communicator.disconnect(timeout=PATIENCE_SECONDS)

    async def frame(self) -> dict[str, Any]:
        return json.loads(await self.text())

    async def text(self) -> str:
        return await self.communicator.receive_from(timeout=PATIENCE_SECONDS)

    async def close_code(self) -> int:
        message = await self.communicator.receive_output(timeout=PATIENCE_SECONDS)
        assert message["type"] == "websocket.close"
        return message["code"]

    async def send(self, message: Any) -> None:
        await self.communicator.send_to(text_data=message if isinstance(message, str) else json.dumps(message))

    async def is_silent(self) -> bool:
        return await self.communicator.receive_nothing(timeout=0.3)
