"""Test subscribing on the rows of lists: who is offered it, what it does, how it is undone, and every refusal."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event, Subscription
from events.services import cancel_event, remove_subscriber, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of, messages_of, words


def controls_of(page: str) -> list[tuple[str, str]]:
    """Return the URL and the name of each control on a row."""
    forms = re.findall(
        r'<form class="row-action[^"]*" method="post" action="(.*?)".*?aria-label="(.*?)"', page, re.DOTALL
    )
    return [(url, unescape(name)) for url, name in forms]


def test_rows_offer_to_subscribe_where_the_reader_can(
    stranger_client: Client, stranger: User, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(headline="Jazz & more")
    subscribe(make_event(headline="Subscribed"), actor=stranger, at=at)
    make_event(headline="Own", actor=stranger)
    over = make_event(headline="Over")
    Event.objects.filter(pk=over.pk).update(starts_at=at - timedelta(days=2), over_at=at - timedelta(days=2))
    cancelled = make_event(headline="Cancelled")
    subscribe(cancelled, actor=stranger, at=at)
    cancel_event(cancelled, actor=organiser, at=at)
    offered = [(f"/events/{event.pk}/row/subscribe/", "Subscribe to “Jazz & more”")]

    for url in ("/", "/?q=jazz", "/people/organiser/"):
        assert controls_of(html_of(stranger_client, url)) == offered
    for url in ("/subscriptions/", "/events/mine/", "/?past=1"):
        assert controls_of(html_of(stranger_client, url)) == []
    assert re.search(r'class="pill pill-accent"><svg.*?</svg>Subscribed<', html_of(stranger_client, "/"), re.DOTALL)


def test_rows_of_visitors_have_neither_a_control_nor_a_token(client: Client, make_event: MakeEvent) -> None:
    make_event()

    response = client.get("/")

    assert controls_of(response.content.decode()) == []
    assert b"csrfmiddlewaretoken" not in response.content
    assert b"rows.js" not in response.content
    assert not response.cookies


def test_subscribing_on_a_row_takes_the_default_leads_and_returns_to_the_row(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(headline="Jazz", starts_at=at + timedelta(days=9))
    User.objects.filter(pk=stranger.pk).update(default_leads=[45])
    [form] = re.findall(
        '<form class="row-action row-subscribe".*?</form>', html_of(stranger_client, "/?q=jazz"), re.DOTALL
    )
    [url], [next_url] = re.findall(' action="(.*?)"', form), re.findall('name="next" value="(.*?)"', form)

    response = stranger_client.post(url, {"next": unescape(next_url)})

    assert (response.status_code, response["Location"]) == (302, f"/?q=jazz#e{event.pk}")
    assert Subscription.objects.get(user=stranger, event=event).leads == [45]
    page = html_of(stranger_client, "/?q=jazz")
    assert "You’re subscribed to “Jazz”." in words(page)
    assert "We’ll remind you" in words(page)


def test_row_on_which_the_reader_has_just_subscribed_undoes_it(
    stranger_client: Client, stranger: User, make_event: MakeEvent
) -> None:
    event = make_event(headline="Jazz")
    page = stranger_client.post(f"/events/{event.pk}/row/subscribe/", {"next": "/?q=jazz"}, follow=True)
    undo = (f"/events/{event.pk}/unsubscribe/", "Undo: unsubscribe from “Jazz”")

    assert controls_of(page.content.decode()) == [undo]
    assert controls_of(html_of(stranger_client, "/")) == []
    response = stranger_client.post(undo[0], {"next": f"/?q=jazz#e{event.pk}"})

    assert response["Location"] == f"/?q=jazz#e{event.pk}"
    assert not Subscription.objects.filter(user=stranger).exists()


def test_subscribing_late_on_a_row_says_that_the_reminder_is_on_its_way(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(headline="Jazz", starts_at=at + timedelta(hours=2))
    User.objects.filter(pk=stranger.pk).update(default_leads=[1440])

    response = stranger_client.post(f"/events/{event.pk}/row/subscribe/", {"next": "/"}, follow=True)

    assert messages_of(response) == ["You’re subscribed to “Jazz”. A reminder is on its way."]


def test_row_by_itself_is_the_row_of_the_list(
    stranger_client: Client, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(headline="Jazz", starts_at=at + timedelta(days=3))
    row = re.compile(r'<li class="row".*?</ul>', re.DOTALL)
    [in_list], [url] = (
        row.findall(html_of(stranger_client, "/")),
        re.findall(r'data-row="(.*?)"', html_of(stranger_client, "/")),
    )

    assert unescape(url) == f"/events/{event.pk}/row/?day={event.first_day}"
    assert row.findall(html_of(stranger_client, unescape(url))) == [in_list]
    page = stranger_client.post(f"/events/{event.pk}/row/subscribe/", {"next": unescape(url)}, follow=True)
    assert controls_of(page.content.decode()) == [(f"/events/{event.pk}/unsubscribe/", "Undo: unsubscribe from “Jazz”")]
    assert "We’ll remind you" in page.content.decode()
    assert controls_of(html_of(stranger_client, unescape(url))) == []


def test_row_below_no_day_is_not_found(stranger_client: Client, make_event: MakeEvent) -> None:
    assert stranger_client.get(f"/events/{make_event().pk}/row/?day=soon").status_code == 404


def test_row_of_an_event_that_the_reader_may_not_see_is_not_found(
    stranger_client: Client, make_event: MakeEvent
) -> None:
    url = f"/events/{make_event(state='private').pk}/row/"

    assert stranger_client.get(url).status_code == stranger_client.post(f"{url}subscribe/").status_code == 404


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("cancelled", "cancelled"),
        ("over", "ended"),
        ("subscribed", "already"),
        ("removed", "can’t subscribe"),
    ],
)
def test_refusal_on_a_row_is_a_message(
    stranger_client: Client, stranger: User, organiser: User, make_event: MakeEvent, at: datetime, case: str, said: str
) -> None:
    event = make_event()
    if case == "over":
        Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(days=2), over_at=at - timedelta(days=2))
    if case in {"subscribed", "removed"}:
        subscribe(event, actor=stranger, at=at)
    if case == "removed":
        remove_subscriber(event, actor=organiser, user_id=stranger.pk, at=at)
    if case == "cancelled":
        cancel_event(event, actor=organiser, at=at)

    response = stranger_client.post(
        f"/events/{event.pk}/row/subscribe/", {"next": f"/events/{event.pk}/row/?day="}, follow=True
    )

    [message] = response.context["messages"]
    assert (message.level_tag, said in str(message).lower()) == ("error", True), str(message)
    assert 'id="e' in response.content.decode()
    assert Subscription.objects.filter(user=stranger).exists() == (case == "subscribed")


def test_reader_who_is_logged_out_meanwhile_logs_in_and_is_back_on_the_list(
    client: Client, make_event: MakeEvent
) -> None:
    url = f"/events/{make_event().pk}/row/subscribe/"

    response = client.post(url, {"next": "/?q=jazz"}, headers={"Referer": "http://testserver/?q=jazz"})

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/%3Fq%3Djazz")
