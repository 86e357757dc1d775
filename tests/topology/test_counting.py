"""Test that the run of the topology would find what it looks for."""

from email.message import EmailMessage
from typing import Any

import pytest

from tests.faults.pages import Page
from tests.topology.counting import Deliveries, back_after, deliveries, failures, mails, vanished
from tests.topology.people import Asked, Crowd, OwnEvent
from tests.topology.truth import expected, reminders

START = 100_000.0
ANNA, BELA = 1, 2
REMINDER = f"reminder:7:60:{int(START)}"
DUE = {(ANNA, REMINDER): 96_400.0}
LATER = 1e9


def row(pk: int, user: int = ANNA, source: str = REMINDER, **changes: Any) -> dict[str, Any]:
    return {
        "id": pk,
        "user": user,
        "source": source,
        "what": ["reminder", 7, 60, START, {}],
        "created_at": 96_401.0,
        "is_current": True,
        "is_unread": True,
        "is_mailable": True,
        "mail": 1,
        "is_emailed": True,
        **changes,
    }


def page(*ids: int, user: int = ANNA) -> Page:
    shown = Page(user, "", "", [])
    shown.notifications = {pk: {} for pk in ids}
    shown.seen_at = dict.fromkeys(ids, 96_402.0)
    return shown


def count(rows: list[dict[str, Any]], *pages: Page) -> Deliveries:
    return deliveries({"notifications": rows}, DUE, pages, until=LATER)


def test_reminder_that_arrived_and_was_seen_is_late_by_seconds_and_nothing_else() -> None:
    assert count([row(5)], page(5)) == Deliveries(inbox_lags=[1.0], socket_lags=[2.0])


def test_missing_row_is_lost_unless_it_was_due_later() -> None:
    assert count([]).lost == [(ANNA, REMINDER)]
    assert deliveries({"notifications": []}, DUE, [], until=96_399.0).lost == []


def test_second_row_is_doubled_under_the_same_source_and_under_another() -> None:
    assert len(count([row(5), row(6)]).doubled) == 2
    assert len(count([row(5), row(6, source="reminder:7:60:once more")]).doubled) == 1


def test_row_before_its_time_and_row_of_nothing_are_not_due() -> None:
    assert count([row(5, created_at=96_399.0)]).undue == [(ANNA, REMINDER)]
    assert count([row(5), row(6, user=BELA)]).undue == [(BELA, REMINDER)]


def test_notification_on_somebody_elses_page_is_foreign() -> None:
    assert count([row(5)], page(5), page(5, user=BELA)).foreign == [(BELA, 5)]


def test_repeated_and_unseen_notifications_are_found() -> None:
    twice = page(5)
    twice.repeated = [5]

    assert count([row(5)], twice, page()).repeated == [(ANNA, 5)]
    assert count([row(5)], twice, page()).unseen == [(ANNA, 5)]


def test_what_was_superseded_before_it_was_seen_is_not_unseen() -> None:
    assert count([row(5, is_current=False)], page()).unseen == []


def message(number: str, text: str = "") -> EmailMessage:
    received = EmailMessage()
    received["To"], received["Message-ID"] = "anna@example.org", number
    received.set_content(text)
    return received


def owed(**changes: Any) -> dict[str, Any]:
    mail = {"id": 1, "address": "anna@example.org", "message_id": "<1>", "created_at": 96_403.0, "is_sent": True}
    return {"notifications": [row(5, **changes)], "mails": [mail]}


def test_email_that_arrives_again_is_counted_and_neither_lost_nor_doubled() -> None:
    found = mails(owed(), [message("<1>"), message("<1>")], [], until=LATER)

    assert (found.sent, found.lost, found.again, found.doubled) == (1, [], 1, [])


def test_email_that_never_arrived_and_notification_without_one_are_lost() -> None:
    assert mails(owed(), [], [], until=LATER).lost == [("anna@example.org", "<1>")]
    assert mails(owed(is_emailed=False), [message("<1>")], [], until=LATER).lost == [5]
    assert mails(owed(is_emailed=False), [], [], until=96_400.0).lost == []


def test_email_that_nobody_was_owed_and_text_in_two_emails_are_doubled() -> None:
    assert mails(owed(), [message("<1>"), message("<2>")], [], until=LATER).doubled == [("anna@example.org", "<2>")]
    both = owed()
    both["mails"].append({**both["mails"][0], "id": 2, "message_id": "<2>"})
    received = [message("<1>", "Bring a\ncoat."), message("<2>", "Bring a coat.")]
    assert mails(both, received, ["Bring a coat."], until=LATER).doubled == [("anna@example.org", "Bring a coat.")]


