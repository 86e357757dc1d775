"""Test the figures on the admin's first page: what is counted, up to which number, and with how many queries."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import EventReport
from events.services import cancel_event, report_event, resolve_reports, subscribe
from notifications.health import figures as module
from notifications.health.figures import Figures, figures
from notifications.models import Notification
from tests.makers import MakeEvent, MakeUser


@pytest.fixture
def make_notifications(subscriber: User) -> Callable[..., None]:
    """Return a function that puts rows into the subscriber's inbox, written at the given times."""

    def make(*moments: datetime) -> None:
        Notification.objects.bulk_create(
            Notification(
                recipient=subscriber,
                kind="message",
                headline="Concert",
                starts_at=moment,
                time_zone="UTC",
                source=f"announcement:{number}",
                created_at=moment,
            )
            for number, moment in enumerate(moments)
        )

    return make


def test_figures_of_an_empty_site_are_zero(db: None, at: datetime) -> None:
    assert figures(at) == Figures(event_count=0, subscription_count=0, notification_count=0, report_count=0)


def test_figures_count_upcoming_public_events_and_their_subscribers(
    make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    for event, people in ((make_event(), [subscriber, stranger]), (make_event(), [stranger])):
        for person in people:
            subscribe(event, actor=person, at=at)
    make_event(state="draft")
    subscribe(make_event(state="private"), actor=subscriber, at=at)
    cancel_event(make_event(), actor=organiser, at=at)
    make_event(at=at - timedelta(days=9), starts_at=at - timedelta(days=8))

    assert figures(at) == Figures(event_count=2, subscription_count=3, notification_count=0, report_count=0)


def test_figures_count_the_notifications_of_the_last_day(make_notifications: Callable[..., None], at: datetime) -> None:
    day = timedelta(hours=24)
    make_notifications(at - day - timedelta(seconds=1), at - day, at)

    assert figures(at).notification_count == 2


def test_count_of_notifications_stops_at_its_maximum(
    make_notifications: Callable[..., None], at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_notifications(at, at)
    assert not figures(at).is_notification_count_capped

    monkeypatch.setattr(module, "MAX_COUNTED", 1)

    assert (figures(at).notification_count, figures(at).is_notification_count_capped) == (1, True)


def test_figures_cost_three_queries_however_much_there_is(
    make_event: MakeEvent,
    make_notifications: Callable[..., None],
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(3):
        figures(at)
    for _ in range(3):
        make_event()
    make_notifications(at, at, at)

    with django_assert_num_queries(3):
        figures(at)


def test_figures_count_open_reports_up_to_a_limit(
    make_event: MakeEvent, make_user: MakeUser, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event()
    for number in range(3):
        report_event(event, actor=make_user(f"reader{number}"), at=at, reason="spam")
    resolve_reports(EventReport.objects.filter(reporter__username="reader0"), at=at, outcome="dismissed")

    assert figures(at).report_count == 2
    monkeypatch.setattr(module, "MAX_COUNTED_REPORTS", 1)
    assert figures(at).report_count == 1
