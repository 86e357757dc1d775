"""Test that what a request causes is logged with its id: deliveries, emails and sockets."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AccountMail, User
from accounts.services.outbox import write_mail
from config.logs import context
from events.models import Event
from events.services import announce
from notifications import consumers
from notifications.delivery import announcing
from notifications.feed.position import Found, Position
from notifications.mail.escalation import escalate_unread
from notifications.mail.sender import send_mails
from notifications.models import NoticeMail
from tests.makers import Logged, MakeNotification
from tests.notifications.delivery.sweeps import sweep_at
from tests.notifications.feed.communicator import Socket, cookie_headers
from tests.smtp import MailServer

GIVEN = "0123456789abcdef0123456789abcdef"


@pytest.mark.django_db(transaction=True)
def test_delivery_is_logged_with_the_id_of_its_request(
    subscribed_event: Event, organiser: User, at: datetime, log_lines: Logged
) -> None:
    context.begin(GIVEN)
    announcement = announce(subscribed_event, actor=organiser, at=at, message="Bring a coat")
    sweep_id = context.begin()
    sweep_at(at)
    sweep_at(at + timedelta(days=1))

    said = f"announcement {announcement.pk} (message) of event {subscribed_event.pk}: 1 subscribers notified"
    lines = [*log_lines("notifications.delivery.announcing"), *log_lines("notifications.delivery.reminding")]
    assert [(line["request_id"], line["message"]) for line in lines] == [
        (GIVEN, said),
        (sweep_id, f"reminders: 1 settled, of events [{subscribed_event.pk}]; 0 came too late"),
    ]


@pytest.mark.django_db
def test_delivery_that_fails_is_logged_with_the_id_of_its_request(
    subscribed_event: Event, organiser: User, at: datetime, log_lines: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise ValueError

    monkeypatch.setattr(announcing, "insert_announcement_notifications", fail)
    context.begin(GIVEN)
    announce(subscribed_event, actor=organiser, at=at, message="Bring a coat")
    context.begin()
    sweep_at(at)

    assert [line["request_id"] for line in log_lines("notifications.delivery.batches")] == [GIVEN]


@pytest.mark.django_db
@pytest.mark.parametrize(("refusal", "outcome"), [("", "sent"), ("550 no such mailbox", "failed")])
def test_email_is_logged_with_its_request_and_user_and_without_its_address(
    mail_server: MailServer, subscriber: User, at: datetime, log_lines: Logged, refusal: str, outcome: str
) -> None:
    context.begin(GIVEN)
    mail = write_mail(AccountMail.Kind.VERIFY, user=subscriber, address=subscriber.email, at=at)
    context.begin()
    mail_server.refuses = refusal
    AccountMail.objects.update(refusals=5)

    send_mails(clock=lambda: at)

    lines = log_lines("notifications.mail.sender")
    assert lines[-1]["message"] == f"verify mail {mail.pk}: {outcome}, attempt 1"
    assert {(line["request_id"], line["user_id"]) for line in lines} == {(GIVEN, subscriber.pk)}
    assert len(lines) == (2 if refusal else 1)
    assert "@" not in str(lines)


@pytest.mark.django_db
def test_email_about_notifications_has_the_id_of_the_newest_announcement(
    subscribed_event: Event,
    organiser: User,
    verified_subscriber: User,
    make_notification: MakeNotification,
    at: datetime,
) -> None:
    for request_id in ("first-request", GIVEN):
        context.begin(request_id)
        announce(subscribed_event, actor=organiser, at=at, message="Bring a coat")
    context.begin()
    sweep_at(at)
    make_notification(recipient=verified_subscriber, created_at=at)

    escalate_unread(at=at + timedelta(minutes=10))

    assert NoticeMail.objects.get().request_id == GIVEN


@pytest.mark.django_db
def test_email_about_a_reminder_has_no_id(
    verified_subscriber: User, make_notification: MakeNotification, at: datetime
) -> None:
    make_notification(recipient=verified_subscriber, created_at=at - timedelta(minutes=10))
    context.begin(GIVEN)

    escalate_unread(at=at)

    assert NoticeMail.objects.get().request_id == ""


@pytest.mark.django_db(transaction=True)
async def test_socket_has_an_id_and_a_user_and_the_position_check_its_own(
    organiser: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRUST_PROXY = True
    settings.FEED_POSITION_CHECK_SECONDS = 0.05
    seen: dict[str, tuple[str, int | None]] = {}
    look = Position.look

    def note(name: str) -> None:
        seen[name] = context.request_id(), context.user_id()

    def noting_look(position: Position, user_ids: Collection[int]) -> Found:
        note("check")
        return look(position, user_ids)

    monkeypatch.setattr(consumers, "_mark_read", lambda *_: note("socket"))
    monkeypatch.setattr(Position, "look", noting_look)
    headers = await consumers._in_thread(cookie_headers, organiser)
    async with Socket([*headers, (b"x-request-id", GIVEN.encode())]) as socket:
        await socket.frame()
        await socket.send({"type": "read", "ids": [1]})
        async with asyncio.timeout(30):
            while seen.keys() != {"check", "socket"}:
                await asyncio.sleep(0.02)

    assert seen["socket"] == (GIVEN, organiser.pk)
    assert seen["check"][0] not in {"", GIVEN}
    assert seen["check"][1] is None
