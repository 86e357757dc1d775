"""Test where logins lead back to: the offers on pages, the redirects of pages that need a login, and `next` itself."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from tests.conftest import PASSWORD
from tests.makers import MakeEvent

LOGIN, SIGNUP, LOGOUT, RESET = "/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/accounts/password-reset/"
NEWCOMER = {"email": "new@example.org", "username": "newcomer", "password": PASSWORD, "time_zone": "UTC"}
# Neither other sites, nor what logs in or out.
USELESS = [
    "https://evil.example/",
    "//evil.example/",
    "javascript:alert(1)",
    LOGIN,
    f"{LOGIN}?next=/events/mine/",
    "/accounts/login",
    "/accounts/%6Cogin/",
    f"http://testserver{LOGOUT}",
    LOGOUT,
    SIGNUP,
    RESET,
    "/accounts/language/",
    "",
]


def offers(page: str, url: str) -> list[str]:
    """Return where the links to this page on the way to a login lead back to; an empty string for home."""
    links = [urlsplit(unescape(link)) for link in re.findall(r'<a [^>]*href="([^"]*)"', page)]
    return [parse_qs(link.query).get("next", [""])[0] for link in links if link.path == url]


def log_in(client: Client, url: str, user: User) -> str:
    """Log in on the page at this URL, and return where that leads to."""
    page = client.get(url).content.decode()
    [wanted] = re.findall(r'name="next" value="([^"]*)"', page.split("<main")[1])
    inputs: dict[str, Any] = {"username": user.email, "password": PASSWORD, "next": unescape(wanted)}
    return client.post(url, inputs)["Location"]


# Offers


def test_pages_offer_a_login_and_a_sign_up_that_lead_back_to_them(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    for url in ("/people/organiser/?when=past", f"/events/{event.pk}/?invite={event.invite_token}", "/api/docs/feed/"):
        page = client.get(url).content.decode()

        assert set(offers(page, LOGIN)) == {url}
        assert set(offers(page, SIGNUP)) <= {url}


def test_home_needs_no_next(client: Client, db: None) -> None:
    page = client.get("/").content.decode()

    assert (set(offers(page, LOGIN)), set(offers(page, SIGNUP))) == ({""}, {""})


def test_page_that_is_not_found_offers_the_same_whether_there_is_an_event_or_not(
    client: Client, make_event: MakeEvent
) -> None:
    hidden = make_event(state="private").get_absolute_url()

    here, nowhere = client.get(f"{hidden}?invite=wrong"), client.get("/events/987654/?invite=wrong")

    assert (here.status_code, nowhere.status_code) == (404, 404)
    assert set(offers(here.content.decode(), LOGIN)) == {f"{hidden}?invite=wrong"}
    said = [re.findall("<main.*</main>", page.content.decode(), re.DOTALL)[0] for page in (here, nowhere)]
    assert said[0] == said[1].replace("/events/987654/", hidden)


def test_next_is_passed_on_from_page_to_page(client: Client, db: None) -> None:
    wanted = "/events/5/?invite=a&b=c"
    for url, further in ((LOGIN, [SIGNUP, RESET]), (SIGNUP, [LOGIN]), (RESET, [LOGIN])):
        for page in (client.get(url, {"next": wanted}), client.post(f"{url}?next={quote(wanted)}", {"email": "no"})):
            for link in further:
                assert set(offers(page.content.decode(), link)) == {wanted}


@pytest.mark.parametrize("wanted", USELESS)
def test_next_that_leads_nowhere_is_not_passed_on(client: Client, db: None, wanted: str) -> None:
    page = client.get(LOGIN, {"next": wanted}).content.decode()

    assert 'name="next"' not in page.split("<main")[1]
    assert set(offers(page, SIGNUP)) == {""}


# Coming back


@pytest.mark.parametrize("url", [LOGIN, SIGNUP])
@pytest.mark.parametrize("wanted", USELESS)
def test_logging_in_leads_home_rather_than_to_another_site_or_round_in_circles(
    client: Client, organiser: User, url: str, wanted: str
) -> None:
    inputs = {LOGIN: {"username": organiser.email, "password": PASSWORD}, SIGNUP: NEWCOMER}[url]

    response = client.post(url, inputs | {"next": wanted})

    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("url", [LOGIN, SIGNUP])
@pytest.mark.parametrize("wanted", USELESS)
def test_who_is_logged_in_is_led_home_rather_than_round_in_circles(
    organiser_client: Client, url: str, wanted: str
) -> None:
    response = organiser_client.get(url, {"next": wanted})

    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("has_invite", [True, False])
def test_link_to_a_private_event_leads_through_the_login_back_to_it(
    client: Client, subscriber: User, subscribed_event: Event, has_invite: bool
) -> None:
    Event.objects.filter(pk=subscribed_event.pk).update(state=Event.State.PRIVATE)
    token = Event.objects.get(pk=subscribed_event.pk).invite_token
    url = subscribed_event.get_absolute_url() + f"?invite={token}" * has_invite
    [wanted] = set(offers(client.get(url).content.decode(), LOGIN))

    reached = log_in(client, f"{LOGIN}?next={quote(wanted)}", subscriber)

    assert reached == url
    assert client.get(reached).status_code == 200


def test_invite_leads_through_the_sign_up_back_to_the_event(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    url = f"{event.get_absolute_url()}?invite={event.invite_token}"
    [login] = set(offers(client.get(url).content.decode(), LOGIN))
    [wanted] = set(offers(client.get(LOGIN, {"next": login}).content.decode(), SIGNUP))

    response = client.post(f"{SIGNUP}?next={quote(wanted)}", NEWCOMER | {"next": wanted})

    assert response["Location"] == url
    assert "Subscribe" in client.get(url).content.decode()


# Pages that need a login


def test_form_that_is_sent_without_a_login_leads_back_to_its_page(client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private").get_absolute_url()
    for url, page, led_to in (
        ("/events/new/", "/events/new/", "/events/new/"),
        (f"{event}edit/", f"{event}edit/", f"{event}edit/"),
        (f"{event}announce/", None, f"{event}announce/"),
        (f"{event}publish/", event, event),
        (f"{event}subscribe/", f"{event}subscribe/", event),  # a page with errors, which cannot be opened
        ("/notifications/read/", "/notifications/?before=7#n7", "/notifications/?before=7"),
        ("/accounts/sessions/end-others/", "https://evil.example/", "/accounts/sessions/end-others/"),
        ("/notifications/test/", "http://testserver//evil.example/", "/%2Fevil.example/"),
    ):
        headers = {"referer": page if page is None or "://" in page else f"http://testserver{page}"}

        response = client.post(url, headers={name: value for name, value in headers.items() if value})

        assert (response.status_code, response["Location"]) == (302, f"{LOGIN}?next={quote(led_to)}"), url


def test_form_that_has_expired_leads_back_to_its_page(organiser: User, make_event: MakeEvent) -> None:
    event = make_event().get_absolute_url()
    visitor, client = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    client.force_login(organiser)
    for url, page in (("/events/new/", "/events/new/"), (f"{event}publish/", event), (LOGOUT, "/subscriptions/")):
        headers = {"referer": f"http://testserver{page}"}

        by_visitor = visitor.post(url, headers=headers).content.decode()
        by_organiser = client.post(url, headers=headers).content.decode()

        for answer in (by_visitor, by_organiser):
            assert f'<a class="button button-primary" href="{page}">Back to the form</a>' in answer
            assert f'data-kept-at="{page}"' in answer
        if url != LOGOUT:
            assert set(offers(by_visitor, LOGIN)) == {page}
        assert offers(by_organiser.split("<main")[1].split("</main>")[0], LOGIN) == []
