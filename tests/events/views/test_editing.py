"""Test posting, editing, cancelling and deleting in the browser: no input is lost, nothing is overwritten unseen."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from events.forms.event import initial_of
from events.models import Announcement, Event
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of, words

NEW = "/events/new/"
INPUTS = {
    "headline": "Concert",
    "start_date": "2030-12-06",
    "start_time": "18:00",
    "time_zone": "Europe/Rome",
    "location": "Aula Magna",
    "description": "First line\nsecond line",
    "state": "public",
}


def inputs_of(event: Event, **changes: str) -> dict[str, Any]:
    """Return the form data that a browser sends after showing the event, with some inputs changed."""
    initial = initial_of(event)
    without_hidden = {name: value for name, value in initial.items() if value is not None and value is not False}
    texts = {
        name: value.strftime("%H:%M") if isinstance(value, time) else value for name, value in without_hidden.items()
    }
    known = {f"initial-{name}": "" if value is None else str(value) for name, value in initial.items()}
    return texts | known | changes


# Posting


def test_the_form_asks_to_log_in_and_leads_back(client: Client, db: None) -> None:
    response = client.get(NEW)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={NEW}")


def test_the_form_starts_in_ones_own_zone_and_private(client: Client, make_user: MakeUser) -> None:
    client.force_login(make_user("roman", time_zone="Europe/Rome"))

    page = html_of(client, NEW)

    assert 'name="time_zone" value="Europe/Rome"' in page
    assert re.search(r'value="private"[^>]* checked', page)


def test_a_form_that_comes_back_says_what_its_times_come_to(client: Client, make_user: MakeUser) -> None:
    client.force_login(make_user("new_yorker", time_zone="America/New_York"))

    page = client.post(NEW, INPUTS | {"headline": "", "end_time": "20:00"}).content.decode()

    [line] = re.findall(r'<p class="when-line.*?</p>', page, re.DOTALL)
    said = words(line)
    assert said.startswith("Fri 6 Dec 2030, 18:00–20:00 Rome time 12:00–14:00 your time · in ")


def test_posting_creates_the_event(organiser_client: Client, organiser: User) -> None:
    response = organiser_client.post(NEW, INPUTS)

    event = Event.objects.get()
    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert event.author == organiser
    assert event.starts_at == datetime(2030, 12, 6, 17, tzinfo=UTC)
    assert (event.headline, event.location, event.state) == ("Concert", "Aula Magna", "public")
    assert event.description == "First line\nsecond line"
    assert "Event posted." in html_of(organiser_client, event.get_absolute_url())


def test_bad_input_comes_back_filled(organiser_client: Client) -> None:
    changes = {"headline": "x" * 10_000, "time_zone": "Europe/Atlantis", "state": "foo"}

    page = organiser_client.post(NEW, INPUTS | changes).content.decode()

    assert not Event.objects.exists()
    assert "at most 200 characters (it has 10000)" in page
    assert "“Europe/Atlantis” isn’t a city or time zone we know. Try a larger city nearby." in page
    assert "An event is public, private or a draft, not “foo”." in page
    for typed in (
        changes["headline"],
        "Europe/Atlantis",
        "2030-12-06",
        "18:00",
        "Aula Magna",
        "First line\nsecond line",
    ):
        assert typed in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_time_zone_helptext id_time_zone_error"' in page
    assert 'id="id_time_zone_error"' in page


def test_errors_are_summed_up_above_the_form_with_links_to_their_fields(organiser_client: Client) -> None:
    page = organiser_client.post(
        NEW, INPUTS | {"headline": "", "time_zone": "Europe/Atlantis", "state": "foo"}
    ).content.decode()

    [summary] = re.findall(
        r'<div class="alert alert-error" role="alert" tabindex="-1" autofocus\s[^>]*>(.*?)</ul>', page, re.DOTALL
    )
    assert re.findall(r'<a href="#(\w+)">(.*?)</a>', summary) == [
        ("id_headline", "Title: This field is required."),
        ("id_time_zone", "Time zone: “Europe/Atlantis” isn’t a city or time zone we know. Try a larger city nearby."),
        ("id_state_0", "Visibility: An event is public, private or a draft, not “foo”."),
    ]
    for target in ("id_headline", "id_time_zone", "id_state_0"):
        assert page.count(f'id="{target}"') == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"start_date": "2020-12-06"}, "start_date", "The start must be in the future."),
        ({"end_date": "2030-12-05", "end_time": "18:00"}, "end_date", "The end must be after the start."),
        ({"end_time": "18:00"}, "end_date", "The end must be after the start."),
        ({"start_date": "2030-03-31", "start_time": "02:30"}, "start_date", "doesn’t exist in Europe/Rome"),
        ({"end_date": "9999-12-31", "end_time": "23:59"}, "end_date", "That date is out of range."),
    ],
)
def test_refusals_stand_beside_their_field(
    organiser_client: Client, changes: dict[str, str], field: str, message: str
) -> None:
    page = organiser_client.post(NEW, INPUTS | changes).content.decode()

    [notes] = re.findall(rf'<div id="id_{field}_error">(.*?)</div>', page, re.DOTALL)
    assert message in notes
    assert not Event.objects.exists()


def test_posting_over_quota_is_refused_above_the_form(
    organiser_client: Client, make_event: MakeEvent, settings: Settings
) -> None:
    settings.MAX_EVENTS_PER_USER = 1
    make_event()

    page = organiser_client.post(NEW, INPUTS).content.decode()

    assert "You’ve reached the limit of 1 upcoming event." in page
    assert "Aula Magna" in page


# Editing


def test_editing_changes_the_event_and_announces_it(
    organiser_client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=3))
    subscribe(event, actor=subscriber, at=at)

    response = organiser_client.post(f"{event.get_absolute_url()}edit/", inputs_of(event, location="The other hall"))

    event.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert (event.location, event.revision) == ("The other hall", 1)
    assert Announcement.objects.get().kind == "relocated"


def test_saving_says_that_subscribers_will_be_notified_if_they_will(
    organiser_client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    watched, lonely = (make_event(starts_at=at + timedelta(days=3), location="Hall A") for _ in range(2))
    subscribe(watched, actor=subscriber, at=at)

    def said(event: Event, **changes: str) -> str:
        event.refresh_from_db()
        response = organiser_client.post(f"{event.get_absolute_url()}edit/", inputs_of(event, **changes), follow=True)
        [text] = re.findall(r"Changes saved\.[^<]*", response.content.decode())
        return text

    notifying, plain = "Changes saved. Subscribers will be notified.", "Changes saved."
    assert said(lonely, location="Hall B") == plain
    assert said(watched, headline="Choir") == plain
    assert said(watched, location="Hall B") == notifying
    assert said(watched, headline="Large choir") == plain
    assert said(watched, location="Hall A") == plain  # before anybody was notified


def test_the_edit_form_shows_the_event_in_its_own_zone(organiser_client: Client, make_event: MakeEvent) -> None:
    event = make_event(
        starts_at=datetime(2030, 12, 6, 17, tzinfo=UTC),
        ends_at=datetime(2030, 12, 6, 23, 30, tzinfo=UTC),
        time_zone="Europe/Rome",
    )

    page = html_of(organiser_client, f"{event.get_absolute_url()}edit/")

    for name, value in {
        "start_date": "2030-12-06",
        "start_time": "18:00",
        "end_date": "2030-12-07",
        "end_time": "00:30",
        "time_zone": "Europe/Rome",
        "revision": "0",
    }.items():
        assert f'name="{name}" value="{value}"' in page


def test_an_event_with_subscribers_does_not_become_a_draft(
    organiser_client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    page = organiser_client.post(f"{event.get_absolute_url()}edit/", inputs_of(event, state="draft")).content.decode()

    assert "People have already subscribed, so this event can’t go back to draft. Cancel it instead." in page
    assert 'id="id_state_error"' in page


def test_a_cancelled_event_is_not_edited(
    organiser_client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    url, stale = f"{event.get_absolute_url()}edit/", inputs_of(event, headline="Again")
    cancel_event(event, actor=organiser, at=at)

    page = organiser_client.get(url, follow=True).content.decode()
    assert "The event has been cancelled." in page
    page = organiser_client.post(url, stale).content.decode()
    assert "The event has been cancelled." in page
    assert "Somebody has changed the event" not in page


WOULD_NOTIFY = "2 subscribers will be notified if you change the time or location."
WILL_NOTIFY = "2 subscribers will be notified of this change."
MARK = "changes notify subscribers</span>"


def without_hidden(page: str) -> str:
    """Return a page without the parts that are hidden until a script shows them."""
    return re.sub(r"<(span|strong) hidden>.*?</\1>", "", page)


def test_edit_form_says_how_many_will_be_notified_of_which_changes(
    organiser_client: Client, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at)

    page = without_hidden(html_of(organiser_client, f"{event.get_absolute_url()}edit/"))

    assert WOULD_NOTIFY in page
    assert WILL_NOTIFY not in page
    assert re.findall(r"<(?:legend|label[^>]*)>([\w ]+) <span class=\"mark\">changes notify subscribers", page) == [
        *("Location", "Date and time")
    ]


@pytest.mark.parametrize(
    ("changes", "expected"), [({"location": "Milan"}, WILL_NOTIFY), ({"headline": "Other"}, WOULD_NOTIFY)]
)
def test_refused_edit_says_whether_subscribers_will_be_notified_of_it(
    organiser_client: Client,
    subscriber: User,
    stranger: User,
    make_event: MakeEvent,
    at: datetime,
    changes: dict[str, str],
    expected: str,
) -> None:
    event = make_event()
    for user in (subscriber, stranger):
        subscribe(event, actor=user, at=at)

    response = organiser_client.post(f"{event.get_absolute_url()}edit/", inputs_of(event, state="draft", **changes))

    page = without_hidden(response.content.decode())
    assert [sentence for sentence in (WOULD_NOTIFY, WILL_NOTIFY) if sentence in page] == [expected]


def test_edit_form_without_subscribers_says_nothing_of_them(organiser_client: Client, make_event: MakeEvent) -> None:
    page = html_of(organiser_client, f"{make_event().get_absolute_url()}edit/")

    assert "will be notified" not in page
    assert MARK not in page


def test_edit_form_of_an_event_that_is_over_says_that_only_a_move_to_the_future_is_announced(
    organiser_client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    Event.objects.update(starts_at=at - timedelta(days=1), over_at=at - timedelta(days=1))

    page = html_of(organiser_client, f"{event.get_absolute_url()}edit/")

    assert "1 subscriber will be notified if you move the event to a future date." in page
    assert MARK not in page


def test_description_counts_an_end_of_line_as_one_character(organiser_client: Client) -> None:
    """Browsers count it as one, and send two."""
    response = organiser_client.post(NEW, INPUTS | {"description": "x" * 19_998 + "\r\n" + "x"})

    assert response.status_code == 302


# Cancelling and deleting


def test_cancelling_asks_first_and_sends_the_reason(
    organiser_client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    url = f"{event.get_absolute_url()}cancel/"
    assert "1 subscriber will be notified that the event is cancelled." in html_of(organiser_client, url)

    response = organiser_client.post(url, {"reason": "The hall is flooded."})

    event.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert event.is_cancelled
    assert Announcement.objects.get().text == "The hall is flooded."


def test_a_reason_that_is_too_long_comes_back(organiser_client: Client, make_event: MakeEvent) -> None:
    event = make_event()

    page = organiser_client.post(f"{event.get_absolute_url()}cancel/", {"reason": "x" * 2001}).content.decode()

    assert "at most 2000 characters (it has 2001)" in page
    assert "x" * 2001 in page


@pytest.mark.parametrize(
    ("is_draft", "message"), [(True, "A draft has no subscribers to notify"), (False, "The event has ended.")]
)
def test_cancelling_a_draft_or_what_is_over_is_refused(
    organiser_client: Client, make_event: MakeEvent, at: datetime, is_draft: bool, message: str
) -> None:
    event = make_event(state="draft" if is_draft else "public")
    if not is_draft:
        Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(days=1), over_at=at - timedelta(days=1))

    page = organiser_client.post(f"{event.get_absolute_url()}cancel/").content.decode()

    assert message in page


def test_deleting_asks_first(organiser_client: Client, make_event: MakeEvent) -> None:
    event = make_event()
    url = f"{event.get_absolute_url()}delete/"

    assert "Delete this event?" in html_of(organiser_client, url)
    assert Event.objects.live().exists()
    response = organiser_client.post(url)

    assert (response.status_code, response["Location"]) == (302, "/events/mine/")
    assert not Event.objects.live().exists()
    assert "“Concert” deleted." in html_of(organiser_client, "/events/mine/")


@pytest.mark.parametrize("is_over", [False, True])
def test_deleting_says_how_many_will_be_notified(
    organiser_client: Client, subscriber: User, make_event: MakeEvent, at: datetime, is_over: bool
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    if is_over:
        Event.objects.update(starts_at=at - timedelta(days=1), over_at=at - timedelta(days=1))

    page = html_of(organiser_client, f"{event.get_absolute_url()}delete/")

    assert ("1 subscriber will be notified that the event is cancelled." in page) == (not is_over)


def button_labels(page: str) -> list[str]:
    """Return what the form's button can say; styles show one of the two if there are two."""
    [button] = re.findall(r'<button class="button button-primary" type="submit">(.*?)</button>', page, re.DOTALL)
    return re.findall(r"\w+ \w+", re.sub(r"<[^>]*>", "", button))


