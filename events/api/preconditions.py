"""ETags of events: `"<revision>-<hash of the body>"`.

`config.web.middleware.conditional` compares the whole tag with If-None-Match, because an event looks different to its
organiser and changes with each subscriber. If-Match is compared with the revision only, because an edit must not be
refused just because somebody has subscribed meanwhile.
"""

import hashlib
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from events.exceptions import RevisionMismatch
from events.models import Event


def tagged(event: Event, body: dict[str, Any], *, status: int = HTTPStatus.OK) -> Response:
    """Return a response with the body and its ETag."""
    return Response(body, status=status, headers={"ETag": etag(event.revision, JSONRenderer().render(body))})


def expected_revision(request: Request, event: Event) -> int | None:
    """Return the revision that the request's If-Match expects, or None if it expects none.

    Raises:
        RevisionMismatch: the event already has another revision.
    """
    tags = parse_etags(request.headers.get("If-Match", "*"))
    if tags == ["*"]:
        return None
    # Proxies that compress responses mark the tag as weak. The revision in it is still valid.
    revisions = {tag.removeprefix("W/").strip('"').partition("-")[0] for tag in tags}
    if str(event.revision) not in revisions:
        raise RevisionMismatch
    return event.revision


def etag(revision: int, content: bytes) -> str:
    """Return the ETag of an event of this revision with this JSON."""
    return f'"{revision}-{hashlib.sha256(content).hexdigest()[:16]}"'
