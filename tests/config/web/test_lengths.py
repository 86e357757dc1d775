"""Test bodies whose length is missing, wrong or sent in chunks, and answers without a body, on the real server."""

import json
import socket
from collections.abc import Iterator

import pytest

from tools.stage.live import Deployment

pytestmark = pytest.mark.live

BODY = b'{"email":"ada@example.org","password":"x"}'
SIZE = len(BODY)
READ = (401, "invalid_credentials")
REFUSED = (400, None)
INCOMPLETE = (400, "incomplete_body")
CHUNKED = "Transfer-Encoding: chunked"
IN_CHUNKS = b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % (SIZE - 5) + BODY[5:] + b"\r\n0\r\n\r\n"
LOGIN, EVENTS = "/api/v1/auth/login/", "/api/v1/events/"


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with Deployment(["web"]) as running:
        yield running


def answer(
    deployment: Deployment, start: str, *headers: str, body: bytes = b"", breaks: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Send a request, whose body may end early if it `breaks`; return status, headers and body of the answer."""
    port = int(deployment.web_url.rpartition(":")[2])
    lines = [f"{start} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        if breaks:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65_536):
            received += part
    head, _, rest = received.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    named = dict(field.lower().split(": ", 1) for field in fields)
    return int(status.split()[1]), named, rest


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        (f"Content-Length: {SIZE}", BODY, READ),
        (f"Content-Length: {SIZE}\r\nContent-Length: {SIZE}", BODY, READ),
        (CHUNKED, IN_CHUNKS, READ),
        (CHUNKED, b"%x;name=value\r\n" % SIZE + BODY + b"\r\n0\r\nX-Trailer: yes\r\n\r\n", READ),
        (f"Content-Length: {SIZE + 5}", BODY, INCOMPLETE),
        (f"Content-Length: {SIZE + 5}", b"", INCOMPLETE),
        ("X-Length: none", b"", (400, "invalid")),
        ("Content-Length: 0", b"", (400, "invalid")),
        (CHUNKED, b"0\r\n\r\n", (400, "invalid")),
        (CHUNKED, b"%x\r\n" % SIZE + BODY[:-5], (400, "parse_error")),
        (CHUNKED, (b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n") * 5 + b"0\r\n\r\n", (413, "body_too_large")),
        ("Content-Length: -1", BODY, REFUSED),
        ("Content-Length: ten", BODY, REFUSED),
        (f"Content-Length: +{SIZE}", BODY, REFUSED),
        (f"Content-Length: {SIZE}, {SIZE}", BODY, REFUSED),
        (f"Content-Length: {SIZE}\r\nContent-Length: {SIZE - 1}", BODY, REFUSED),
        ("Content-Length: 99999999999999999999999", BODY, REFUSED),
        ("Transfer-Encoding: gzip", BODY, REFUSED),
    ],
    ids=lambda value: str(value)[:50],
)
def test_body_is_read_whole_or_refused(
    deployment: Deployment, header: str, body: bytes, expected: tuple[int, str | None]
) -> None:
    breaks = expected in {INCOMPLETE, (400, "parse_error")}

    status, _, said = answer(
        deployment, f"POST {LOGIN}", "Content-Type: application/json", header, body=body, breaks=breaks
    )

    assert (status, json.loads(said)["code"] if said else None) == expected


def test_form_that_breaks_off_is_not_taken_for_a_shorter_one(deployment: Deployment) -> None:
    token = "c" * 32
    sent = f"csrfmiddlewaretoken={token}&username=ada@example.org&password=correct"
    headers = [f"Cookie: csrftoken={token}", "Content-Type: application/x-www-form-urlencoded"]

    whole, *_ = answer(
        deployment, "POST /accounts/login/", *headers, f"Content-Length: {len(sent)}", body=sent.encode()
    )
    broken, *_ = answer(
        deployment,
        "POST /accounts/login/",
        *headers,
        f"Content-Length: {len(sent) + 5}",
        body=sent.encode(),
        breaks=True,
    )

    assert (whole, broken) == (200, 403)


@pytest.mark.parametrize(
    "path", [EVENTS, "/api/v1/events/1/", "/api/schema/", "/", "/events/1/", "/static/css/base.css"]
)
def test_head_says_what_get_says_without_its_body(deployment: Deployment, path: str) -> None:
    status, headers, body = answer(deployment, f"HEAD {path}")
    got, fields, content = answer(deployment, f"GET {path}")

    assert (status, headers["content-type"], body) == (got, fields["content-type"], b"")
    assert content


def test_answer_to_a_caller_that_has_it_has_no_body(deployment: Deployment) -> None:
    _, headers, _ = answer(deployment, f"GET {EVENTS}")

    status, again, body = answer(deployment, f"GET {EVENTS}", f"If-None-Match: {headers['etag']}")

    assert (status, again["etag"], body) == (304, headers["etag"], b"")
