"""Test the preview of an event in its form."""

import re

import pytest
from django.test import Client

from events.models import Event
from tests.events.views.test_editing import INPUTS, NEW, inputs_of
from tests.makers import MakeEvent
from tests.pages import html_of


def preview_in(page: str) -> str:
    [preview] = re.findall(r'<section class="form-section preview".*?</section>', page, re.DOTALL)
    return preview


def test_preview_shows_the_description_as_its_readers_will_see_it_and_saves_nothing(organiser_client: Client) -> None:
    written = {"description": "**Doors** at seven <script>alert(1)</script>", "preview": "1"}

    page = organiser_client.post(NEW, INPUTS | written).content.decode()

    assert not Event.objects.exists()
    assert "<p><strong>Doors</strong> at seven &lt;script&gt;alert(1)&lt;/script&gt;</p>" in preview_in(page)
    assert re.search(r'<section[^>]* id="preview"[^>]* autofocus', page)
    assert 'value="Concert"' in page
    assert "**Doors** at seven &lt;script&gt;" in page


def test_preview_of_an_edit_saves_nothing(organiser_client: Client, make_event: MakeEvent) -> None:
    event = make_event(description="Old")
    sent = inputs_of(event, description="*New*", preview="1")

    page = organiser_client.post(f"{event.get_absolute_url()}edit/", sent).content.decode()

    event.refresh_from_db()
    assert (event.description, event.revision) == ("Old", 0)
    assert "<p><em>New</em></p>" in preview_in(page)


@pytest.mark.parametrize(
    ("description", "said"),
    [
        ("", "No description yet."),
        ("x" * 20_001, "The description can’t be previewed. Check the field above."),
    ],
)
def test_preview_says_why_it_shows_nothing(organiser_client: Client, description: str, said: str) -> None:
    page = organiser_client.post(NEW, INPUTS | {"description": description, "preview": "1"}).content.decode()

    assert said in preview_in(page)


def test_preview_of_a_form_with_errors_takes_the_focus_from_them(organiser_client: Client) -> None:
    page = organiser_client.post(NEW, {"description": "Soon", "preview": "1"}).content.decode()

    assert "<p>Soon</p>" in preview_in(page)
    assert "Title: This field is required." in page
    assert page.count(" autofocus") == 1


def test_preview_shows_the_event_as_its_page_will(organiser_client: Client) -> None:
    written = {
        "headline": "Choir <3",
        "location": "https://meet.example.org/choir",
        "time_zone": "wien",
        "start_date": "2030-12-06",
        "start_time": "18:00",
        "end_time": "20:00",
        "state": "public",
        "preview": "1",
    }

    page = organiser_client.post(NEW, INPUTS | written, headers={"Accept-Language": "en"}).content.decode()

    preview = " ".join(preview_in(page).split())
    assert '<svg class="cover' in preview
    assert re.search(r"<h2[^>]*> *<bdi>Choir &lt;3</bdi> *</h2>", preview)
    assert "Fri 6 Dec 2030, 18:00–20:00" in preview
    assert "Vienna time" in preview
    assert re.search(r'<span class="pill"[^>]*> in \d years </span>', preview)
    assert re.search(r'<a class="button button-join" href="https://meet.example.org/choir"', preview)
    assert "No subscribers yet" in preview
    assert "Subscribe and we’ll remind you" in preview
    assert "Your event" not in preview
    assert 'value="wien"' in page
    assert page.count("<h1") == 1


def test_preview_shows_the_state_and_the_own_time_of_its_reader(organiser_client: Client) -> None:
    written = {"time_zone": "America/New_York", "state": "draft", "preview": "1"}

    preview = preview_in(organiser_client.post(NEW, INPUTS | written).content.decode())

    assert "New York time" in preview
    assert "your time" in preview
    assert re.search(r'<span class="pill pill-warn">\s*Draft\s*</span>', preview)


def test_preview_has_no_form_no_working_button_and_no_id_of_the_page_again(organiser_client: Client) -> None:
    page = organiser_client.post(NEW, INPUTS | {"preview": "1"}).content.decode()

    preview = preview_in(page)
    assert "<form" not in preview
    assert "<input" not in preview
    assert re.findall(r"<button[^>]* (type=\"\w+\" disabled)>", preview) == ['type="button" disabled']
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"start_date": ""}, "Start date: This field is required."),
        ({"start_time": ""}, "Start time: Add a start time, or tick “All day”."),
        ({"time_zone": "Atlantis"}, "Time zone: “Atlantis” isn’t a city or time zone we know."),
        ({"end_date": "2030-12-01", "end_time": "18:00"}, "End date: The end must be after the start."),
    ],
)
def test_preview_without_valid_times_shows_the_rest_and_says_what_is_wrong(
    organiser_client: Client, changes: dict[str, str], error: str
) -> None:
    sent = INPUTS | {"location": "Old hall", "preview": "1"} | changes

    page = organiser_client.post(NEW, sent).content.decode()

    preview = preview_in(page)
    assert "No date and time yet" in preview
    assert re.search(r"<h2[^>]*>\s*<bdi>Concert</bdi>", preview)
    assert "Old hall" in preview
    assert error in page


def test_preview_of_a_start_that_has_passed_shows_it_and_the_field_says_so(organiser_client: Client) -> None:
    page = organiser_client.post(NEW, INPUTS | {"start_date": "2020-12-06", "preview": "1"}).content.decode()

    assert "6 Dec 2020" in preview_in(page)
    assert "Start date: The start must be in the future." in page


def test_all_errors_are_shown_at_once(organiser_client: Client) -> None:
    page = organiser_client.post(NEW, INPUTS | {"headline": "", "start_date": "2020-12-06"}).content.decode()

    assert "Title: This field is required." in page
    assert "Start date: The start must be in the future." in page


def test_form_shows_no_preview_before_it_is_asked_for(organiser_client: Client) -> None:
    assert re.search(r'<section[^>]* id="preview"[^>]* hidden', html_of(organiser_client, NEW))
