"""Test calendar feeds: which events they have, who can read them, and when a program is answered 304."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import vobject
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.services import suspend_user
from config.web.sharing import HEADER
from events.models import Event
from events.presentation import calendar_feeds
from events.presentation.calendar_feeds import public_feed
from events.querysets import SHORT_DESCRIPTION
from events.services import (
    cancel_event,
    delete_event,
    record_ends,
    remove_feed,
    remove_subscriber,
    renew_feed,
    subscribe,
    update_event,
)
from events.views import calendar_feeds as calendar_feed_views
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db

PUBLIC, ORGANISER = "/events.ics", "/people/organiser/events.ics"


def calendar(path: str) -> Any:
    """Return a feed as vobject reads it."""
    response = Client().get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return vobject.readOne(response.content.decode())


def titles(path: str) -> list[str]:
    return [event.summary.value for event in calendar(path).contents.get("vevent", [])]


@pytest.fixture
def personal(subscriber: User, at: datetime) -> str:
    """The path of the subscriber's feed."""
    return f"/feeds/{renew_feed(subscriber, at=at).token}.ics"


def test_feed_has_what_programs_need_to_know_about_it(make_event: MakeEvent) -> None:
    event = make_event(headline="Concert; live", location="Rome", description="Bring a coat.")

    content = Client().get(PUBLIC).content.decode()

    head, body = content.split("BEGIN:VEVENT\r\n")
    assert head.split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Event manager//EN",
        "NAME:Event manager",
        "X-WR-CALNAME:Event manager",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "",
    ]
    assert body.split("\r\n")[1:] == [
        "SEQUENCE:0",
        f"DTSTAMP:{event.updated_at:%Y%m%dT%H%M%SZ}",
        f"LAST-MODIFIED:{event.updated_at:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{event.starts_at:%Y%m%dT%H%M%SZ}",
        "X-EVENT-TIME-ZONE:UTC",
        "STATUS:CONFIRMED",
        r"SUMMARY:Concert\; live",
        rf"DESCRIPTION:Bring a coat.\nhttp://testserver/events/{event.pk}/",
        f"URL:http://testserver/events/{event.pk}/",
        'ORGANIZER;CN="organiser":invalid:nomail',
        "LOCATION:Rome",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_public_feed_has_public_events_of_everybody(
    make_event: MakeEvent, stranger: User, organiser: User, at: datetime
) -> None:
    make_event(headline="Public")
    make_event(headline="Private", state="private")
    make_event(headline="Draft", state="draft")
    make_event(headline="Another’s", actor=stranger)
    cancel_event(make_event(headline="Cancelled"), actor=organiser, at=at)
    delete_event(make_event(headline="Deleted"), actor=organiser, at=at)

    found = {event.summary.value: event.status.value for event in calendar(PUBLIC).vevent_list}

    assert found == {"Public": "CONFIRMED", "Another’s": "CONFIRMED", "Cancelled": "CANCELLED"}
    assert titles(ORGANISER) == titles(f"{PUBLIC}?author=organiser") == ["Public", "Cancelled"]


def test_feed_of_a_search_has_what_it_finds_and_is_named_after_it(make_event: MakeEvent, stranger: User) -> None:
    make_event(headline="Jazz")
    make_event(headline="Rock")
    make_event(headline="More jazz", actor=stranger)

    assert titles(f"{PUBLIC}?q=JAZZ") == ["Jazz", "More jazz"]
    assert titles(f"{ORGANISER}?q=jazz") == ["Jazz"]
    named = calendar(f"{PUBLIC}?q=a,%20b%00%1B&author=organiser")
    assert named.contents["name"][0].value == "Event manager: organiser: a, b"


def test_personal_feed_has_subscriptions_and_own_events(
    personal: str, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    subscribe(make_event(headline="Subscribed"), actor=subscriber, at=at)
    private = make_event(headline="Subscribed, private", state="private")
    subscribe(private, actor=subscriber, at=at, invite=private.invite_token)
    cancelled = make_event(headline="Cancelled")
    subscribe(cancelled, actor=subscriber, at=at)
    cancel_event(cancelled, actor=organiser, at=at)
    deleted = make_event(headline="Deleted")
    subscribe(deleted, actor=subscriber, at=at)
    delete_event(deleted, actor=organiser, at=at)
    removed = make_event(headline="Removed from")
    subscribe(removed, actor=subscriber, at=at)
    remove_subscriber(removed, actor=organiser, user_id=subscriber.pk, at=at)
    make_event(headline="Another’s")
    for state in ("public", "private", "draft"):
        make_event(headline=f"Own, {state}", actor=subscriber, state=state)

    content = Client().get(personal).content.decode()

    assert titles(personal) == ["Subscribed", "Subscribed, private", "Cancelled", "Own, public", "Own, private"]
    assert content.count("CLASS:PRIVATE") == 2
    assert (private.invite_token in content, "invite" in content, "VALARM" in content) == (False, False, False)


def test_personal_feed_is_named_in_the_language_of_its_owner(personal: str, subscriber: User) -> None:
    User.objects.filter(pk=subscriber.pk).update(language="de")

    response = Client().get(personal, headers={"accept-language": "en"})

    assert "X-WR-CALNAME:Event manager: Mein Kalender\r\n" in response.content.decode()


def test_personal_feed_has_alarms_only_on_demand(
    personal: str, make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    subscribe(make_event(), actor=subscriber, at=at, leads=[60, 1440])
    make_event(headline="Own", actor=subscriber)

    [subscribed, own] = calendar(f"{personal}?alarms=1").vevent_list

    assert [alarm.trigger.value for alarm in subscribed.valarm_list] == [timedelta(hours=-1), timedelta(days=-1)]
    assert "valarm" not in own.contents
    assert Client().get(f"{personal}?alarms=yes").status_code == 404


def test_feed_goes_from_thirty_days_back_to_a_year_ahead(make_event: MakeEvent) -> None:
    """Both sides of each boundary, at 15:00 UTC. What began before and has not ended is there, too."""
    at, long_ago = datetime(2030, 5, 31, 15, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    first, last = datetime(2030, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    for name, starts_at, ends_at in (
        ("too early", first - minute, None),
        ("first", first, None),
        ("running", long_ago + minute, at + minute),
        ("last", last - minute, None),
        ("too late", last, None),
    ):
        make_event(headline=name, at=long_ago, starts_at=starts_at, ends_at=ends_at)
    record_ends(at=at)

    content = public_feed(site="https://example.org/", at=at).file().content.decode()

    found = [event.summary.value for event in vobject.readOne(content).vevent_list]
    assert found == ["running", "last", "first"]


def test_full_feed_lacks_past_events_first_and_then_the_furthest(
    make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (-3, -2, 2, 3):
        make_event(headline=f"{days}", at=at - timedelta(days=9), starts_at=at + timedelta(days=days))
    record_ends(at=at)
    found = []
    for limit in (4, 3, 2, 1):
        monkeypatch.setattr(calendar_feeds, "MAX_EVENTS", limit)
        found.append(titles(PUBLIC))

    assert found == [["2", "3", "-2", "-3"], ["2", "3", "-2"], ["2", "3"], ["2"]]


def test_feed_that_would_be_too_large_lacks_the_same(
    make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what ends meanwhile, so that the file is the same whether the sweep has recorded that or not."""
    today = datetime.combine(at.astimezone(UTC), time.min, UTC)
    for hours in (-72, -48, 0, 60):
        starts_at = today + timedelta(hours=hours)
        make_event(headline=f"{hours}", at=at - timedelta(days=9), starts_at=starts_at, description="é" * 400)
    whole = len(Client().get(PUBLIC).content)
    limits = [whole, whole - 1, whole - 1_500, whole - 2_500]
    found = []
    for _ in range(2):
        for limit in limits:
            monkeypatch.setattr(calendar_feeds, "MAX_BYTES", limit)
            found.append(titles(PUBLIC))
        record_ends(at=at)

    assert found == [["0", "60", "-48", "-72"], ["0", "60", "-48"], ["0", "60"], ["0"]] * 2


def test_long_descriptions_are_read_as_far_as_they_fit(
    make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    texts = ["a" * SHORT_DESCRIPTION, "b" * (SHORT_DESCRIPTION + 1), "", "c" * 20_000, "d" * 20_000]
    starts = [timezone.now() + timedelta(hours=hours) for hours in range(1, 6)]
    ids = [make_event(starts_at=start, description=text).pk for start, text in zip(starts, texts, strict=True)]
    monkeypatch.setattr(calendar_feeds, "MAX_BYTES", 40_000)

    with django_assert_num_queries(2) as queries:
        feed = calendar(PUBLIC)

    assert [event.description.value.rpartition("\n")[0] for event in feed.vevent_list] == texts[:4]
    assert f"IN ({ids[1]},{ids[3]})" in queries[1]["sql"]


@pytest.mark.parametrize("change", ["edited", "hidden", "deleted"])
def test_event_that_changes_while_a_feed_is_read_is_shown_only_to_those_who_may_see_it(
    make_event: MakeEvent, organiser: User, at: datetime, change: str
) -> None:
    """Its long description is read by a second query. The next request gets what has changed."""
    event = make_event(description="a" * (SHORT_DESCRIPTION + 1))
    feed = public_feed(site="https://example.org/", at=at)
    rows = feed._rows(calendar_feeds.WRITTEN)

    CHANGES[change](event, organiser, at + timedelta(minutes=5))

    assert len([*feed._texts_of(rows)]) == (change == "edited")
    assert feed.etag() != feed._etag_of(rows)


@pytest.mark.parametrize("count", [1, 3])
def test_feeds_take_one_query_and_one_for_the_person(
    personal: str,
    make_event: MakeEvent,
    subscriber: User,
    at: datetime,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count):
        subscribe(make_event(), actor=subscriber, at=at)
    for path, queries in ((PUBLIC, 1), (f"{PUBLIC}?q=con", 1), (ORGANISER, 2), (personal, 2)):
        with django_assert_num_queries(queries):
            response = Client().get(path)
        assert response.content.count(b"BEGIN:VEVENT") == count

        with django_assert_num_queries(queries):
            again = Client().get(path, headers={"if-none-match": response["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
        assert again["Cache-Control"] == response["Cache-Control"]


CHANGES: dict[str, Callable[[Event, User, datetime], object]] = {
    "edited": lambda event, organiser, at: update_event(event, actor=organiser, at=at, location="Rome"),
    "cancelled": lambda event, organiser, at: cancel_event(event, actor=organiser, at=at),
    "deleted": lambda event, organiser, at: delete_event(event, actor=organiser, at=at),
    "hidden": lambda event, organiser, at: update_event(event, actor=organiser, at=at, state="private"),
    "renamed organiser": lambda event, organiser, at: User.objects.filter(pk=organiser.pk).update(username="other"),
    "another event": lambda event, organiser, at: Event.objects.filter(pk__gt=event.pk).update(state="public"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_feed_has_another_etag(make_event: MakeEvent, organiser: User, at: datetime, change: str) -> None:
    event = make_event()
    make_event(state="draft")
    before = Client().get(PUBLIC)

    CHANGES[change](event, organiser, at + timedelta(minutes=5))

    after = Client().get(PUBLIC, headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200
    assert after.content != before.content
    assert after["ETag"] != before["ETag"]


def test_unchanged_feed_has_the_same_bytes_all_day_and_another_etag_the_next(make_event: MakeEvent) -> None:
    at = datetime(2030, 5, 31, tzinfo=UTC)
    make_event(starts_at=at + timedelta(days=9))
    morning, night, next_day = (
        public_feed(site="https://example.org/", at=at + timedelta(seconds=seconds)).file()
        for seconds in (0, 86_399, 86_400)
    )

    assert morning == night
    assert next_day.etag != night.etag
    assert public_feed(site="https://other.example/", at=at).file().etag != morning.etag


def test_rules_of_time_zones_count_for_the_etag(make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that later rules have moved already has another date by the rules of a process that is older."""
    make_event(all_day=True, time_zone="Europe/Rome")
    before = Client().get(PUBLIC)["ETag"]

    monkeypatch.setattr(calendar_feeds, "RULES_VERSION", "2999a")

    assert Client().get(PUBLIC, headers={"if-none-match": before}).status_code == 200


def test_leads_count_for_the_etag_of_a_feed_with_alarms(
    personal: str, make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    subscription = subscribe(make_event(), actor=subscriber, at=at, leads=[60])
    tags = [Client().get(path)["ETag"] for path in (personal, f"{personal}?alarms=1")]

    subscription.reminders.update(lead=30)

    assert Client().get(personal)["ETag"] == tags[0] != tags[1]
    assert Client().get(f"{personal}?alarms=1")["ETag"] != tags[1]


@pytest.mark.parametrize(
    ("tag", "status"), [("{etag}", 304), ("W/{etag}", 304), ('"0", {etag}', 304), ("*", 304), ('"0"', 200)]
)
def test_etags_are_compared_as_http_says(make_event: MakeEvent, tag: str, status: int) -> None:
    make_event()
    etag = Client().get(PUBLIC)["ETag"]

    assert Client().get(PUBLIC, headers={"if-none-match": tag.format(etag=etag)}).status_code == status


def test_head_has_the_headers_and_no_body(personal: str, make_event: MakeEvent) -> None:
    make_event()
    for path in (PUBLIC, ORGANISER, personal):
        get, head = Client().get(path), Client().head(path)

        assert (head.status_code, head.content, head["ETag"]) == (200, b"", get["ETag"])
        assert head["Content-Length"] == f"{len(get.content)}"


def test_feeds_are_not_listed_and_the_personal_one_is_kept_by_nobody(personal: str, make_event: MakeEvent) -> None:
    make_event()
    responses = [Client().get(path) for path in (PUBLIC, ORGANISER, personal)]

    assert [response["X-Robots-Tag"] for response in responses] == ["noindex"] * 3
    assert [response["Cache-Control"] for response in responses] == ["no-cache", "no-cache", "private, no-cache"]


def test_only_public_feeds_that_are_not_large_are_shared(
    personal: str, make_event: MakeEvent, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRUST_PROXY = True
    make_event()
    size = len(Client().get(PUBLIC).content)
    found = []
    for limit in (size, size - 1):
        monkeypatch.setattr(calendar_feed_views, "MAX_SHARED_BYTES", limit)
        found.append([HEADER in Client().get(path) for path in (PUBLIC, f"{PUBLIC}?x", personal)])

    assert found == [[True, True, False], [False, False, False]]


def test_unknown_renewed_removed_and_suspended_feeds_are_not_found(
    personal: str, make_user: MakeUser, subscriber: User, at: datetime
) -> None:
    removed, suspended = make_user("removed"), make_user("suspended")
    others = [f"/feeds/{renew_feed(user, at=at).token}.ics" for user in (removed, suspended)]
    remove_feed(removed)
    suspend_user(suspended, at=at)
    renew_feed(subscriber, at=at)
    wrong = [personal, *others, f"/feeds/{'0' * 32}.ics", "/feeds/x.ics", f"/feeds/{'A' * 32}.ics"]

    for path in wrong:
        response = Client().get(path)

        assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")


@pytest.mark.parametrize("path", ["/people/nobody/events.ics", f"{PUBLIC}?author=nobody"])
def test_feed_of_an_unknown_organiser_is_not_found(path: str, db: None) -> None:
    assert Client().get(path).status_code == 404


def test_suspended_organiser_has_no_feed(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    make_event()
    suspend_user(organiser, at=at)

    assert Client().get(ORGANISER).status_code == 404
    assert titles(PUBLIC) == ["Concert"]


def test_today_is_the_day_of_the_request(make_event: MakeEvent) -> None:
    """A search is compiled each time and a feed without one only once, for any day."""
    soon = timezone.now() + timedelta(days=1)
    make_event(starts_at=soon)

    assert titles(PUBLIC) == titles(f"{PUBLIC}?q=concert") == ["Concert"]
