"""Test that pages, emails and what is installed have the name, the accent and the links of the site."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.mail import compose_account_mail
from accounts.models import AccountMail, User
from accounts.services.outbox import write_mail
from config.web import fragments
from tests.makers import MakeEvent
from tests.pages import html_of

LINKS = [("Privacy", "https://a.example/p"), ("Help", "mailto:us@a.example")]


@pytest.fixture
def _own_site(settings: Settings) -> Iterator[None]:
    """Let the site have a name, an accent and links of its own, and forget the parts of pages rendered without them."""
    settings.SITE_NAME, settings.SITE_ACCENT, settings.SITE_LINKS = "Jazz & Soul", "#0057b8", LINKS
    fragments.kept.cache_clear()
    yield
    fragments.kept.cache_clear()


def footer_of(html: str) -> list[tuple[str, str]]:
    footer = html[html.index('<footer class="site-footer">') :]
    return re.findall(r'<a href="((?:https|mailto):[^"]+)">([^<]+)</a>', footer)


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_site")
def test_pages_have_the_name_of_the_site(client: Client, make_event: MakeEvent) -> None:
    event = make_event(headline="Concert", state="public")

    pages = [html_of(client, path) for path in ("/", event.get_absolute_url(), "/accounts/login/", "/api/v1/")]

    assert [page.count("Event manager") for page in pages] == [0, 0, 0, 0]
    assert "<title>Concert · Jazz &amp; Soul</title>" in pages[1]
    assert '<meta property="og:site_name" content="Jazz &amp; Soul">' in pages[1]
    assert '<span class="brand-name">Jazz &amp; Soul</span>' in pages[1]


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_site")
@pytest.mark.parametrize(("language", "label"), [("en", "Privacy"), ("de", "Datenschutz")])
def test_footer_has_the_links_in_the_readers_language(client: Client, language: str, label: str) -> None:
    page = client.get("/accounts/signup/", headers={"Accept-Language": language}).content.decode()

    assert footer_of(page) == [("https://a.example/p", label), ("mailto:us@a.example", "Help")]
    assert page.count("https://a.example/p") == 2  # in the footer and beside the form


@pytest.mark.django_db
def test_footer_has_no_links_by_default(client: Client) -> None:
    page = html_of(client, "/")

    assert footer_of(page) == []
    assert "site.css" not in page


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_site")
def test_accent_comes_from_a_stylesheet_after_that_of_all_pages(client: Client) -> None:
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html_of(client, "/"))
    response = client.get("/site.css")

    assert sheets.index("/site.css?0057b8") == sheets.index("/static/css/base.css") + 1
    assert "--accent: light-dark(#0057b8, #8fbdfe);" in response.content.decode()
    assert (response["Content-Type"], response["Cache-Control"]) == ("text/css; charset=utf-8", "public, max-age=86400")


@pytest.mark.usefixtures("_own_site")
def test_manifest_and_icon_have_name_and_accent(client: Client) -> None:
    manifest = client.get("/site.webmanifest").json()

    assert (manifest["name"], manifest["theme_color"]) == ("Jazz & Soul", "#0057b8")
    assert [icon["src"] for icon in manifest["icons"]] == ["/site-icon.svg?0057b8"]
    assert 'fill="#0057b8"' in client.get(manifest["icons"][0]["src"]).content.decode()


@pytest.mark.usefixtures("_own_site")
def test_admin_has_name_and_accent(admin_client: Client) -> None:
    page = html_of(admin_client, "/admin/")

    assert 'href="/site-admin.css?0057b8"' in page
    assert "--primary: light-dark(#0057b8, " in client_text(admin_client, "/site-admin.css")


def client_text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("path", ["/site.css", "/site-admin.css"])
def test_stylesheets_are_empty_without_an_accent(client: Client, path: str) -> None:
    assert client_text(client, path) == ""


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_site")
def test_emails_have_name_accent_and_links(organiser: User, at: datetime) -> None:
    write_mail(AccountMail.Kind.VERIFY, user=organiser, address=organiser.email, at=at)

    mail = compose_account_mail(AccountMail.objects.get(), at=at)

    assert mail is not None
    html = str(mail.alternatives[0][0])
    assert ">Jazz &amp; Soul</a>" in html
    assert "background:#0057b8" in html
    assert 'href="https://a.example/p"' in html
    assert "Privacy: https://a.example/p\nHelp: mailto:us@a.example\n" in mail.body
