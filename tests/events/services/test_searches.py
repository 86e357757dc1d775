"""Test that searches find what the previous version wrote, before and after it is refreshed."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts.models import User
from events.models import Event
from events.search import searchable
from events.services import refresh_search_texts, searches, update_event
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_older_event(make_event: MakeEvent) -> Callable[..., Event]:
    """Make an event as the previous version stores it."""

    def make(**texts: str) -> Event:
        event = make_event(**texts)
        Event.objects.filter(pk=event.pk).update(
            search_text=" ".join([event.headline, event.location, event.description]).casefold()
        )
        return event

    return make


@pytest.mark.parametrize("text", ["zürich", "ZÜRICH", "O’Brien", "o’brien Zürich", "İstanbul"])
def test_row_of_the_previous_version_is_found_as_before(make_older_event: Callable[..., Event], text: str) -> None:
    event = make_older_event(headline="O’Brien in Zürich", location="İstanbul")

    assert list(Event.objects.matching(text)) == [event]


def test_refreshed_rows_of_the_previous_version_are_found_as_new_ones(
    make_older_event: Callable[..., Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "CHUNK", 2)
    events = [make_older_event(headline=f"Zürich {number}") for number in range(5)]
    make_older_event(headline="Rome")
    assert list(Event.objects.matching("zurich")) == []

    assert refresh_search_texts(Event.objects.all()) == 5

    assert list(Event.objects.matching("zurich").order_by("pk")) == events
    assert refresh_search_texts(Event.objects.all()) == 0


def test_event_that_is_edited_during_the_refreshing_keeps_its_new_text(
    make_older_event: Callable[..., Event], organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_older_event(headline="Zürich")

    def edited_meanwhile(*texts: str) -> str:
        monkeypatch.undo()
        update_event(event, actor=organiser, at=at, headline="Genève")
        return searchable(*texts)

    monkeypatch.setattr(searches, "searchable", edited_meanwhile)

    assert refresh_search_texts(Event.objects.all()) == 0
    assert list(Event.objects.matching("geneve")) == [event]
    assert list(Event.objects.matching("zurich")) == []


def test_command_refreshes_rows_of_the_previous_version(
    make_older_event: Callable[..., Event], capsys: pytest.CaptureFixture[str]
) -> None:
    event = make_older_event(headline="Zürich")

    call_command("refresh_search")

    assert capsys.readouterr().out == "Events refreshed: 1\nRecords of ends corrected: 0\n"
    assert list(Event.objects.matching("zurich")) == [event]


def test_migration_refreshes_rows_of_the_previous_version(make_older_event: Callable[..., Event]) -> None:
    event = make_older_event(headline="Zürich")

    import_module("events.migrations.0005_refresh_search_texts").refresh(apps, None)

    assert list(Event.objects.matching("zurich")) == [event]
