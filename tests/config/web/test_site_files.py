"""Test the files that browsers and search engines request at fixed URLs."""

import re
import struct
from datetime import datetime, timedelta
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.services import cancel_event
from tests.makers import MakeEvent
from tests.pages import html_of


def size_of(url: str) -> str:
    """Return the size of a PNG from its header, as "width x height" in the manifest's notation."""
    found = finders.find(url.removeprefix("/static/"))
    assert found
    head = Path(found).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return "{}x{}".format(*struct.unpack(">II", head[16:]))


def test_manifest_names_icons_of_the_size_that_they_have(client: Client) -> None:
    response = client.get("/site.webmanifest")

    manifest = response.json()
    assert response["Content-Type"] == "application/manifest+json"
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("Event manager", "/", "standalone")
    pngs = {icon["src"]: icon["sizes"] for icon in manifest["icons"] if icon["type"] == "image/png"}
    assert {src: size_of(src) for src in pngs} == pngs
    assert set(pngs.values()) == {"192x192", "512x512"}


@pytest.mark.django_db
def test_page_links_icon_manifest_and_the_picture_that_chats_show(client: Client) -> None:
    page = html_of(client, "/")

    assert re.findall(r'<link rel="(icon|apple-touch-icon|manifest)" href="([^"]+)"', page) == [
        ("icon", "/static/img/icon.svg"),
        ("apple-touch-icon", "/static/img/apple-touch-icon.png"),
        ("manifest", "/site.webmanifest"),
    ]
    assert size_of("/static/img/apple-touch-icon.png") == "180x180"
    assert size_of("/static/img/share.png") == "1200x630"


def test_favicon_is_found_at_its_conventional_url(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/img/icon-192.png"


@pytest.mark.parametrize(
    ("path", "is_crawled"),
    [
        ("/", True),
        ("/events/1/", True),
        ("/events.ics", True),
        ("/people/olivia/events.ics", True),
        (f"/feeds/{'0a' * 16}.ics", True),
        ("/accounts/profile/", False),
        ("/admin/", False),
        ("/api/v1/events/", False),
        ("/events/mine/", False),
        ("/notifications/", False),
        ("/subscriptions/", False),
    ],
)
def test_crawlers_are_kept_from_what_is_private(client: Client, path: str, is_crawled: bool) -> None:
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").content.decode().splitlines())

    assert rules.can_fetch("*", path) == is_crawled
    assert rules.site_maps() == ["http://testserver/sitemap.xml"]


def test_sitemap_lists_what_is_public_and_to_come(
    client: Client,
    make_event: MakeEvent,
    organiser: User,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    listed = [make_event(headline=f"Concert {number}") for number in range(3)]
    make_event(state="private")
    make_event(state="draft")
    cancel_event(make_event(), actor=organiser, at=at)
    make_event(at=at - timedelta(days=9), starts_at=at - timedelta(days=8))

    with django_assert_num_queries(2):  # count, rows
        response = client.get("/sitemap.xml")

    locations = re.findall("<loc>(.*?)</loc>", response.content.decode())
    assert locations == ["http://testserver/", *(f"http://testserver/events/{event.pk}/" for event in listed)]
    assert listed[0].updated_at.date().isoformat() in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/site.webmanifest", "/robots.txt", "/favicon.ico"])
def test_answers_for_everybody_may_be_kept(client: Client, path: str) -> None:
    assert client.get(path)["Cache-Control"] == "public, max-age=86400"
