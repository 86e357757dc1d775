"""Test what links to maps and calendars of other sites reveal, and QR codes."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from events.templatetags.calendar_links import map_link, qr_code
from tests.makers import MakeEvent
from tests.pages import html_of


@pytest.mark.parametrize(
    "location",
    [
        "https://example.org/room",
        "Room 5, https://example.org/room?pwd=secret",
        "HTTP://EXAMPLE.ORG",
        "Room 5 (www.example.org)",
        "zoom.us/j/123456789?pwd=secret",
        "Zoom: us02web.zoom.us/j/123456789?pwd=secret",
        "meet.google.com/abc-defg-hij",
        "teams.microsoft.com/l/meetup-join/19%3ameeting",
        "teams.live.com/meet/9876",
        "msteams:/l/meetup-join/19",
        "zoommtg://zoom.us/join?confno=123&pwd=secret",
        "join.example.museum/room",
        "webex.com",
        "tel:+4930123456",
        "call tel:+49-30-123456,,123#",
        "sip:room@example.org",
        "mailto:host@example.org",
        "Ask host@example.org",
        "online",
        "Online",
        "Online (Zoom)",
        "Town hall and online",
        "Online-Treffen",
        "virtual",
        "Virtuell",
        "virtuelles Treffen",
        "Zoom",
        "Zoom Meeting-ID 123 456, Kenncode geheim",
        "Microsoft Teams",
        "Google Meet",
        "Room 5, passcode 1234",
        "Room 5, Passwort1234",
        "ID: 812 3456 7890, PW: secret",
        "812 3456 7890 pwd=secret",
        "Pass: secret",
        "+43 1 2345, PIN 4411",
        "Back door, code 4711",
        "Dial-in +43 1 2345",
        "Zugangscode geheim",
        "Meeting\N{NON-BREAKING HYPHEN}ID 123",
        "MS-Teams 123",
        "GoToMeeting 123-456-789",
    ],
)
def test_location_that_is_a_url_or_says_online_is_not_linked_to_a_map(location: str) -> None:
    assert map_link(location) == ""


@pytest.mark.parametrize(
    "location",
    [
        "Piazza Navona",
        "Marsh Hall, Oxford",
        "St. Peter, Köln",
        "Str. 5/7, 10115 Berlin",
        "c/o Meier, Hauptstr. 1",
        "Onlinestraße 3",
        "Teamsport-Halle",
        "10:30 p.m. at the pier",
        "2.OG, Raum 3.14",
        "Room 1/2; B&B No. 7",
        "Hotel Passau",
        "Brenner Pass 1370 m",
        "Pin Oak Street 4",
        "Virtual Reality Lab, Vienna",
        "Platz der Republik, +43 1 234",
    ],
)
def test_location_is_linked_to_a_map(location: str) -> None:
    link = urlsplit(map_link(location))

    assert (link.hostname, parse_qs(link.query)) == ("www.openstreetmap.org", {"query": [location]})


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["public", "private"])
def test_no_invite_leaves_for_other_programs(client: Client, make_event: MakeEvent, state: str) -> None:
    event = make_event(state=state, location="Piazza Navona")

    html = html_of(client, f"{event.get_absolute_url()}?invite={event.invite_token}")

    links = re.findall(r'<a [^>]*href="(https?://[^"]*)"([^>]*)>', html)
    assert {urlsplit(link).hostname for link, _ in links} == {
        "calendar.google.com",
        "outlook.live.com",
        "www.openstreetmap.org",
    }
    assert [link for link, _ in links if event.invite_token in link] == []
    assert {re.findall(r'rel="(.*?)"', attributes)[0] for _, attributes in links} == {"noopener noreferrer"}
    page = f"http%3A%2F%2Ftestserver%2Fevents%2F{event.pk}%2F"
    assert [page in link for link, _ in links if "openstreetmap" not in link] == [True, True]


@pytest.mark.django_db
def test_pages_send_no_referrer_to_other_sites(client: Client, make_event: MakeEvent) -> None:
    """URLs can contain invites."""
    assert client.get(make_event().get_absolute_url())["Referrer-Policy"] == "same-origin"


def test_qr_code_is_dark_on_white_and_needs_neither_styles_nor_scripts() -> None:
    code = qr_code("webcal://testserver/feeds/0.ics")

    background, modules = r'<path fill="#fff" d="M0 0h\1v\1h-\1z"/>', r'<path stroke="#000" d="M4 4.5h7[^"]*"/>'
    size = re.fullmatch(rf'<svg viewBox="0 0 (\d+) \1">{background}{modules}</svg>', code)
    assert size
    assert (int(size[1]) - 2 * 4 - 17) % 4 == 0  # a quiet zone of 4 modules, and 17 more than a multiple of 4
    assert qr_code("webcal://testserver/feeds/1.ics") != code
