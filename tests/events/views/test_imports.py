"""Test the pages that import a calendar file: the form and its limits, the plan, the import and its report."""

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from config.web.uploads import FORM_BYTES
from events.calendars import reader
from events.forms import MAX_FILE_BYTES
from events.models import CalendarImport, Event
from events.services import BATCH_SIZE, one_at_a_time, report_of, run_import, subscribe
from events.services.imports import uploads
from tests.events.uploads import calendar_entry, calendar_of, ics, numbered, planned_import
from tests.pages import Response, html_of, main_text, messages_of, words

IMPORT = "/events/import/"
TALK = "SUMMARY:Talk\nDTSTART:20300501T180000Z\nLOCATION:Rome"
WEEKLY = "SUMMARY:Choir\nDTSTART:20300502T180000Z\nRRULE:FREQ=WEEKLY"
UNDATED = "SUMMARY:Undated"
# Session, user, import, upcoming events, events of the file, what vanished, what was imported before, waiting changes,
# people (twice), bell.
PLAN_QUERIES = 11


def upload(client: Client, content: bytes, **options: Any) -> Response:
    file = SimpleUploadedFile("team.ics", content, "text/calendar")
    return client.post(IMPORT, {"file": file, "state": "private"}, **options)


def file_errors(response: Response) -> list[str]:
    return list(response.context["form"].errors.get("file", []))


class Unreadable(io.BytesIO):
    """A body that must not be read."""

    def read(self, *args: Any) -> bytes:
        raise AssertionError("the body was read")


def send_unread(client: Client, length: int) -> Response:
    """Send a body of this length, and fail if it is read."""
    environ: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": Unreadable()}
    return client.post(IMPORT, {}, **environ)


# --- The form ---


def test_file_leads_to_its_plan_and_imports_nothing_yet(organiser_client: Client) -> None:
    response = upload(organiser_client, ics(TALK, WEEKLY, UNDATED), follow=True)

    text = main_text(response)
    assert response.redirect_chain == [(f"{IMPORT}{CalendarImport.objects.get().pk}/", 302)]  # type: ignore[attr-defined]
    assert "Import “Team”?" in text
    assert "2 new" in text
    assert "1 skipped" in text
    assert "No one will be notified." in text
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "This file is empty."),
        (b"Dear all,", "This isn’t an iCalendar file (.ics): line 1 isn’t BEGIN:VCALENDAR."),
        (b"x" * (MAX_FILE_BYTES + 1), "Calendar files can be up to 5 MB."),
        (ics(), "This calendar has no entries."),
    ],
)
def test_file_that_cannot_be_imported_is_refused_beside_the_field(
    organiser_client: Client, content: bytes, error: str
) -> None:
    response = upload(organiser_client, content)

    assert (response.status_code, file_errors(response)) == (200, [error])
    assert not CalendarImport.objects.exists()


def test_form_without_a_file_keeps_the_chosen_visibility(organiser_client: Client) -> None:
    response = organiser_client.post(IMPORT, {"state": "public"})

    assert file_errors(response) == ["Choose a calendar file."]
    assert response.context["form"]["state"].value() == "public"


def test_form_says_that_browsers_forget_the_file(organiser_client: Client) -> None:
    response = organiser_client.post(IMPORT, {"file": SimpleUploadedFile("team.ics", ics(TALK)), "state": "secret"})

    assert "Browsers forget the file, so please choose it again." in main_text(response)


def test_times_without_a_zone_are_those_of_the_organiser(organiser: User, organiser_client: Client) -> None:
    organiser.time_zone = "Asia/Tokyo"
    organiser.save()

    response = upload(organiser_client, ics("SUMMARY:Tea\nDTSTART:20300501T180000"), follow=True)

    assert "Wed 1 May 2030, 18:00 Tokyo time" in main_text(response)


# --- Limits ---


def test_body_that_is_too_long_is_refused_unread(organiser_client: Client) -> None:
    response = send_unread(organiser_client, MAX_FILE_BYTES + FORM_BYTES + 1)

    assert (response.status_code, file_errors(response)) == (200, ["Calendar files can be up to 5 MB."])


