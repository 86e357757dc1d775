"""The ASGI application: the feed's WebSocket. It serves pages under `runserver` only."""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - needs the applications loaded
from django.conf import settings  # noqa: E402 - as above
from django.core.asgi import get_asgi_application  # noqa: E402 - as above

from config import metrics  # noqa: E402 - as above
from notifications.routing import websocket_urlpatterns  # noqa: E402 - as above


async def alive(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer `/healthz` of a feed process. Any other path is answered 404."""
    status, body = (200, b"ok\n") if scope["path"] == "/healthz" else (404, b"not found\n")
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


metrics.serve()

application = ProtocolTypeRouter(
    {
        "http": get_asgi_application() if settings.DEBUG else alive,
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
