"""Test duplicating an event, and resetting its invite."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client

from accounts.models import User
from events.exceptions import NotAuthor
from events.forms import copy_of
from events.models import Event
from events.services import renew_invite
from tests.makers import MakeEvent
from tests.pages import html_of

pytestmark = pytest.mark.django_db

START = datetime(2027, 3, 5, 18, 0, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (START - timedelta(days=30), date(2027, 3, 12)),
        (START, date(2027, 3, 12)),
        (START + timedelta(days=6), date(2027, 3, 12)),
        (START + timedelta(days=7), date(2027, 3, 19)),
        (START + timedelta(days=8), date(2027, 3, 19)),
    ],
)
def test_copy_is_on_the_same_weekday_a_week_later_and_ahead(make_event: MakeEvent, moment: datetime, day: date) -> None:
    ends_at = START + timedelta(hours=8)
    event = make_event(starts_at=START, ends_at=ends_at, time_zone="UTC", at=START - timedelta(days=40))

    copy = copy_of(event, at=moment)

    assert (copy["start_date"], copy["start_time"]) == (day, time(18, 0))
    assert (copy["end_date"], copy["end_time"]) == (day + timedelta(days=1), time(2, 0))
    assert "revision" not in copy


def test_duplicating_fills_the_form_and_posts_another_event(
    client: Client, organiser: User, make_event: MakeEvent
) -> None:
    event = make_event(actor=organiser, headline="Concert", location="Rome")
    client.force_login(organiser)
    url = f"/events/{event.pk}/duplicate/"

    page = html_of(client, url)
    sent = {
        "headline": "Concert II",
        "start_date": "2030-12-06",
        "start_time": "18:00",
        "time_zone": "UTC",
        "state": "draft",
    }
    response = client.post(url, sent)

    assert 'name="headline" value="Concert"' in page
    copy = Event.objects.exclude(pk=event.pk).get()
    assert response["Location"] == copy.get_absolute_url()
    assert (copy.headline, copy.author, copy.subscriber_count) == ("Concert II", organiser, 0)
    assert Event.objects.get(pk=event.pk).headline == "Concert"


def test_renewed_invite_ends_the_old_link(client: Client, organiser: User, make_event: MakeEvent) -> None:
    event = make_event(actor=organiser, state="private")
    client.force_login(organiser)

    response = client.post(f"/events/{event.pk}/invite/")

    renewed = Event.objects.get(pk=event.pk)
    assert response["Location"] == event.get_absolute_url()
    assert renewed.revision == event.revision
    client.logout()
    assert client.get(f"/events/{event.pk}/?invite={event.invite_token}").status_code == 404
    assert client.get(f"/events/{event.pk}/?invite={renewed.invite_token}").status_code == 200


def test_only_the_organiser_renews_the_invite(subscriber: User, make_event: MakeEvent) -> None:
    event = make_event(state="private")

    with pytest.raises(NotAuthor):
        renew_invite(event, actor=subscriber)
