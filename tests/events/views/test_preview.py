"""Test the preview of a description in the event form."""

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


def test_form_shows_no_preview_before_it_is_asked_for(organiser_client: Client) -> None:
    assert re.search(r'<section[^>]* id="preview"[^>]* hidden', html_of(organiser_client, NEW))
