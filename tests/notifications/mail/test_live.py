"""Test the whole product with a mail server that hangs: nothing else is delayed, and nothing is lost."""

import pytest

from tests.smtp import MailServer
from tests.waiting import wait_until
from tools.stage.live import Deployment

pytestmark = pytest.mark.live

# Two people with verified addresses. The second is notified once the mailer waits for the server.
NOTIFY = """
from accounts.models import User
from accounts.services import create_user
from config.database import database_now
from datetime import timedelta
from events.services import announce, create_event, subscribe

at = database_now()
organiser = create_user(username="organiser{n}", email="organiser{n}@example.org", password="x")
reader = create_user(username="reader{n}", email="reader{n}@example.org", password="x")
User.objects.filter(pk=reader.pk).update(email_verified_at=at)
event = create_event(
    actor=organiser, at=at, headline="Concert {n}", starts_at=at + timedelta(minutes=5), state="public"
)
subscribe(event, actor=reader, at=at, leads=[])
announce(event, actor=organiser, at=at, message="Bring an umbrella.")
"""
RECEIVED = """
from notifications.models import Notification
print(Notification.objects.filter(recipient__username="reader{n}").count())
"""


def test_mail_server_that_hangs_delays_no_notification_and_gets_every_email_once_it_answers() -> None:
    with MailServer() as server:
        server.delay_seconds = 3600
        parts = ("worker", "beat", "mailer")
        with Deployment(parts, EMAIL_URL=f"smtp://127.0.0.1:{server.port}", EMAIL_TIMEOUT_SECONDS="120") as deployment:
            deployment.shell(NOTIFY.format(n=1))
            assert wait_until(lambda: server.waiting == 1, 60)

            deployment.shell(NOTIFY.format(n=2))
            assert wait_until(lambda: deployment.shell(RECEIVED.format(n=2)) == "1", 60)
            assert server.waiting == 1

            deployment.kill("mailer")
            server.delay_seconds = 0
            deployment.shell(
                "from notifications.models import NoticeMail; NoticeMail.objects.update(due_at='2020-01-01T00:00Z')"
            )
            deployment.start("mailer")
            assert wait_until(lambda: len(server.mails) == 2, 60)

        assert sorted(server.recipients) == ["reader1@example.org", "reader2@example.org"]
