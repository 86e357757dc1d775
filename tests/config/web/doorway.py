"""Call the WSGI application itself, which Django's test client bypasses."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.test import RequestFactory


def call(
    handler: Callable[[dict[str, Any], Any], Iterable[bytes]], method: str, path: str, body: bytes = b"", **environ: str
) -> tuple[int, dict[str, str], str]:
    """Return the status, the headers and the text of a handler's answer."""
    answered: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        answered.update(status=int(status[:3]), headers=dict(headers))
        return lambda _: None

    request = RequestFactory().generic(method, path).environ
    text = b"".join(handler(request | {"wsgi.input": BytesIO(body)} | environ, start_response)).decode()
    return answered["status"], answered["headers"], text
