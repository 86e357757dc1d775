"""Test hostile texts outside of pages: in calendar files, previews of links, delivery reports and sockets."""

import json

import pytest
from django.utils import timezone
from icalendar import Calendar

from accounts.models import User
from events.calendars.writer import write_calendar
from events.models import Event
from notifications.feed.push import notifications_frame, payload
from notifications.models import Notification
from tests.attacks.conftest import Stage, undone
from tests.attacks.payloads import LINES, MARKUP, PAYLOADS
from tests.attacks.test_payloads import attacks_in, notification_of

pytestmark = pytest.mark.django_db

# One report's worth of texts, and the rest.
PROOF_ROWS = 90
# What a row could contain: texts that the services accept, and more.
TEXTS = [text.replace("\0", "").encode(errors="replace").decode()[:2_000] for text in PAYLOADS if text != "\0"]
TITLES = [" ".join(text.split())[:200] for text in TEXTS]


def file_of(event: Event) -> str:
    written = write_calendar([event], url_of=lambda _: "https://example.org/events/1/", leads_of=lambda _: [60])
    return written.decode().replace("\r\n ", "")


def properties(file: str) -> list[str]:
    """Return the name and the parameters' names of each line, as simple programs would parse it."""
    return [line.partition(":")[0].partition(";")[0] for line in file.replace("\r", "\n").split("\n") if line]


def test_calendar_files_have_the_lines_that_we_write_and_no_other(stage: Stage) -> None:
    event, found = stage.events["public"], []
    event.headline = event.location = event.description = "Concert"
    lines = properties(file_of(event))

    for text in TEXTS:
        event.headline = event.location = event.description = text
        file = file_of(event)
        [shown] = Calendar.from_ical(file).walk("VEVENT")
        if properties(file).count("END") != 3 or len(shown.walk("VALARM")) != 1 or "ATTENDEE" in shown:
            found.append((text[:60], "a component of its own"))
        if properties(file) != lines:
            found.append((text[:60], str(sorted(set(properties(file)) - set(lines)))))

    assert found == []


def test_calendar_files_bring_titles_back_as_they_were(stage: Stage) -> None:
    event, changed = stage.events["public"], []
    for title in TITLES:
        event.headline = event.location = title
        [shown] = Calendar.from_ical(file_of(event)).walk("VEVENT")
        if [str(shown["SUMMARY"]), str(shown["LOCATION"])] != [title] * 2:
            changed.append((title[:60], str(shown["SUMMARY"])[:60]))

    assert changed == []


def test_frames_of_the_feed_carry_notifications_unchanged(stage: Stage, subscriber: User) -> None:
    wrong = []
    for number, text in enumerate(TEXTS):
        row = notification_of(subscriber, text, at=timezone.now(), number=number)
        row.headline = row.location = text
        row.pk = number
        frame = notifications_frame([payload(row)], unread=1)
        [read] = json.loads(frame)["notifications"]
        if (read["headline"], read["location"], read["detail"]["text"]) != (text, text, text) or "\n" in frame:
            wrong.append(text[:60])

    assert wrong == []


def test_reports_of_delivery_show_hostile_messages_as_text(stage: Stage) -> None:
    event, client, at, found = stage.events["public"], stage.clients["organiser"], timezone.now(), []
    for start in range(0, len(TEXTS), PROOF_ROWS):
        event.announcements.all().delete()
        Notification.objects.filter(recipient=event.author).delete()
        for number, text in enumerate(TEXTS[start : start + PROOF_ROWS]):
            row = notification_of(event.author, text, at=at, number=number)
            row.event, row.headline, detail = event, event.headline, row.detail
            announcement = event.announcements.create(kind=row.kind, created_at=at, last_subscription_id=0, **detail)
            row.source = f"announcement:{announcement.pk}"
            row.save()
        response = client.get(f"/events/{event.pk}/delivery/")
        found += attacks_in(response)
        # One more row is the reminder that the stage sets up.
        assert response.content.count(b'class="proof-row"') == len(TEXTS[start : start + PROOF_ROWS]) + 1

    assert found == []


def test_cancellations_take_hostile_reasons_as_text(stage: Stage) -> None:
    client, event, found, sent = stage.clients["organiser"], stage.events["public"], [], []
    for text in TEXTS:
        with undone():
            response = client.post(f"/events/{event.pk}/cancel/", {"reason": text})
            if response.status_code == 302:
                sent.append(event.announcements.get().text)
            else:
                found += [(text[:60], attack) for attack in attacks_in(response)]

    assert found == []
    assert len(sent) >= 60


@pytest.mark.parametrize("path", ["/accounts/profile/", "/accounts/signup/"])
def test_forms_about_people_show_hostile_names_as_text(stage: Stage, path: str) -> None:
    client = stage.clients["anonymous" if "signup" in path else "stranger"]
    found = []
    for text in [*MARKUP, *LINES]:
        sent = {"username": text, "email": text, "time_zone": text, "password": "x"}
        response = client.post(path, sent)
        found += [(text[:60], attack) for attack in attacks_in(response)]
        assert response.status_code == 200

    assert found == []
