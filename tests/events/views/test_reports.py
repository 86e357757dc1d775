"""Test the page on which a reader reports an event."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from events.models import Event, EventReport
from events.services import report_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of, messages_of, words

pytestmark = pytest.mark.django_db
GIVEN = {"reason": "misleading", "text": "There is no such hall."}


def url_of(event: Event) -> str:
    return f"/events/{event.pk}/report/"


@pytest.fixture
def event(make_event: MakeEvent) -> Event:
    return make_event()


def test_report_is_sent_from_the_page_that_the_event_links(
    stranger_client: Client, stranger: User, event: Event
) -> None:
    assert f'href="{url_of(event)}"' in html_of(stranger_client, event.get_absolute_url())
    assert "The organiser won’t learn who reported it." in words(html_of(stranger_client, url_of(event)))

    page = stranger_client.post(url_of(event), GIVEN, follow=True)

    assert page.redirect_chain == [(event.get_absolute_url(), 302)]
    assert messages_of(page) == ["Thank you. We’ll look into it."]
    report = EventReport.objects.get()
    assert (report.event, report.reporter) == (event, stranger)
    assert (report.reason, report.text) == ("misleading", "There is no such hall.")


@pytest.mark.parametrize(
    "given", [{}, {"reason": "boring"}, {"reason": "spam", "text": "x" * 2001}, {"reason": "spam", "text": "\0"}]
)
def test_report_that_cannot_be_taken_is_shown_again(
    stranger_client: Client, event: Event, given: dict[str, str]
) -> None:
    response = stranger_client.post(url_of(event), given)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert not EventReport.objects.exists()


def test_open_report_is_shown_instead_of_the_form(
    stranger_client: Client, stranger: User, event: Event, at: datetime
) -> None:
    report_event(event, actor=stranger, at=at, reason="spam")

    page = html_of(stranger_client, url_of(event))
    again = stranger_client.post(url_of(event), GIVEN)

    assert "You’ve already reported this event. We’re looking into it." in words(page)
    assert "<textarea" not in page
    assert "js/forms" not in page
    assert again.context["form"].refusal.code == "already_reported"
    assert EventReport.objects.count() == 1


def test_visitor_logs_in_first_and_comes_back(client: Client, event: Event) -> None:
    assert f'href="{url_of(event)}" rel="nofollow"' in html_of(client, event.get_absolute_url())
    assert client.get(url_of(event))["Location"] == f"/accounts/login/?next={url_of(event)}"


def test_organiser_has_no_link_and_is_refused(client: Client, organiser: User, event: Event) -> None:
    client.force_login(organiser)

    page = client.post(url_of(event), GIVEN, follow=True)

    assert url_of(event) not in html_of(client, event.get_absolute_url())
    assert messages_of(page) == ["This is your own event, so you can’t report it."]
    assert not EventReport.objects.exists()


def test_private_event_is_found_by_those_who_may_see_it(
    stranger_client: Client, client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(state="private")
    subscribe(event, actor=subscriber, at=at, invite=event.invite_token)
    invited = f"{url_of(event)}?invite={event.invite_token}"

    assert stranger_client.get(url_of(event)).status_code == 404
    assert invited in html_of(stranger_client, f"{event.get_absolute_url()}?invite={event.invite_token}")
    sent = stranger_client.post(invited, GIVEN)
    client.force_login(subscriber)

    assert sent["Location"] == f"{event.get_absolute_url()}?invite={event.invite_token}"
    assert client.post(url_of(event), GIVEN)["Location"] == event.get_absolute_url()
    assert EventReport.objects.count() == 2


def test_too_many_reports_are_refused(stranger_client: Client, make_event: MakeEvent, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE, settings.RATE_LIMITS = True, settings.RATE_LIMITS | {"report": "1/h"}

    answers = [stranger_client.post(url_of(make_event()), GIVEN).status_code for _ in range(2)]

    assert answers == [302, 429]
    assert EventReport.objects.count() == 1
