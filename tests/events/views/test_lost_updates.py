"""Test two people editing an event at once: the second sees what the first saved and overwrites nothing unseen."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from events.services import update_event
from tests.events.views.test_editing import inputs_of
from tests.makers import MakeEvent
from tests.pages import html_of

STARTS_AT = datetime(2030, 12, 6, 17, tzinfo=UTC)


@pytest.fixture
def event(make_event: MakeEvent) -> Event:
    return make_event(headline="Concert", starts_at=STARTS_AT, time_zone="Europe/Rome", description="Old\ntext")


def edit_url(event: Event) -> str:
    return f"{event.get_absolute_url()}edit/"


def resent(page: str) -> dict[str, Any]:
    """Return the form data that a browser sends if it shows this page and nothing is changed."""
    inputs = re.findall(r"<input ([^>]*)>", page)
    sent = {}
    for attributes in inputs:
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', attributes))
        if "name" in given and (given.get("type") not in {"checkbox", "radio"} or attributes.endswith(" checked")):
            sent[given["name"]] = html.unescape(given.get("value", "on" if given.get("type") == "checkbox" else ""))
    [text] = re.findall(r'<textarea name="description"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    return sent | {"description": html.unescape(text)}


def test_form_that_is_sent_back_untouched_changes_nothing(organiser_client: Client, event: Event) -> None:
    sent = resent(html_of(organiser_client, edit_url(event)))

    response = organiser_client.post(edit_url(event), sent)

    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert Event.objects.get().revision == 0


def test_what_was_shown_is_hidden_and_described_by_nothing(organiser_client: Client, event: Event) -> None:
    page = html_of(organiser_client, edit_url(event))

    hidden = re.findall(r'<input type="hidden" name="initial-[^>]*>', page)
    assert len(hidden) == 10
    assert [each for each in hidden if "aria-" in each] == []


def test_field_that_both_editors_changed_is_shown_and_the_next_attempt_overwrites_it(
    organiser_client: Client, organiser: User, event: Event, at: datetime
) -> None:
    mine = inputs_of(event, headline="Grand concert", start_time="19:00")
    update_event(event, actor=organiser, at=at, headline="Small concert", location="The cellar")

    page = organiser_client.post(edit_url(event), mine).content.decode()

    assert "This event was changed while you were editing it." in page
    assert "Someone else saved changes in the meantime. What they saved is shown below the fields" in page
    assert re.findall(r"<span>Currently saved: (.*?)</span>", page) == ["Small concert"]
    assert organiser_client.post(edit_url(event), resent(page)).status_code == 302
    event.refresh_from_db()
    assert (event.headline, event.location) == ("Grand concert", "The cellar")
    assert event.local_starts_at.hour == 19


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({"headline": "Small concert"}, {"headline": "Small concert"}),
        ({"state": "private"}, {"state": "private"}),
        ({"starts_at": datetime(2030, 12, 6, 19, 30, tzinfo=UTC)}, {"start_date": "2030-12-06", "start_time": "20:30"}),
        ({"all_day": True}, {"all_day": "on", "start_time": ""}),
        ({"description": "New\n<text>"}, {"description": "New\n<text>"}),
        ({"time_zone": "America/New_York"}, {"time_zone": "America/New_York", "start_time": "12:00"}),
    ],
)
def test_field_that_only_the_other_editor_changed_keeps_that_change(
    organiser_client: Client,
    organiser: User,
    event: Event,
    at: datetime,
    theirs: dict[str, Any],
    expected: dict[str, str],
) -> None:
    mine = inputs_of(event, location="The other hall")
    update_event(event, actor=organiser, at=at, **theirs)

    page = organiser_client.post(edit_url(event), mine).content.decode()

    assert "Someone else’s changes have been merged into this form. Check it and save again." in page
    assert "Currently saved:" not in page
    sent = resent(page)
    assert {name: sent[name] for name in expected} == expected
    assert organiser_client.post(edit_url(event), sent).status_code == 302
    saved = Event.objects.get()
    assert saved.location == "The other hall"
    assert {name: getattr(saved, name) for name in theirs} == theirs


def test_same_change_by_both_editors_is_no_collision(
    organiser_client: Client, organiser: User, event: Event, at: datetime
) -> None:
    mine = inputs_of(event, headline="Grand concert")
    update_event(event, actor=organiser, at=at, headline="Grand concert")

    assert "Currently saved:" not in organiser_client.post(edit_url(event), mine).content.decode()


def test_form_without_initial_values_is_shown_every_difference(
    organiser_client: Client, organiser: User, event: Event, at: datetime
) -> None:
    mine = {name: value for name, value in inputs_of(event).items() if not name.startswith("initial-")}
    update_event(event, actor=organiser, at=at, headline="Small concert")

    page = organiser_client.post(edit_url(event), mine).content.decode()

    assert re.findall(r"<span>Currently saved: (.*?)</span>", page) == ["Small concert"]