def test_body_of_somebody_who_is_not_logged_in_is_not_read(client: Client, db: None) -> None:
    response = send_unread(client, 1_000)

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/events/import/")


def test_body_of_somebody_who_has_uploaded_too_often_is_not_read(organiser_client: Client, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE, settings.RATE_LIMITS = True, settings.RATE_LIMITS | {"import": "1/h"}
    first = organiser_client.post(IMPORT, {"state": "private"})

    second = send_unread(organiser_client, 1_000)

    assert first.status_code == 200
    assert (second.status_code, file_errors(second)) == (429, ["Too many attempts. Please wait a moment."])
    assert 0 < int(second["Retry-After"]) <= 3600


def test_csrf_token_is_checked_once_the_body_may_be_read(organiser: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(organiser)
    token = re.findall(r'name="csrfmiddlewaretoken" value="(.*?)"', html_of(strict, IMPORT))[-1]
    files = {"file": SimpleUploadedFile("team.ics", ics(TALK)), "state": "private"}

    assert upload(strict, ics(TALK)).status_code == 403
    assert strict.post(IMPORT, {**files, "csrfmiddlewaretoken": token}).status_code == 302


def test_second_file_of_a_body_is_refused(organiser_client: Client) -> None:
    one, two = (SimpleUploadedFile(f"{name}.ics", ics(TALK)) for name in ("one", "two"))

    assert organiser_client.post(IMPORT, {"file": one, "other": two}).status_code == 400


def test_file_is_refused_while_the_process_reads_another_one(organiser_client: Client) -> None:
    with one_at_a_time():
        response = upload(organiser_client, ics(TALK))

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert file_errors(response) == ["Another calendar is being imported right now. Please try again in a moment."]
    assert upload(organiser_client, ics(TALK)).status_code == 302


def test_file_that_costs_too_much_is_refused_and_frees_the_process(
    organiser_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(reader, "MAX_SECONDS", 0)
        response = upload(organiser_client, ics(TALK))

    assert file_errors(response) == ["Reading this calendar takes too much time or memory."]
    assert upload(organiser_client, ics(TALK)).status_code == 302


def test_nginx_leads_back_from_a_body_that_it_has_refused(organiser_client: Client) -> None:
    response = organiser_client.get(f"{IMPORT}?too-large")

    assert file_errors(response) == ["Calendar files can be up to 5 MB."]


# --- The plan ---


def path_of(imported: CalendarImport, action: str = "") -> str:
    return f"{IMPORT}{imported.pk}/{action}"


def finish(imported: CalendarImport, at: datetime) -> CalendarImport:
    return run_import(imported, actor=imported.user, clock=lambda: at)


def test_plan_shows_changes_and_what_vanished(
    organiser: User, subscriber: User, organiser_client: Client, at: datetime
) -> None:
    finish(planned_import(organiser, at=at, calendar=numbered(3, at), state="public"), at)
    for event in Event.objects.all():
        subscribe(event, actor=subscriber, at=at)
    moved = calendar_of(calendar_entry("0000", at, location="Milan"), calendar_entry("0001", at, is_cancelled=True))
    imported = planned_import(organiser, at=at, calendar=moved)

    text = words(html_of(organiser_client, path_of(imported)))

    assert "Location before: Rome now: Milan" in text
    assert "1 changed 1 cancelled 1 no longer in the file" in text
    assert "1 person will be notified of changes and cancellations." in text
    assert "Cancel this event, too" in text


def test_plan_names_the_rule_of_what_repeats(organiser: User, organiser_client: Client, at: datetime) -> None:
    weekly = calendar_of(calendar_entry("1", at, recurrence="every week"))

    text = words(html_of(organiser_client, path_of(planned_import(organiser, at=at, calendar=weekly))))

    assert "every week – first date only, for now" in text
    assert "Repeating: first date only, for now 1" in text


def test_long_sections_show_a_hundred_rows_and_how_many_more_there_are(
    organiser: User, organiser_client: Client, at: datetime
) -> None:
    imported = planned_import(organiser, at=at, calendar=numbered(102, at))

    page = html_of(organiser_client, path_of(imported))

    assert page.count("<h3") == 100
    assert "and 2 more, which are in the downloadable list" in words(page)


def test_plan_without_anything_to_import_cannot_be_confirmed(
    organiser: User, organiser_client: Client, at: datetime
) -> None:
    finish(planned_import(organiser, at=at), at)

    page = html_of(organiser_client, path_of(planned_import(organiser, at=at)))

    assert "There is nothing to import" in page
    assert 'id="confirm"' not in page


@pytest.mark.parametrize("number", [1, 3])
def test_plan_has_the_same_queries_whatever_its_length(
    organiser: User,
    subscriber: User,
    organiser_client: Client,
    at: datetime,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    finish(planned_import(organiser, at=at, calendar=numbered(2 * number, at), state="public"), at)
    for event in Event.objects.all():
        subscribe(event, actor=subscriber, at=at)
    imported = planned_import(organiser, at=at, calendar=numbered(number, at, location="Milan"))
    html_of(organiser_client, "/")

    with django_assert_num_queries(PLAN_QUERIES):
        html_of(organiser_client, path_of(imported))


@pytest.mark.parametrize("action", ["", "import.csv", "run/", "stop/"])
def test_import_of_somebody_else_is_not_found(
    organiser: User, stranger_client: Client, at: datetime, action: str
) -> None:
    path = path_of(planned_import(organiser, at=at), action)

    response = stranger_client.post(path) if action in {"run/", "stop/"} else stranger_client.get(path)

    assert response.status_code == 404


def test_import_that_has_expired_is_not_found(organiser: User, organiser_client: Client, at: datetime) -> None:
    imported = planned_import(organiser, at=at - timedelta(days=2))

    assert organiser_client.get(path_of(imported)).status_code == 404


def test_plan_of_another_version_leads_back_to_the_form(
    organiser: User, organiser_client: Client, at: datetime
) -> None:
    imported = planned_import(organiser, at=at)
    CalendarImport.objects.update(calendar=uploads.gzip.compress(b"[]"))

    for action in ("", "import.csv"):
        response = organiser_client.get(path_of(imported, action), follow=True)

        assert messages_of(response) == ["This site was updated after you uploaded the file. Please upload it again."]


# --- The import and its report ---


def test_confirmed_import_shows_its_report(organiser: User, organiser_client: Client, at: datetime) -> None:
    imported = planned_import(organiser, at=at)

    response = organiser_client.post(path_of(imported, "run/"), follow=True)

    event = Event.objects.get()
    assert "Imported “Team”" in main_text(response)
    assert f'<a href="/events/{event.pk}/">Title 0000</a>' in response.content.decode()


def test_import_that_takes_long_can_be_continued(
    organiser: User, organiser_client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RUN_FOR", timedelta(microseconds=1))
    imported = planned_import(organiser, at=at, calendar=numbered(BATCH_SIZE + 1, at))

    first = organiser_client.post(path_of(imported, "run/"), follow=True)
    second = organiser_client.post(path_of(imported, "run/"), follow=True)

    assert "50 of 51 done" in main_text(first)
    assert "Continue importing" in main_text(first)
    assert "Imported “Team”" in main_text(second)
    assert Event.objects.count() == BATCH_SIZE + 1


def boxes(page: str, name: str) -> list[str]:
    """Return the values of the boxes with this name."""
    return re.findall(rf'<input type="checkbox" name="{name}" value="(.*?)"', page)


@pytest.mark.parametrize(("name", "cancelled"), [("cancel", 1), ("cancel_all", 2)])
def test_what_vanished_is_cancelled_if_its_box_is_ticked(
    organiser: User, organiser_client: Client, at: datetime, name: str, cancelled: int
) -> None:
    finish(planned_import(organiser, at=at, calendar=numbered(3, at), state="public"), at)
    imported = planned_import(organiser, at=at)

    value = boxes(html_of(organiser_client, path_of(imported)), name)[0]
    organiser_client.post(path_of(imported, "run/"), {name: value})

    assert Event.objects.filter(cancelled_at__isnull=False).count() == cancelled


def test_what_vanishes_after_the_page_was_shown_is_not_cancelled(
    organiser: User, organiser_client: Client, at: datetime
) -> None:
    finish(planned_import(organiser, at=at, calendar=numbered(3, at), state="public"), at)
    imported = planned_import(organiser, at=at)
    [value] = boxes(html_of(organiser_client, path_of(imported)), "cancel_all")
    finish(planned_import(organiser, at=at, calendar=numbered(5, at), state="public"), at)

    organiser_client.post(path_of(imported, "run/"), {"cancel_all": value})

    cancelled = Event.objects.filter(cancelled_at__isnull=False).values_list("headline", flat=True)
    assert sorted(cancelled) == ["Title 0001", "Title 0002"]


@pytest.mark.parametrize("name", ["cancel", "cancel_all"])
@pytest.mark.parametrize("chosen", ["x", "0", "9" * 30])
def test_choice_that_is_no_id_is_refused(
    organiser: User, organiser_client: Client, at: datetime, name: str, chosen: str
) -> None:
    response = organiser_client.post(path_of(planned_import(organiser, at=at), "run/"), {name: chosen})

    assert response.status_code == 400
    assert not Event.objects.exists()


def test_import_waits_while_the_process_imports_another_one(
    organiser: User, organiser_client: Client, at: datetime
) -> None:
    imported = planned_import(organiser, at=at)

    with one_at_a_time():
        response = organiser_client.post(path_of(imported, "run/"), follow=True)

    assert messages_of(response) == ["Another calendar is being imported right now. Please try again in a moment."]
    assert not Event.objects.exists()


def test_discarded_plan_leads_back_to_the_form(organiser: User, organiser_client: Client, at: datetime) -> None:
    response = organiser_client.post(path_of(planned_import(organiser, at=at), "stop/"), follow=True)

    assert messages_of(response) == ["Nothing was imported."]
    assert not CalendarImport.objects.exists()


def test_stopped_import_says_how_far_it_came(
    organiser: User, organiser_client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RUN_FOR", timedelta(microseconds=1))
    imported = planned_import(organiser, at=at, calendar=numbered(BATCH_SIZE + 1, at))
    organiser_client.post(path_of(imported, "run/"))

    response = organiser_client.post(path_of(imported, "stop/"), follow=True)

    assert "Stopped: 50 of 51 done." in main_text(response)
    assert len(report_of(CalendarImport.objects.get()).results) == BATCH_SIZE


def test_form_lists_ones_own_last_ten_imports(
    organiser: User, stranger: User, organiser_client: Client, at: datetime
) -> None:
    planned_import(stranger, at=at, calendar=numbered(1, at))
    for number in range(11):
        calendar = calendar_of(calendar_entry("1", at), name=f"Calendar {number}")
        finish(planned_import(organiser, at=at, calendar=calendar), at)

    listed = re.findall(r"<strong dir=\"auto\">(.*?)</strong>", html_of(organiser_client, IMPORT))

    assert listed == [f"Calendar {number}" for number in range(10, 0, -1)]


# --- The table ---


def table(client: Client, path: str) -> list[list[str]]:
    response = client.get(path)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_table_contains_no_formulas(organiser: User, organiser_client: Client, at: datetime, start: str) -> None:
    title = f'{start}HYPERLINK("https://evil.example")'
    imported = planned_import(organiser, at=at, calendar=calendar_of(calendar_entry("1", at, headline=title)))

    _, row = table(organiser_client, path_of(imported, "import.csv"))

    assert row[2] == f"'{title}"


def test_table_lists_everything_with_links(organiser: User, organiser_client: Client, at: datetime) -> None:
    imported = finish(planned_import(organiser, at=at, calendar=numbered(102, at)), at)

    head, *rows = table(organiser_client, path_of(imported, "import.csv"))

    first = Event.objects.get(headline="Title 0000")
    assert head == ["Line", "Result", "Title", "Time", "Repeats", "Changes", "Notes", "Link"]
    assert len(rows) == 102
    assert (rows[0][:3], rows[0][-1]) == (
        ["1", "New events", "Title 0000"],
        f"http://testserver/events/{first.pk}/",
    )
