"""Test which unread notifications are emailed, to whom and when."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from events.services import cancel_event, remove_subscriber
from notifications.inbox.preferences import set_preferences
from notifications.inbox.reading import mark_read, mark_unread
from notifications.mail import escalation
from notifications.mail.escalation import escalate_unread
from notifications.mail.sender import send_mails
from notifications.models import NoticeMail, Notification
from tests.makers import MakeEvent, MakeNotification, MakeUser

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
WINDOW = timedelta(minutes=10)


@pytest.mark.parametrize(("seconds_short", "mails"), [(0, 1), (1, 0)])
def test_notification_is_emailed_after_ten_minutes(
    make_due_notification: MakeNotification, at: datetime, seconds_short: int, mails: int
) -> None:
    make_due_notification(created_at=at - WINDOW + timedelta(seconds=seconds_short))

    assert escalate_unread(at=at) == mails


@pytest.mark.parametrize(("seconds_short", "mails"), [(1, 1), (0, 0)])
def test_notification_is_emailed_at_once_if_the_event_starts_soon(
    make_due_notification: MakeNotification, at: datetime, seconds_short: int, mails: int
) -> None:
    make_due_notification(created_at=at, starts_at=at + WINDOW - timedelta(seconds=seconds_short))

    assert escalate_unread(at=at) == mails


@pytest.mark.parametrize(("seconds_over", "mails"), [(0, 1), (1, 0)])
def test_notification_can_wait_if_the_event_began_long_ago(
    make_due_notification: MakeNotification, at: datetime, seconds_over: int, mails: int
) -> None:
    make_due_notification(created_at=at, starts_at=at - WINDOW - timedelta(seconds=seconds_over))

    assert escalate_unread(at=at) == mails


def test_notification_that_an_imminent_event_was_postponed_is_emailed_at_once(
    make_due_notification: MakeNotification, at: datetime
) -> None:
    before = {"starts_at": (at + timedelta(minutes=5)).isoformat(), "ends_at": None, "location": ""}
    after = before | {"starts_at": (at + timedelta(days=1)).isoformat()}
    make_due_notification(kind="rescheduled", created_at=at, detail={"before": before, "after": after, "text": ""})

    assert escalate_unread(at=at) == 1


def test_unverified_and_inactive_people_are_not_mailed(
    make_due_notification: MakeNotification, stranger: User, verified_subscriber: User, at: datetime
) -> None:
    make_due_notification(recipient=stranger)
    make_due_notification()
    User.objects.filter(pk=verified_subscriber.pk).update(is_active=False)

    assert escalate_unread(at=at) == 0


def test_muted_notification_is_not_emailed_along_with_another(
    make_due_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> None:
    set_preferences(verified_subscriber, mail_muted={"reminder"}, toast_muted=set())
    make_due_notification()
    message = make_due_notification(kind="message")

    assert escalate_unread(at=at) == 1
    assert list(Notification.objects.filter(mail__isnull=False)) == [message]


def test_notification_about_an_event_that_its_reader_was_removed_from_is_not_mailed(
    make_due_notification: MakeNotification,
    make_event: MakeEvent,
    organiser: User,
    verified_subscriber: User,
    at: datetime,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    event, other = make_event(), make_event()
    make_due_notification(event=event, headline="Concert")
    remove_subscriber(event, actor=organiser, user_id=verified_subscriber.pk, at=at)
    assert escalate_unread(at=at) == 0

    make_due_notification(event=other, headline="Talk")
    make_due_notification(headline="Gone")
    send_mails(clock=lambda: at)

    [mail] = mailoutbox
    assert (mail.subject.partition(" ")[0], "Talk" in mail.body, "Concert" in mail.body) == ("Gone", True, False)


def test_mail_that_is_already_owed_is_not_sent_to_a_removed_subscriber(
    make_due_notification: MakeNotification,
    make_event: MakeEvent,
    organiser: User,
    verified_subscriber: User,
    at: datetime,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    event = make_event()
    make_due_notification(event=event)
    assert escalate_unread(at=at) == 1
    remove_subscriber(event, actor=organiser, user_id=verified_subscriber.pk, at=at)

    assert send_mails(clock=lambda: at)["dropped"] == 1

    assert mailoutbox == []


def test_superseded_notification_is_not_mailed(
    make_due_notification: MakeNotification, make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    cancelled = make_event()
    make_due_notification(event=cancelled)
    cancel_event(cancelled, actor=organiser, at=at)
    make_due_notification(superseded_at=at)

    assert escalate_unread(at=at) == 0


def test_superseded_notification_is_not_mailed_along_with_another(
    make_due_notification: MakeNotification, at: datetime
) -> None:
    make_due_notification(superseded_at=at)
    current = make_due_notification()

    assert escalate_unread(at=at) == 1
    assert list(Notification.objects.filter(mail__isnull=False)) == [current]


def test_mail_that_is_already_owed_leaves_out_what_was_superseded_since(
    make_due_notification: MakeNotification, at: datetime, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    superseded = make_due_notification(headline="Concert")
    make_due_notification(headline="Talk")
    assert escalate_unread(at=at) == 1
    Notification.objects.filter(pk=superseded.pk).update(superseded_at=at)

    send_mails(clock=lambda: at)

    [mail] = mailoutbox
    assert ("Talk" in mail.body, "Concert" in mail.body) == (True, False)


def test_mail_of_which_all_was_superseded_is_dropped(
    make_due_notification: MakeNotification,
    make_event: MakeEvent,
    organiser: User,
    at: datetime,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    cancelled = make_event()
    make_due_notification(event=cancelled)
    recorded = make_due_notification()
    assert escalate_unread(at=at) == 1
    cancel_event(cancelled, actor=organiser, at=at)
    Notification.objects.filter(pk=recorded.pk).update(superseded_at=at)

    assert send_mails(clock=lambda: at)["dropped"] == 1
    assert mailoutbox == []


def test_notifications_that_were_decided_on_are_not_read_again(
    make_due_notification: MakeNotification, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_due_notification(read_at=at)
    escalate_unread(at=at)
    later = make_due_notification(created_at=at)

    with django_assert_num_queries(5):
        assert escalate_unread(at=at + WINDOW - timedelta(seconds=1)) == 0

    assert escalate_unread(at=at + WINDOW) == 1
    later.refresh_from_db()
    assert later.mail_id == NoticeMail.objects.get().pk


def test_notification_is_part_of_one_email_only(
    make_due_notification: MakeNotification, at: datetime, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    near = {"starts_at": at + WINDOW / 2, "created_at": at}
    make_due_notification(**near)
    send_mails(clock=lambda: at)
    assert escalate_unread(at=at + SECOND) == 0

    make_due_notification(headline="Talk", **near)
    send_mails(clock=lambda: at + 2 * SECOND)

    assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ["Concert", "Talk"]


def test_everybody_is_owed_an_email_of_their_own_however_many_there_are(
    make_due_notification: MakeNotification, make_user: MakeUser, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "CHUNK_SIZE", 2)
    for number in range(5):
        make_due_notification(recipient=make_user(f"user{number}"))
    User.objects.update(email_verified_at=at)

    assert escalate_unread(at=at) == 5

    recipients = {mail: recipient for recipient, mail in Notification.objects.values_list("recipient", "mail")}
    assert recipients == dict(NoticeMail.objects.values_list("pk", "recipient"))


def test_mailer_shows_life_while_it_writes_very_many_emails_and_can_be_stopped(
    make_due_notification: MakeNotification, make_user: MakeUser, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "CHUNK_SIZE", 2)
    for number in range(5):
        make_due_notification(recipient=make_user(f"user{number}"))
    User.objects.update(email_verified_at=at)
    turns: list[Mapping[str, int]] = []

    send_mails(clock=lambda: at, should_stop=lambda: len(turns) >= 2, on_attempt=lambda _, done: turns.append(done))

    assert turns == [{}, {}, {"escalated": 4}]
    assert NoticeMail.objects.count() == 4


def test_notification_that_is_committed_late_is_emailed_however_short_the_wait_is(
    make_due_notification: MakeNotification, at: datetime, settings: Settings
) -> None:
    """Its id was assigned before that of one that is already decided, and its transaction took longer."""
    settings.EMAIL_ESCALATION_MINUTES = 1
    created_at = at - timedelta(minutes=2)
    first = make_due_notification(created_at=created_at, read_at=at)
    make_due_notification(pk=first.pk + 2, created_at=created_at, read_at=at)
    assert escalate_unread(at=at) == 0

    make_due_notification(pk=first.pk + 1, created_at=created_at)

    assert escalate_unread(at=at) == 1


def test_notification_that_is_unread_again_in_time_is_emailed_once(
    make_due_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> None:
    row = make_due_notification(created_at=at - WINDOW)
    mark_read(verified_subscriber, ids=[row.pk], at=at - 5 * SECOND)
    mark_unread(verified_subscriber, ids=[row.pk])

    assert escalate_unread(at=at) == 1

    mark_read(verified_subscriber, ids=[row.pk], at=at)
    mark_unread(verified_subscriber, ids=[row.pk])
    assert escalate_unread(at=at + SECOND) == 0


def test_notification_that_is_unread_again_too_late_is_never_emailed(
    make_due_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> None:
    row = make_due_notification(created_at=at - WINDOW)
    mark_read(verified_subscriber, ids=[row.pk], at=at - SECOND)
    assert escalate_unread(at=at) == 0

    mark_unread(verified_subscriber, ids=[row.pk])

    assert [escalate_unread(at=at + later) for later in (SECOND, WINDOW, timedelta(days=1))] == [0, 0, 0]