def test_button_says_what_it_does(organiser_client: Client, make_event: MakeEvent) -> None:
    draft, published = make_event(state="draft"), make_event()

    new, of_draft, of_published = (
        html_of(organiser_client, path)
        for path in (NEW, f"{draft.get_absolute_url()}edit/", f"{published.get_absolute_url()}edit/")
    )

    assert button_labels(new) == ["Post event", "Save draft"]
    assert button_labels(of_draft) == ["Publish event", "Save draft"]
    assert button_labels(of_published) == ["Save changes", "Save draft"]


@pytest.mark.parametrize(
    ("state", "said"), [("draft", "Draft saved."), ("public", "Event published. People can now subscribe.")]
)
def test_saving_a_draft_says_what_has_become_of_it(
    organiser_client: Client, make_event: MakeEvent, state: str, said: str
) -> None:
    event = make_event(state="draft")

    page = organiser_client.post(f"{event.get_absolute_url()}edit/", inputs_of(event, state=state), follow=True)

    assert said in page.content.decode()


@pytest.mark.parametrize("typed", ["wien", "Vienna time", "europe/vienna"])
def test_event_is_posted_in_the_zone_of_a_city(organiser_client: Client, typed: str) -> None:
    organiser_client.post(NEW, INPUTS | {"time_zone": typed})

    assert Event.objects.get().time_zone == "Europe/Vienna"


def test_typing_the_city_of_the_same_zone_changes_nothing(organiser_client: Client, make_event: MakeEvent) -> None:
    event = make_event(time_zone="Europe/Vienna")

    organiser_client.post(f"{event.get_absolute_url()}edit/", inputs_of(event, time_zone="Wien"))

    event.refresh_from_db()
    assert (event.time_zone, event.revision) == ("Europe/Vienna", 0)
