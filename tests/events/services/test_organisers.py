"""Test what becomes of an organiser's events when the account is suspended, and reactivated."""

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from accounts.services import request_deletion
from events.exceptions import InvalidText
from events.models import Event, EventReport, PendingCancellation
from events.services import Fate, cancel_event, reinstate_organiser, report_event, subscribe, suspend_organiser
from notifications.delivery import cleanup
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def posted_events(make_event: MakeEvent, organiser: User, subscriber: User, at: datetime) -> dict[str, Event]:
    """Return events of the organiser, by what they are; the upcoming one has a subscriber."""
    before = at - timedelta(days=9)
    posted_events = {
        "upcoming": make_event(headline="upcoming"),
        "draft": make_event(headline="draft", state="draft"),
        "past": make_event(headline="past", at=before, starts_at=before + timedelta(days=1)),
        "cancelled": cancel_event(make_event(headline="cancelled"), actor=organiser, at=at),
    }
    subscribe(posted_events["upcoming"], actor=subscriber, at=at)
    return posted_events


def swept(at: datetime) -> None:
    sweep(clock=lambda: at)


def cancelled() -> set[str]:
    return set(Event.objects.filter(cancelled_at__isnull=False).values_list("headline", flat=True))


def test_events_are_kept_by_default(posted_events: dict[str, Event], organiser: User, at: datetime) -> None:
    assert suspend_organiser(organiser, at=at)
    swept(at)

    organiser.refresh_from_db()
    assert not organiser.is_active
    assert cancelled() == {"cancelled"}
    assert Event.objects.live().count() == len(posted_events)
    assert not Notification.objects.exists()


def test_upcoming_events_are_cancelled_and_subscribers_notified(
    posted_events: dict[str, Event], organiser: User, subscriber: User, at: datetime
) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.CANCEL, reason="Against our rules")
    assert cancelled() == {"cancelled"}  # the request itself touches no event

    swept(at)

    assert cancelled() == {"upcoming", "cancelled"}
    assert Event.objects.live().count() == len(posted_events)
    notification = Notification.objects.get()
    assert (notification.recipient, notification.kind) == (subscriber, "cancelled")
    assert posted_events["upcoming"].announcements.get().text == "Against our rules"
    assert not PendingCancellation.objects.exists()


def test_all_events_are_hidden_and_subscribers_notified(
    posted_events: dict[str, Event], organiser: User, subscriber: User, at: datetime
) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.DELETE, reason="Spam")

    swept(at)

    assert not Event.objects.owned_by(organiser).exists()
    notification = Notification.objects.get()
    assert (notification.recipient, notification.detail["text"]) == (subscriber, "Spam")
    assert not PendingCancellation.objects.exists()


def test_many_events_are_cancelled_in_batches(
    make_event: MakeEvent, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup, "ACCOUNT_CHUNK", 2)
    for number in range(5):
        make_event(headline=str(number))
    suspend_organiser(organiser, at=at, fate=Fate.CANCEL)

    handled = [cleanup.settle_cancellations(at=at, busy=set()).handled for _ in range(4)]

    assert handled == [2, 2, 1, 0]
    assert cancelled() == set("01234")
    assert not PendingCancellation.objects.exists()


def test_events_of_other_organisers_stay(make_event: MakeEvent, organiser: User, stranger: User, at: datetime) -> None:
    make_event(headline="other", actor=stranger)
    suspend_organiser(organiser, at=at, fate=Fate.DELETE)

    swept(at)

    assert Event.objects.live().get().headline == "other"


def test_reactivation_before_the_sweep_keeps_the_events(
    posted_events: dict[str, Event], organiser: User, at: datetime
) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.CANCEL)

    assert reinstate_organiser(organiser, at=at)
    swept(at)

    organiser.refresh_from_db()
    assert organiser.is_active
    assert cancelled() == {"cancelled"}


def test_reactivation_of_an_account_that_is_to_be_deleted_changes_nothing(
    posted_events: dict[str, Event], organiser: User, at: datetime
) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.CANCEL)
    request_deletion(organiser, at=at)

    assert not reinstate_organiser(organiser, at=at)
    assert PendingCancellation.objects.exists()


def test_later_decision_replaces_the_earlier(posted_events: dict[str, Event], organiser: User, at: datetime) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.DELETE)

    assert not suspend_organiser(organiser, at=at, fate=Fate.CANCEL)

    assert not PendingCancellation.objects.get().is_deletion


def test_keeping_the_events_of_a_suspended_account_does_not_withdraw_a_decision(
    posted_events: dict[str, Event], organiser: User, at: datetime
) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.CANCEL)

    assert not suspend_organiser(organiser, at=at, fate=Fate.KEEP)
    swept(at)

    assert cancelled() == {"upcoming", "cancelled"}


def test_account_whose_deletion_is_requested_meanwhile_is_purged(
    posted_events: dict[str, Event], organiser: User, at: datetime
) -> None:
    suspend_organiser(organiser, at=at, fate=Fate.CANCEL)
    request_deletion(organiser, at=at)

    swept(at)

    assert not User.objects.filter(pk=organiser.pk).exists()
    assert not PendingCancellation.objects.exists()


@pytest.mark.parametrize(("fate", "outcome"), [(Fate.KEEP, ""), (Fate.CANCEL, "acted"), (Fate.DELETE, "acted")])
def test_reports_are_resolved_unless_the_events_are_kept(
    posted_events: dict[str, Event], organiser: User, stranger: User, at: datetime, fate: Fate, outcome: str
) -> None:
    report_event(posted_events["upcoming"], actor=stranger, at=at, reason="spam")

    suspend_organiser(organiser, at=at, fate=fate)

    assert EventReport.objects.get().outcome == outcome


def test_reason_that_is_too_long_suspends_nobody(organiser: User, at: datetime) -> None:
    with pytest.raises(InvalidText):
        suspend_organiser(organiser, at=at, fate=Fate.CANCEL, reason="x" * 2001)

    organiser.refresh_from_db()
    assert organiser.is_active
