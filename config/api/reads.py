"""What the reads have in common that programs repeat most: they go from the database to JSON without serializers.

Serializers stay for writes, for the browsable API and for the schema. Tests compare what both ways answer.
"""

from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request


def is_plain(request: Request) -> bool:
    """Whether the response is to be JSON without an indentation, which is what programs ask for."""
    media_type = request.accepted_media_type.lower()
    return isinstance(request.accepted_renderer, JSONRenderer) and "indent" not in media_type


def encoded(body: dict[str, Any]) -> bytes:
    """Return a body as REST framework's renderer encodes it. Datetimes are shown in UTC with a Z."""
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return content.replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")


def plain_response(content: bytes, **headers: str) -> HttpResponse:
    return HttpResponse(content, content_type=JSONRenderer.media_type, headers=headers)
