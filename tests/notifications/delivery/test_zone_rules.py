"""Test what a sweep does when the rules of time zones have changed, also with real processes that have other rules."""

import shutil
import subprocess
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from accounts.zones import RULES_VERSION, UNKNOWN_RULES, rules_version
from events.models import Event, Reminder
from events.services import subscribe
from events.services.local_times import Times
from notifications.delivery import local_times
from notifications.models import Heartbeat, Notification
from tests.makers import MakeEvent
from tests.notifications.delivery.sweeps import inbox_of, sweep_at
from tools.stage.live import Deployment

HOUR = timedelta(hours=1)
EVENING = datetime(2030, 12, 6, 17, tzinfo=UTC)  # 18:00 in Rome
OLDER, LATER = "2020a", "2099z"


def by_older_rules(event: Event) -> Event:
    """Move an event to the instant that it had by older rules, which put Rome an hour further ahead of UTC."""
    event.starts_at, event.over_at = event.starts_at - HOUR, event.over_at - HOUR
    event.zone_rules, event.local_times_of = OLDER, str(Times.of(event))
    event.save()
    return event


def pending() -> list[tuple[int, datetime | None]]:
    return list(Reminder.objects.order_by("lead").values_list("lead", "due_at"))


@pytest.mark.django_db
def test_sweep_moves_events_and_their_reminders_and_notifies_nobody(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = by_older_rules(make_event(starts_at=EVENING, time_zone="Europe/Rome"))
    subscribe(event, actor=subscriber, at=at, leads=[60, 1440])

    sweep_at(at)

    assert Event.objects.get().starts_at == EVENING
    assert pending() == [(60, EVENING - HOUR), (1440, EVENING - 24 * HOUR)]
    assert inbox_of(subscriber) == []
    assert Heartbeat.objects.get().zone_rules == RULES_VERSION


@pytest.mark.django_db
def test_reminder_that_was_sent_stays_sent_and_names_the_right_time(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    """Two reminders were sent at the former moments. After the move both would have been later."""
    event = by_older_rules(make_event(starts_at=EVENING, time_zone="Europe/Rome"))
    subscribe(event, actor=subscriber, at=at, leads=[60])
    Event.objects.update(zone_rules=RULES_VERSION)
    sweep_at(event.starts_at - HOUR)
    Event.objects.update(zone_rules=OLDER)

    for moment in (event.starts_at - HOUR, EVENING - HOUR, EVENING - HOUR / 2):
        sweep_at(moment)

    assert [kind for kind, _ in inbox_of(subscriber)] == ["reminder"]
    assert Notification.objects.get().starts_at == EVENING


@pytest.mark.django_db
def test_reminder_that_has_passed_by_the_move_is_sent_at_once(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event(starts_at=EVENING, time_zone="Europe/Rome")
    event.starts_at, event.over_at = EVENING + HOUR, EVENING + HOUR
    event.zone_rules, event.local_times_of = OLDER, str(Times.of(event))
    event.save()
    subscribe(event, actor=subscriber, at=at, leads=[60])

    sweep_at(EVENING - HOUR / 2)

    assert [kind for kind, _ in inbox_of(subscriber)] == ["reminder"]


@pytest.mark.django_db
def test_sweep_goes_through_the_events_in_chunks_and_ends(
    make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_times, "CHUNK_SIZE", 2)
    for number in range(5):
        event = make_event(starts_at=EVENING, time_zone="Europe/Rome")
        if number % 2:
            by_older_rules(event)
        else:
            Event.objects.filter(pk=event.pk).update(zone_rules="", starts_local=None, local_times_of="")

    report = sweep_at(at)

    assert report["keep_local_times"] == 5
    assert set(Event.objects.values_list("starts_at", "zone_rules")) == {(EVENING, RULES_VERSION)}
    assert sweep_at(at)["keep_local_times"] == 0


@pytest.mark.django_db
def test_event_whose_zone_is_unknown_here_holds_up_no_other(
    make_event: MakeEvent, at: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    events = [by_older_rules(make_event(starts_at=EVENING, time_zone="Europe/Rome")) for _ in range(3)]
    Event.objects.filter(pk=events[1].pk).update(time_zone="Mars/Olympus")

    report = sweep_at(at)

    assert report["failed"] > 0
    assert list(Event.objects.order_by("pk").values_list("zone_rules", flat=True)) == [
        RULES_VERSION,
        OLDER,
        RULES_VERSION,
    ]


# ---------------------------------------------------------------------------------------- real processes and real rules


@pytest.fixture
def later_rules(tmp_path: Path) -> Path:
    """A folder of rules like the system's, but of a later version, in which Rome is always two hours ahead of UTC."""
    system = next((Path(folder) for folder in zoneinfo.TZPATH if (Path(folder) / "UTC").is_file()), None)
    zic = shutil.which("zic", path="/usr/sbin:/usr/bin:/sbin")
    if system is None or zic is None:
        pytest.skip("the system has no compiled rules, or no zic to compile others")
    folder = tmp_path / "zoneinfo"
    shutil.copytree(system, folder, ignore=shutil.ignore_patterns("posix", "right", "localtime"))
    (folder / "tzdata.zi").write_text(f"# version {LATER}\n")
    (folder / "Europe/Rome").unlink()
    source = tmp_path / "rome"
    source.write_text("Zone Europe/Rome 2:00 - EET\n")
    subprocess.run([zic, "-d", folder, source], check=True)
    return folder


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=()) as deployment:
        yield deployment


POST = """
from datetime import UTC, datetime, timedelta
from accounts.services import create_user
from events.services import create_event, subscribe
at = datetime.now(UTC)
author, reader = (create_user(email=f"{name}@example.org", username=name, password="x" * 12) for name in "ab")
common = {"actor": author, "at": at, "state": "public", "time_zone": "Europe/Rome"}
evening = create_event(headline="evening", starts_at=datetime(2030, 12, 6, 17, tzinfo=UTC), **common)
days = create_event(headline="days", starts_at=datetime(2030, 12, 6, tzinfo=UTC), all_day=True, **common)
for event in (evening, days):
    subscribe(event, actor=reader, at=at, leads=[60])
"""
SHOW = """
from events.models import Event, Reminder
for event in Event.objects.order_by("pk"):
    reminder = Reminder.objects.get(event=event)
    print(f"{event.starts_at:%d %H:%M}", f"{reminder.due_at:%d %H:%M}", event.starts_local, event.zone_rules)
"""


@pytest.mark.live
def test_process_with_later_rules_moves_what_one_with_older_rules_leaves_alone(
    deployment: Deployment, later_rules: Path
) -> None:
    deployment.shell(POST)
    before = deployment.shell(SHOW).splitlines()

    deployment.change(PYTHONTZPATH=str(later_rules))
    deployment.manage("sweep")
    after = deployment.shell(SHOW).splitlines()
    deployment.change(PYTHONTZPATH=":".join(zoneinfo.TZPATH))
    deployment.manage("sweep")

    assert before == [
        f"06 17:00 06 16:00 2030-12-06 18:00:00 {RULES_VERSION}",
        f"05 23:00 06 08:00 2030-12-06 00:00:00 {RULES_VERSION}",
    ]
    assert after == [
        f"06 16:00 06 15:00 2030-12-06 18:00:00 {LATER}",
        f"05 22:00 06 07:00 2030-12-06 00:00:00 {LATER}",
    ]
    assert deployment.shell(SHOW).splitlines() == after


def test_version_of_the_rules_is_that_of_the_first_folder_that_has_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, linux, mac, silent = (tmp_path / name for name in ("empty", "linux", "mac", "silent"))
    for folder in (empty, linux, mac, silent):
        folder.mkdir()
        if folder != empty:
            (folder / "UTC").touch()
    (linux / "tzdata.zi").write_text("# version 2031b\n# This zic input file is in the public domain.\n")
    (mac / "+VERSION").write_text("2031c\n")
    found = {}

    for first in (linux, mac, silent):
        monkeypatch.setattr(zoneinfo, "TZPATH", (str(empty), str(first), str(linux)))
        found[first.name] = rules_version()
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    found["package"] = rules_version()

    package = found.pop("package")
    assert found == {"linux": "2031b", "mac": "2031c", "silent": UNKNOWN_RULES}
    assert package >= "2026a"
