"""Test the queue of reports in the admin."""

from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event, EventReport
from events.services import delete_event, report_event, resolve_reports
from tests.admin import as_staff, run_action
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of, messages_of, words

REPORTS = "/admin/events/eventreport/"


@pytest.fixture
def reports(make_event: MakeEvent, make_user: MakeUser, at: datetime) -> list[EventReport]:
    """Return reports: two about one event, one about another, and one that is resolved."""
    one, other = make_event(headline="One"), make_event(headline="Other")
    made = [
        report_event(event, actor=make_user(f"reader{number}"), at=at, reason="spam", text="Posted twice")
        for number, event in enumerate([one, other, one, other])
    ]
    resolve_reports(EventReport.objects.filter(pk=made[3].pk), at=at, outcome="dismissed")
    return made


def listed(client: Client, query: str = "") -> list[int]:
    return [row.pk for row in client.get(f"{REPORTS}{query}").context["cl"].result_list]


def test_open_reports_come_first_the_oldest_on_top(admin_client: Client, reports: list[EventReport]) -> None:
    pks = [report.pk for report in reports]

    assert listed(admin_client) == pks[:3]
    assert listed(admin_client, "?state=resolved") == pks[3:]
    assert listed(admin_client, "?state=all") == pks[::-1]


def test_list_says_how_many_are_open_for_each_event(admin_client: Client, reports: list[EventReport]) -> None:
    rows = admin_client.get(REPORTS).context["cl"].result_list

    assert [(row.event.headline, row.open_count) for row in rows] == [("One", 2), ("Other", 1), ("One", 2)]


def test_reports_are_listed_at_a_constant_number_of_queries(
    admin_client: Client,
    make_event: MakeEvent,
    make_user: MakeUser,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 50):
        while EventReport.objects.count() < count:
            reader = make_user(f"reader{EventReport.objects.count()}")
            report_event(make_event(), actor=reader, at=at, reason="spam")
        with django_assert_num_queries(6):  # session, user, count, rows, events, reporters
            assert len(listed(admin_client)) == count


def test_page_leads_to_what_can_be_done(admin_client: Client, reports: list[EventReport], organiser: User) -> None:
    event = reports[0].event

    page = html_of(admin_client, f"{REPORTS}{reports[0].pk}/change/")

    for link in (
        f"/admin/events/event/{event.pk}/cancel/",
        f"/admin/accounts/user/{organiser.pk}/suspend/",
        event.get_absolute_url(),
    ):
        assert f'href="{link}"' in page
    assert "2 reports about this event are open. They’re resolved together." in words(page)


@pytest.mark.parametrize(("button", "outcome"), [("dismiss", "dismissed"), ("settle", "acted")])
def test_page_resolves_all_open_reports_about_its_event(
    admin_client: Client, reports: list[EventReport], button: str, outcome: str
) -> None:
    done = admin_client.post(f"{REPORTS}{reports[0].pk}/resolve/", {button: "1"}, follow=True)

    assert messages_of(done) == ["2 reports resolved."]
    assert listed(admin_client) == [reports[1].pk]
    outcomes = EventReport.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == [outcome, "", outcome, "dismissed"]
    assert LogEntry.objects.count() == 2


def test_many_reports_are_resolved_at_as_many_queries_as_two(
    admin_client: Client, make_event: MakeEvent, make_user: MakeUser, at: datetime
) -> None:
    counts = []
    for number in (2, 20):
        event = make_event()
        for each in range(number):
            report = report_event(event, actor=make_user(f"reader{number}-{each}"), at=at, reason="spam")
        with CaptureQueriesContext(connection) as queries:
            admin_client.post(f"{REPORTS}{report.pk}/resolve/", {"dismiss": "1"})
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert LogEntry.objects.count() == 2 + 20


def test_list_resolves_what_is_selected(admin_client: Client, reports: list[EventReport]) -> None:
    assert run_action(admin_client, REPORTS, "dismiss_reports", reports[0]) == ["1 report resolved."]
    assert run_action(admin_client, REPORTS, "settle_reports", reports[1]) == ["1 report resolved."]

    outcomes = EventReport.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["dismissed", "acted", "", "dismissed"]


def test_deleting_the_event_in_the_admin_resolves_its_reports(admin_client: Client, reports: list[EventReport]) -> None:
    admin_client.post(f"/admin/events/event/{reports[0].event_id}/delete/", {"post": "yes"})

    assert listed(admin_client) == [reports[1].pk]


def test_report_about_a_deleted_event_is_still_shown(
    admin_client: Client, reports: list[EventReport], organiser: User, at: datetime
) -> None:
    event = reports[1].event
    delete_event(event, actor=organiser, at=at)

    page = html_of(admin_client, f"{REPORTS}{reports[1].pk}/change/")

    assert f'href="{event.get_absolute_url()}"' not in page
    assert f"/admin/events/event/{event.pk}/cancel/" not in page


def test_first_page_counts_and_links_the_open_ones(admin_client: Client, reports: list[EventReport]) -> None:
    assert f'<a href="{REPORTS}">3</a>' in html_of(admin_client, "/admin/")


def test_first_page_counts_them_for_staff_who_see_nothing_else(
    client: Client, stranger: User, reports: list[EventReport]
) -> None:
    client.force_login(as_staff(stranger, "view_eventreport"))

    page = html_of(client, "/admin/")

    assert f'<a href="{REPORTS}">3</a>' in page
    assert "sweep-health" not in page


def test_staff_who_may_only_view_resolve_nothing(client: Client, stranger: User, reports: list[EventReport]) -> None:
    stranger.is_staff = True
    stranger.save()
    stranger.user_permissions.set(Permission.objects.filter(codename="view_eventreport"))
    client.force_login(stranger)

    page = words(html_of(client, f"{REPORTS}{reports[0].pk}/change/"))
    answer = client.post(f"{REPORTS}{reports[0].pk}/resolve/", {"dismiss": "1"})
    run_action(client, REPORTS, "dismiss_reports", reports[0])

    assert "Mark as resolved" not in page
    assert answer.status_code == 403
    assert Event.objects.count() == 2
    assert EventReport.objects.unresolved().count() == 3
