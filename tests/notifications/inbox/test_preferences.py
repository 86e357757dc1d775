"""Test the preferences: of what people are notified, and how."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import AccountMail, User
from notifications.exceptions import TooManyTests
from notifications.inbox import preferences
from notifications.inbox.preferences import send_test
from notifications.models import Notification
from tests.pages import html_of, messages_of, words

pytestmark = pytest.mark.django_db
PAGE = "/notifications/preferences/"


def test_what_is_not_ticked_is_muted(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)

    client.post(PAGE, {"mail": ["reminder", "cancelled"], "toast": ["changes"]})

    subscriber.refresh_from_db()
    assert subscriber.mail_muted == ["message", "relocated", "rescheduled"]
    assert subscriber.toast_muted == ["cancelled", "message", "reminder"]
    page = client.get(PAGE).context["form"]
    assert page.initial == {"mail": ["reminder", "cancelled"], "toast": ["changes"]}


def test_page_gives_its_scripts_the_muted_kinds(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)
    client.post(PAGE, {"mail": [], "toast": ["reminder", "changes", "cancelled"]})

    assert client.get(PAGE).context["bell"].config["muted"] == ["message"]


def test_unverified_address_is_said_to_get_nothing(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)

    assert "isn’t verified, so we can’t email you notifications yet" in html_of(client, PAGE)


def test_page_promises_no_email_of_the_test_to_those_who_ticked_none(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)
    client.post(PAGE, {"mail": [], "toast": []})

    about = words(html_of(client, PAGE)).partition("Test your notifications")[2]

    assert "in your inbox, and also as a pop-up or by email if you’ve ticked them above." in about


@pytest.mark.parametrize(
    ("minutes", "term", "waits"),
    [(10, "if unread after 10 minutes", True), (1_440, "if unread after 1 day", True), (0, "if unread", False)],
)
def test_page_says_when_unread_notifications_are_emailed(
    client: Client, subscriber: User, settings: Settings, minutes: int, term: str, waits: bool
) -> None:
    settings.EMAIL_ESCALATION_MINUTES = minutes
    client.force_login(subscriber)

    page = html_of(client, PAGE)

    assert [words(head) for head in re.findall(r'<th scope="col">.*?</th>', page, re.DOTALL)] == [
        "Inbox",
        "Pop-up while the site is open",
        f"Email {term}",
    ]
    assert ("Emails are sent right away if the event starts sooner." in page) is waits


def test_each_box_says_what_it_is_for_and_whether_it_is_chosen(client: Client, subscriber: User) -> None:
    User.objects.filter(pk=subscriber.pk).update(mail_muted=["cancelled"], toast_muted=["message"])
    client.force_login(subscriber)

    page = html_of(client, PAGE)

    rows = [words(head) for head in re.findall(r'<th scope="row">.*?</th>', page, re.DOTALL)]
    boxes = re.findall(r'<label class="matrix-box"><input ([^>]*)><span[^>]*>(.*?)</span></label>', page)
    assert rows == [
        "Reminders before the start",
        "Changes to time or location",
        "Cancellations of events",
        "Messages from the organiser",
    ]
    assert {name: "checked" in tag for tag, name in boxes} == {
        "Reminders as a pop-up": True,
        "Reminders by email": True,
        "Changes as a pop-up": True,
        "Changes by email": True,
        "Cancellations as a pop-up": True,
        "Cancellations by email": False,
        "Messages as a pop-up": False,
        "Messages by email": True,
    }


def test_link_to_verify_the_address_is_sent_from_the_page_and_leads_back_to_it(
    client: Client, subscriber: User
) -> None:
    client.force_login(subscriber)

    [url, next_page] = re.search(
        r'<form method="post" action="(/accounts/verify/send/)">.*?name="next" value="(.*?)"',
        html_of(client, PAGE),
        re.DOTALL,
    ).groups()  # type: ignore[union-attr]  # the test fails without it
    sent = client.post(url, {"next": next_page}, follow=True)

    assert sent.redirect_chain == [(PAGE, 302)]
    assert messages_of(sent) == [f"We’ve sent a link to {subscriber.email}. Click it to verify your email address."]
    assert list(AccountMail.objects.values_list("kind", "address")) == [("verify", subscriber.email)]


@pytest.mark.parametrize(
    ("is_verified", "muted", "answer"),
    [
        (True, [], "Test sent. Leave it unread and you’ll get it by email within a minute."),
        (False, [], "Test sent to your inbox."),
        (True, ["message"], "Test sent to your inbox."),
    ],
)
def test_test_is_promised_by_email_only_where_it_is_emailed(
    client: Client, subscriber: User, at: datetime, is_verified: bool, muted: list[str], answer: str
) -> None:
    User.objects.filter(pk=subscriber.pk).update(email_verified_at=at if is_verified else None, mail_muted=muted)
    client.force_login(subscriber)

    page = client.post(reverse("notifications:send_test"), follow=True)

    assert [str(message) for message in page.context["messages"]] == [answer]


def test_preferences_need_a_login(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"{reverse('accounts:login')}?next={PAGE}"


def test_sixth_test_in_an_hour_is_refused(client: Client, subscriber: User) -> None:
    client.force_login(subscriber)

    for _number in range(6):
        response = client.post(reverse("notifications:send_test"), follow=True)

    assert "You can send 5 tests an hour. Try again in 1 hour." in response.content.decode()
    assert Notification.objects.owned_by(subscriber).tests().count() == 5


def test_tests_are_counted_for_each_person_over_an_hour(organiser: User, stranger: User, at: datetime) -> None:
    for second in range(5):
        send_test(organiser, at=at + timedelta(seconds=second), text="All is well.")
    send_test(stranger, at=at, text="All is well.")

    with pytest.raises(TooManyTests) as refused:
        send_test(organiser, at=at + timedelta(minutes=59, seconds=59), text="All is well.")
    assert refused.value.wait == 1
    assert send_test(organiser, at=at + timedelta(hours=1), text="All is well.").pk


def test_test_is_pushed_once_it_is_committed(
    organiser: User,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    pushed: list[tuple[set[int], datetime]] = []
    monkeypatch.setattr(preferences.push, "push_new", lambda user_ids, at: pushed.append((user_ids, at)))

    with django_capture_on_commit_callbacks(execute=True):
        send_test(organiser, at=at, text="All is well.")
        assert pushed == []

    assert pushed == [({organiser.pk}, at)]
