"""Test that logs contain no token and no secret link, for the formatter and for the real processes."""

import http.client
import logging
import sys
from urllib.parse import quote

import pytest
from django.test import Client

from config.logs.lines import TextLines
from config.logs.redaction import redact
from tools.stage.live import Deployment

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl-_x"
# Breaks the database for a page whose URL contains an invite.
RENAME = "from django.db import connection; connection.cursor().execute('ALTER TABLE events_event RENAME TO gone')"
INVITE = "/events/3/?invite=hush-_9&page=2"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"token {JWT} refused", "token [redacted] refused"),
        ("Authorization: Bearer hush.hush", "Authorization: Bearer [redacted]"),
        ("Not Found: /accounts/verify/hush:x/", "Not Found: /accounts/verify/[redacted]"),
        ("Forbidden: /accounts/email/confirm/7:hush/", "Forbidden: /accounts/email/confirm/[redacted]"),
        ("next=%2Faccounts%2Femail%2Fundo%2F7%3Ahush%2F", "next=%2Faccounts%2Femail%2Fundo%2F[redacted]"),
        ("Gone: /accounts/password-reset/MQ/hush-1/ (404)", "Gone: /accounts/password-reset/[redacted] (404)"),
        ("/notifications/unsubscribe/hush?x=1", "/notifications/unsubscribe/[redacted]?x=1"),
        (f"Not Found: /feeds/{'0a' * 16}.ics?alarms=1", "Not Found: /feeds/[redacted]?alarms=1"),
        (f"next=%2Ffeeds%2F{'0a' * 16}.ics", "next=%2Ffeeds%2F[redacted]"),
        (INVITE, "/events/3/?invite=[redacted]&page=2"),
        (f"/login/?next={quote(INVITE, safe='')}", "/login/?next=%2Fevents%2F3%2F%3Finvite%3D[redacted]%26page%3D2"),
        (
            f"/login/?next={quote(quote(INVITE, safe=''), safe='')}",
            "/login/?next=%252Fevents%252F3%252F%253Finvite%253D[redacted]%2526page%253D2",
        ),
        ("next=%2Faccounts%2Fverify%2Fhush%2F", "next=%2Faccounts%2Fverify%2F[redacted]"),
        ("<QueryDict: {'invite': ['hush']}>", "<QueryDict: {'invite': ['[redacted]']}>"),
        ('{"refresh": "hush", "leads": [60]}', '{"refresh": "[redacted]", "leads": [60]}'),
        ("Cookie: sessionid=hush; theme=dark", "Cookie: sessionid=[redacted]; theme=dark"),
        ("{'ada.l+x@mail.example.org': (550, b'no')}", "{'[redacted]': (550, b'no')}"),
        ("/admin/?q=ada%40example.org&p=1", "/admin/?q=[redacted]&p=1"),
        ("Duplicate entry 'zoë@example.org' for key", "Duplicate entry '[redacted]' for key"),
    ],
)
def test_secret_is_left_out(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Not Found: /events/3/",
        "Invalid HTTP_HOST header: 'evil.example'.",
        "3 invites, access refused; the password is wrong",
        "/accounts/password-reset/",
        "celery@worker-1: mysql://events@db/events",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_traceback_is_redacted_too() -> None:
    try:
        raise ValueError(f"no such token: {JWT}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s failed", ("/?invite=hush",), sys.exc_info())

    text = TextLines().format(record)

    assert ": /?invite=[redacted] failed\nTraceback" in text
    assert text.endswith("ValueError: no such token: [redacted]")


def test_foreign_host_is_logged_once_and_without_traceback(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/api/v1/events/", headers={"host": "evil.example"})

    [record] = [each for each in caplog.records if each.name == "django.security.DisallowedHost"]
    assert record.exc_info is None


@pytest.mark.live
def test_processes_log_no_token_and_no_link() -> None:
    secret = "hush0hush0hush"
    bearer = {"Authorization": f"Bearer {JWT}"}
    requests = [
        ("web", "GET", f"/nowhere/?invite={secret}", {}),
        ("web", "GET", f"/accounts/verify/{secret}/none/", {}),
        ("web", "GET", f"/accounts/password-reset/MQ/{secret}/none/", {}),
        ("web", "GET", f"/accounts/email/confirm/{secret}/none/", {}),
        ("web", "POST", f"/accounts/email/confirm/{secret}/", {}),
        ("web", "POST", f"/accounts/email/undo/{secret}/none/", {}),
        ("web", "POST", f"/notifications/unsubscribe/{secret}/none/", {}),
        ("web", "GET", f"/feeds/{secret}.ics", {}),
        ("web", "POST", f"/accounts/login/?next={quote(f'/feeds/{secret}.ics', safe='')}", {}),
        ("web", "POST", f"/accounts/login/?next={quote(f'/events/3/?invite={secret}', safe='')}", {}),
        ("web", "POST", "/accounts/login/", {"Referer": f"http://localhost/events/3/?invite={secret}"}),
        ("web", "GET", "/api/v1/users/me/", bearer),
        ("web", "GET", f"/accounts/verify/{secret}/", {"Host": "evil.example"}),
        ("feed", "GET", f"/ws/notifications/?ticket={secret}", bearer),
        ("feed", "GET", f"/accounts/verify/{secret}/", {}),
    ]

    with Deployment(parts=["web", "feed"]) as deployment:
        urls = {"web": deployment.web_url, "feed": deployment.feed_url}
        for part, method, path, headers in requests:
            _ask(urls[part].split("/")[2], method, path, headers)
        deployment.shell(RENAME)
        failed = _ask(urls["web"].split("/")[2], "GET", f"/events/3/?invite={secret}", {})
        verifying = _ask(urls["web"].split("/")[2], "POST", f"/accounts/verify/{secret}/", {})
        logs = deployment.logs()

    assert (failed, verifying) == (503, 200)
    assert "Not Found: /nowhere/" in logs
    assert "the database failed: GET /events/3/" in logs
    assert logs.count("Invalid HTTP_HOST header") == 1
    assert secret not in logs
    assert JWT not in logs


def _ask(host: str, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(host)
    connection.request(method, path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status
