"""Test emails through a real SMTP server: their contents, when they are sent, and how a failing server is handled."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import get_connection
from django.test import Client
from pytest_django import Settings

from accounts.models import AccountMail, User
from accounts.services import register_user, request_password_reset
from config.mail import transport
from events.services import subscribe, update_event
from notifications.inbox.preferences import send_test, set_preferences
from notifications.inbox.reading import mark_read
from notifications.mail.escalation import escalate_unread
from notifications.mail.messages import unsubscribe_token
from notifications.mail.sender import CLAIM, KEPT, MAX_REFUSALS, PATIENCE, send_mails
from notifications.models import NoticeMail, Notification
from tests.makers import MakeEvent, MakeNotification
from tests.notifications.delivery.sweeps import sweep_at
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db


def send(at: datetime) -> dict[str, int]:
    return send_mails(clock=lambda: at)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body
    return str(body.get_content())


# --- What is said


def test_unread_notification_is_emailed_once_with_both_times_and_links(
    mail_server: MailServer, make_due_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    notification = make_due_notification(event=event)

    first, second = send(at), send(at + timedelta(hours=1))

    [mail] = mail_server.mails
    assert (first["sent"], second["sent"]) == (1, 0)
    assert mail_server.recipients == ["subscriber@example.org"]
    assert mail["Subject"].startswith("Concert: Starts in 1 day, ")
    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert "Rome time" in text
        assert "your time" in text
        assert "You’re receiving this because this notification was still unread." in text
        assert f"http://localhost:8000/events/{event.pk}/calendar.ics" in text
    notification.refresh_from_db()
    assert notification.emailed_at == at


def test_reminder_by_mail_joins_the_event(
    mail_server: MailServer, make_due_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(location="Online: https://meet.example/room")
    make_due_notification(event=event, location=event.location)

    send(at)

    [mail] = mail_server.mails
    assert "Join: https://meet.example/room\r\n" in part(mail, "plain")
    assert '<a href="https://meet.example/room" rel="noopener noreferrer nofollow"' in part(mail, "html")


def test_headers_let_mail_programs_unsubscribe_in_one_click(
    mail_server: MailServer, make_due_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> None:
    make_due_notification()
    send(at)
    [mail] = mail_server.mails
    url = mail["List-Unsubscribe"].strip("<> ")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = Client(enforce_csrf_checks=True)

    looked = client.get(url)
    verified_subscriber.refresh_from_db()
    assert (looked.status_code, verified_subscriber.mail_muted) == (200, [])

    posted = client.post(url, {"List-Unsubscribe": "One-Click"})
    verified_subscriber.refresh_from_db()
    assert (posted.status_code, verified_subscriber.mail_muted) == (200, sorted(Notification.Kind.values))


@pytest.mark.parametrize("token", ["1", "1:forged", "nonsense"])
def test_forged_unsubscribe_link_changes_nothing(verified_subscriber: User, token: str) -> None:
    Client().post(f"/notifications/unsubscribe/{token}/")

    verified_subscriber.refresh_from_db()
    assert verified_subscriber.mail_muted == []
    assert unsubscribe_token(verified_subscriber) != token


def test_headline_cannot_add_headers_or_markup(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime
) -> None:
    make_due_notification(headline="Free\r\nBcc: all@example.org\n\n<script>alert(1)</script>")

    send(at)

    [mail] = mail_server.mails
    assert mail["Bcc"] is None
    assert mail_server.recipients == ["subscriber@example.org"]
    assert mail["Subject"].startswith("Free Bcc: all@example.org <script>")
    assert "<script>" not in part(mail, "html")


def test_change_says_what_was_and_what_is(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime
) -> None:
    facts = {"starts_at": "2030-12-04T17:00:00+00:00", "ends_at": None, "location": ""}
    after = facts | {"starts_at": "2030-12-05T18:00:00+00:00"}
    make_due_notification(kind="rescheduled", detail={"before": facts, "after": after, "text": ""})

    send(at)

    text = part(mail_server.mails[0], "plain")
    assert "Moved from Wed 4 Dec 2030 18:00 to Thu 5 Dec 2030 19:00 Rome time" in text


def test_all_that_is_unread_goes_into_one_mail(
    mail_server: MailServer, make_due_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    make_due_notification(headline="Talk", event=make_event())
    make_due_notification()

    send(at)

    [mail] = mail_server.mails
    assert mail["Subject"] == "Concert and 1 more notification"
    assert "Talk" in part(mail, "plain")
    for kind in ("plain", "html"):
        assert "You’re receiving this because these notifications were still unread." in part(mail, kind)


def test_subject_counts_the_notifications_about_other_events(
    mail_server: MailServer, make_due_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    for _ in range(2):
        make_due_notification(event=make_event())
    concert = make_event()
    for _ in range(3):
        make_due_notification(event=concert)

    send(at)

    assert mail_server.mails[0]["Subject"] == "Concert and 2 more notifications"


def test_event_is_one_block_with_the_newest_first(
    mail_server: MailServer, make_due_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    concert, talk = make_event(), make_event()
    facts = {"starts_at": "2030-12-04T17:00:00Z", "ends_at": None, "location": "Hall A"}
    moved = facts | {"starts_at": "2030-12-05T17:00:00Z"}
    elsewhere = facts | {"location": "Hall B"}
    make_due_notification(event=concert, kind="rescheduled", detail={"before": facts, "after": moved, "text": ""})
    make_due_notification(event=talk, headline="Talk")
    make_due_notification(event=concert, kind="relocated", detail={"before": facts, "after": elsewhere, "text": ""})

    send(at)

    [mail] = mail_server.mails
    assert mail["Subject"] == "Concert and 1 more notification"
    for kind in ("plain", "html"):
        text = part(mail, kind)
        order = ["Concert", "New location: Hall B", "Moved from", f"/events/{concert.pk}/calendar.ics", "Talk"]
        assert sorted(order, key=text.index) == order
        assert (text.count("Concert"), text.count("calendar.ics")) == (1, 2)


def test_two_notifications_about_one_event_are_headed_by_the_newest(
    mail_server: MailServer, make_due_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    make_due_notification(event=event, headline="Concert")
    make_due_notification(event=event, headline="Recital", kind="message", detail={"text": "We start late."})

    send(at)

    [mail] = mail_server.mails
    assert mail["Subject"] == "Recital: We start late."
    assert ("Concert" in part(mail, "plain"), "Starts in 1 day" in part(mail, "plain")) == (False, True)


def test_notifications_about_deleted_events_are_blocks_of_their_own(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime
) -> None:
    for headline in ("Talk", "Concert"):
        make_due_notification(event=None, headline=headline, kind="message", detail={"text": "Sorry."})

    send(at)

    text = part(mail_server.mails[0], "plain")
    assert re.findall(r"^(\w+)\r?\nMessage from the organiser:", text, re.MULTILINE) == ["Concert", "Talk"]


def test_reminder_that_is_mailed_after_a_relocation_names_the_new_location(
    mail_server: MailServer, make_event: MakeEvent, organiser: User, verified_subscriber: User, at: datetime
) -> None:
    event = make_event(location="Old Hall", starts_at=at + timedelta(hours=5))
    subscribe(event, actor=verified_subscriber, at=at, leads=[360])
    sweep_at(at)
    update_event(event, actor=organiser, at=at, location="New Hall")
    sweep_at(at + timedelta(minutes=2))

    send(at + timedelta(minutes=20))

    text = part(mail_server.mails[0], "plain").replace("\r\n", "\n")
    assert "New location: New Hall (was Old Hall)" in text
    assert re.search(r"Starts in 4 hours 40 minutes, .*\n(.*your time\n)?New Hall\n", text)


def test_what_is_read_before_is_not_mailed(
    mail_server: MailServer, make_due_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> None:
    notification = make_due_notification()
    escalate_unread(at=at)
    mark_read(verified_subscriber, ids=[notification.pk], at=at)

    assert send(at)["dropped"] == 1
    assert mail_server.mails == []
    assert NoticeMail.objects.get().due_at is None


def test_muted_kind_is_not_mailed(
    mail_server: MailServer, make_due_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> None:
    set_preferences(verified_subscriber, mail_muted={"reminder"}, toast_muted=set())
    make_due_notification()
    assert escalate_unread(at=at) == 0

    make_due_notification(
        kind="message", headline="Bring an umbrella", detail={"before": {}, "after": {}, "text": "It rains."}
    )
    send(at)

    assert [mail["Subject"] for mail in mail_server.mails] == ["Bring an umbrella: It rains."]


@pytest.mark.parametrize(
    ("muted", "new_start", "mails"),
    [
        ({"rescheduled"}, True, 1),
        ({"reminder"}, True, 1),
        ({"rescheduled", "reminder"}, True, 0),
        ({"rescheduled"}, False, 0),
    ],
)
def test_new_start_is_mailed_to_people_who_want_changes_or_reminders(
    make_due_notification: MakeNotification,
    verified_subscriber: User,
    at: datetime,
    muted: set[str],
    new_start: bool,
    mails: int,
) -> None:
    set_preferences(verified_subscriber, mail_muted=muted, toast_muted=set())
    before = {"starts_at": "2030-12-04T17:00:00Z", "ends_at": None, "location": ""}
    after = before | ({"starts_at": "2030-12-05T17:00:00Z"} if new_start else {"ends_at": "2030-12-04T18:00:00Z"})
    make_due_notification(kind="rescheduled", detail={"before": before, "after": after, "text": ""})

    assert escalate_unread(at=at) == mails


# --- Bad servers


def test_server_that_says_later_gets_the_same_mail_again(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime
) -> None:
    make_due_notification()
    mail_server.answer = "451 try again later"
    assert send(at)["failed"] == 1
    mail_server.answer = ""

    assert send(at + timedelta(seconds=59))["sent"] == 0
    assert send(at + timedelta(seconds=60))["sent"] == 1
    mail = NoticeMail.objects.get()
    assert (mail.tries, mail.refusals, mail.due_at) == (2, 0, None)


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (7, 64), (8, 120), (1_000, 120)])
def test_pauses_between_tries_grow_to_two_hours(
    mail_server: MailServer, at: datetime, tries: int, minutes: int
) -> None:
    register_user(username="ada", email="ada@example.org", password="x", at=at)
    AccountMail.objects.update(tries=tries - 1)
    mail_server.answer = "451 later"

    send(at)

    assert AccountMail.objects.get().due_at == at + timedelta(minutes=minutes)


def test_server_that_is_shutting_down_is_left_alone_for_the_rest_of_the_pass(
    mail_server: MailServer, at: datetime
) -> None:
    for name in ("one", "two"):
        register_user(username=name, email=f"{name}@example.org", password="x", at=at)
    mail_server.answer = "421 shutting down"

    assert send(at)["failed"] == 1
    assert mail_server.waiting == 1


def test_mail_on_its_way_is_left_alone_by_another_mailer(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_due_notification()
    hand_over = transport.MailServer.send

    def hand_over_after_another_pass(*args: Any) -> None:
        monkeypatch.undo()
        send(at)
        hand_over(*args)

    monkeypatch.setattr(transport.MailServer, "send", hand_over_after_another_pass)
    send(at)

    assert len(mail_server.mails) == 1


def test_connection_is_renewed_after_so_many_mails(
    mail_server: MailServer, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_PER_CONNECTION", 2)
    opened = []

    def open_connection() -> Any:
        opened.append(get_connection())
        return opened[-1]

    monkeypatch.setattr(transport, "get_connection", open_connection)
    for number in range(5):
        register_user(username=f"user{number}", email=f"user{number}@example.org", password="x", at=at)

    assert send(at)["sent"] == 5
    assert len(opened) == 3


def test_server_that_dies_after_taking_a_mail_gets_it_again_with_its_id(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime
) -> None:
    make_due_notification()
    mail_server.drops_after_taking = True
    assert send(at)["failed"] == 1
    mail_server.drops_after_taking = False
    send(at + timedelta(minutes=1))

    assert len(mail_server.mails) == 2
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1


def test_claim_of_a_mailer_that_died_runs_out_after_ten_minutes(mail_server: MailServer, at: datetime) -> None:
    AccountMail.objects.create(kind="reset", address="nobody@example.org", created_at=at, due_at=at + CLAIM)

    assert send(at + CLAIM - timedelta(seconds=1))["dropped"] == 0
    assert send(at + CLAIM)["dropped"] == 1


def test_hanging_server_ends_the_pass_and_loses_nothing(
    mail_server: MailServer, at: datetime, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    for name in ("one", "two"):
        register_user(username=name, email=f"{name}@example.org", password="x", at=at)
    mail_server.delay_seconds = 1

    assert send(at) == {"escalated": 0, "sent": 0, "failed": 1, "dropped": 0}
    mail_server.delay_seconds, settings.EMAIL_TIMEOUT = 0, 30
    assert send(at + timedelta(minutes=1))["sent"] == 2


def test_refused_address_is_given_up_visibly_after_six_tries(mail_server: MailServer, at: datetime) -> None:
    register_user(username="ada", email="ada@example.org", password="x", at=at)
    mail_server.refuses = "550 no such mailbox"
    moment = at
    for _number in range(MAX_REFUSALS):
        assert send(moment)["failed"] == 1
        moment = AccountMail.objects.get().due_at or moment

    mail = AccountMail.objects.get()
    assert (mail.tries, mail.due_at, mail.given_up_at) == (MAX_REFUSALS, None, moment)
    assert "550" in mail.last_error


@pytest.mark.parametrize(("seconds", "is_given_up"), [(-1, False), (0, True)])
def test_mail_that_cannot_be_handed_over_is_given_up_after_three_days(
    mail_server: MailServer, at: datetime, seconds: int, is_given_up: bool
) -> None:
    register_user(username="ada", email="ada@example.org", password="x", at=at)
    mail_server.answer = "451 later"

    send(at + PATIENCE + timedelta(seconds=seconds))

    assert (AccountMail.objects.get().given_up_at is not None) == is_given_up


def test_settled_mails_are_forgotten_after_a_month(mail_server: MailServer, at: datetime) -> None:
    register_user(username="ada", email="ada@example.org", password="x", at=at)
    send(at)

    send(at + KEPT)
    assert AccountMail.objects.count() == 1
    send(at + KEPT + timedelta(seconds=1))
    assert AccountMail.objects.count() == 0


def test_emails_about_accounts_are_sent_before_emails_about_notifications(
    mail_server: MailServer, make_due_notification: MakeNotification, at: datetime
) -> None:
    make_due_notification()
    register_user(username="ada", email="ada@example.org", password="x", at=at)

    send(at)

    assert mail_server.recipients == ["ada@example.org", "subscriber@example.org"]


# --- The test of oneself


def test_test_goes_into_the_inbox_and_out_by_mail_at_once(
    mail_server: MailServer, verified_subscriber: User, at: datetime
) -> None:
    send_test(verified_subscriber, at=at, text="All is well.")

    assert send(at)["sent"] == 1
    assert re.search(r"Test notification:\s+All is well\.", part(mail_server.mails[0], "plain"))


def test_reset_reaches_known_addresses_only(mail_server: MailServer, verified_subscriber: User, at: datetime) -> None:
    request_password_reset(verified_subscriber.email, at=at)
    request_password_reset("nobody@example.org", at=at)

    assert send(at)["dropped"] == 1
    assert mail_server.recipients == [verified_subscriber.email]
