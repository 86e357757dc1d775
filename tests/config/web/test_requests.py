"""Test requests that claim unusual encodings, with the WSGI application itself."""

import json
from collections.abc import Iterator

import pytest
from django.core.signals import request_started
from django.db import close_old_connections

from config.web.requests import Handler
from tests.config.web.doorway import call

pytestmark = pytest.mark.django_db
CODECS = [
    "rot13",
    "hex",
    "zlib",
    "undefined",
    "idna",
    "punycode",
    "utf-16",
    "unicode_escape",
    "latin-1",
    "nonsense",
    '"',
]
CSRF = "c" * 32
PAGE, API = "/accounts/login/", "/api/v1/events/"
FORM = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na\xe4\r\n--x--\r\n'


@pytest.fixture
def handler() -> Iterator[Handler]:
    """Return the WSGI application, which keeps the test's database connection open."""
    request_started.disconnect(close_old_connections)
    yield Handler()
    request_started.connect(close_old_connections)


def ask(handler: Handler, method: str, path: str, kind: str, body: bytes = b"") -> tuple[int, dict[str, str]]:
    """Return the status and the headers of the answer."""
    environ = {"HTTP_COOKIE": f"csrftoken={CSRF}", "HTTP_X_CSRFTOKEN": CSRF}
    environ |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    status, headers, _text = call(handler, method, path, body, **environ)
    return status, headers


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("path", [PAGE, API, "/nothing/"])
def test_url_is_read_as_utf_8_whatever_charset_is_claimed(handler: Handler, path: str, codec: str) -> None:
    status, _ = ask(handler, "GET", f"{path}?q=%41%ff&next=%c3%a4", f"text/plain; charset={codec}")

    assert status == (404 if path == "/nothing/" else 200)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/x-www-form-urlencoded", b"username=%41"), ("multipart/form-data; boundary=x", FORM)],
)
def test_form_that_is_not_utf_8_is_refused(handler: Handler, kind: str, body: bytes, codec: str) -> None:
    assert ask(handler, "POST", PAGE, f"{kind}; charset={codec}", body)[0] == 400


@pytest.mark.parametrize(
    "kind", ["text/plain; charset*=rot13''%41", "text/plain; charset*=a", "a;" * 6_000, "é; =", ";"]
)
def test_content_type_that_cannot_be_read_is_none(handler: Handler, kind: str) -> None:
    assert ask(handler, "GET", f"{PAGE}?q=%41", kind)[0] == 200
    status, headers = ask(handler, "POST", "/api/v1/auth/login/", kind, json.dumps({"email": "a"}).encode())
    assert (status, headers["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.parametrize(
    "parameter", ["charset*=rot13''%41", "charset*=undefined''%41", "name*=undefined''%41", "name*=punycode''%ff"]
)
def test_form_whose_header_is_in_no_encoding_of_text_is_refused(handler: Handler, parameter: str) -> None:
    kind = f"multipart/form-data; boundary=x; {parameter}"

    assert ask(handler, "POST", PAGE, kind, FORM)[0] == 400


@pytest.mark.parametrize("codec", CODECS)
def test_part_of_a_form_whose_header_is_in_no_encoding_of_text_is_not_a_failure(handler: Handler, codec: str) -> None:
    form = FORM.replace(b'name="username"', f"name*={codec}''%41%ff".encode())

    assert ask(handler, "POST", PAGE, "multipart/form-data; boundary=x", form)[0] == 200


def test_form_in_utf_8_is_read(handler: Handler) -> None:
    assert ask(handler, "POST", PAGE, "multipart/form-data; boundary=x; charset=UTF-8", FORM)[0] == 200
