"""Test reporting events over the API."""

import pytest

from accounts.models import User
from events.models import EventReport
from tests.makers import Api, MakeEvent

pytestmark = pytest.mark.django_db


def test_report_is_sent_once(api: Api, stranger: User, make_event: MakeEvent) -> None:
    client, url = api(stranger), f"/api/v1/events/{make_event().pk}/report/"

    answers = [client.post(url, {"reason": "spam", "text": "Posted twice"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 409]
    assert answers[1].json()["code"] == "already_reported"
    report = EventReport.objects.get()
    assert (report.reporter, report.reason, report.text) == (stranger, "spam", "Posted twice")


def test_unknown_reason_is_refused(api: Api, stranger: User, make_event: MakeEvent) -> None:
    answer = api(stranger).post(f"/api/v1/events/{make_event().pk}/report/", {"reason": "boring"})

    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"reason"}


def test_own_event_is_refused(api: Api, organiser: User, make_event: MakeEvent) -> None:
    answer = api(organiser).post(f"/api/v1/events/{make_event().pk}/report/", {"reason": "spam"})

    assert (answer.status_code, answer.json()["code"]) == (409, "own_event")


def test_private_event_is_found_with_its_invite_only(api: Api, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="private")
    url = f"/api/v1/events/{event.pk}/report/"

    assert api(stranger).post(url, {"reason": "spam"}).status_code == 404
    assert api(stranger).post(f"{url}?invite={event.invite_token}", {"reason": "spam"}).status_code == 204


def test_anonymous_report_is_refused(api: Api, make_event: MakeEvent) -> None:
    assert api().post(f"/api/v1/events/{make_event().pk}/report/", {"reason": "spam"}).status_code == 401