def test_acknowledged_write_that_the_database_lacks_or_has_twice_has_vanished() -> None:
    event = {"id": 7, "headline": "Concert", "starts_at": START, "location": "Rome", "is_cancelled": False}
    rows = {"events": [event, {**event, "id": 8}], "announcements": [], "subscriptions": [[1, ANNA, 7, 0.0, []]]}
    crowd = Crowd(
        posted=["Concert", "Play"],
        sent=["Bring a coat."],
        subscribed=[(7, ANNA), (7, BELA)],
        cancelled=[7],
        located=[OwnEvent(7, ["Rome"]), OwnEvent(8, ["Oslo", "Bern"])],
    )

    assert vanished(rows, crowd) == ["Concert", "Play", "Bring a coat.", (7, BELA), 7, 8]


def test_failed_are_requests_without_an_answer_and_errors_of_the_server() -> None:
    asked = [Asked("page", True, 0.0, 1.0, status) for status in (0, 200, 404, 429, 500, 503)]

    assert [each.status for each in failures(asked, is_read=True)] == [0, 500, 503]
    assert failures(asked, is_read=False) == []


def test_sockets_are_back_when_all_are_open_and_stay_open() -> None:
    pages = [page(), page()]
    pages[0].opened_at, pages[0].closed_at = [1.0, 12.0, 14.0], [10.1, 13.0]
    pages[1].opened_at, pages[1].closed_at = [2.0, 11.0, 31.0], [10.1, 30.0]

    assert back_after(pages, 10.0) == pytest.approx(4.0)
    assert back_after(pages, 30.5) == pytest.approx(0.5)
    assert back_after(pages, 20.0) is None


def test_sockets_that_are_away_for_a_later_reason_do_not_count() -> None:
    pages = [page()]
    pages[0].opened_at, pages[0].closed_at = [1.0, 12.0, 14.0], [10.1, 13.0]

    assert back_after(pages, 10.0) == pytest.approx(4.0)
    assert back_after(pages, 10.0, 12.5) == pytest.approx(2.0)
    assert back_after(pages, 10.0, 11.0) == pytest.approx(2.0)


def test_of_the_leads_that_have_passed_the_smallest_is_due_at_once_only_after_subscribing() -> None:
    armed_at = START - 3000

    assert reminders(START, [1440, 60, 10], armed_at, catches_up=True) == {10: START - 600, 60: armed_at}
    assert reminders(START, [1440, 60, 10], armed_at, catches_up=False) == {10: START - 600}


def test_change_is_due_after_the_merge_window_or_with_the_message_that_overtakes_it() -> None:
    change = {"id": 1, "event": 7, "kind": "relocated", "created_at": 10.0, "after": 0, "last": 1, "text": ""}
    change["starts"] = ["2030-01-01T00:00:00+00:00"] * 2
    later = {**change, "id": 2, "kind": "message", "created_at": 11.5, "starts": [None, None]}
    event = {"id": 7, "starts_at": START, "is_cancelled": True}
    rows = {"events": [event], "subscriptions": [[1, ANNA, 7, 0.0, [60]]], "notifications": []}

    assert expected({**rows, "announcements": [change]}, merge_seconds=2) == {(ANNA, "announcement:1"): 12.0}
    assert expected({**rows, "announcements": [change, later]}, merge_seconds=2) == {
        (ANNA, "announcement:1"): 11.5,
        (ANNA, "announcement:2"): 11.5,
    }


def test_new_start_arms_the_leads_that_had_not_passed_when_it_was_announced() -> None:
    moved = {"id": 1, "event": 7, "kind": "rescheduled", "created_at": 90_000.0, "after": 0, "last": 1, "text": ""}
    moved["starts"] = ["2030-01-01T00:00:00+00:00", "2030-01-02T00:00:00+00:00"]
    rows = {
        "events": [{"id": 7, "starts_at": START, "is_cancelled": False}],
        "subscriptions": [[1, ANNA, 7, 0.0, [1440, 60]], [2, BELA, 7, 90_005.0, [1440, 60]]],
        "announcements": [moved],
        "notifications": [row(5, source="announcement:1", created_at=90_003.0)],
    }

    assert expected(rows, merge_seconds=2) == {
        (ANNA, "announcement:1"): 90_002.0,
        (ANNA, REMINDER): 96_400.0,
        # Subscribed later, so that the start was never another one.
        (BELA, REMINDER): 96_400.0,
        (BELA, f"reminder:7:1440:{int(START)}"): 90_005.0,
    }
