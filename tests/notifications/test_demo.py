"""Test the demo data of the first start."""

from collections import Counter
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from events.models import Event, Reminder, Subscription
from notifications.delivery.sweeper import sweep
from notifications.demo import load_demo
from notifications.models import Notification

pytestmark = pytest.mark.django_db


def test_demo_is_two_people_with_events_of_every_kind(at: datetime) -> None:
    demo = load_demo(at=at)

    assert demo is not None
    assert set(User.objects.values_list("username", "email")) == {
        ("olivia", "olivia@example.org"),
        ("sam", "sam@example.org"),
    }
    assert demo.event_count == Event.objects.count() == 11
    assert Counter(Event.objects.values_list("author__username", "state")) == {
        ("olivia", "public"): 8,
        ("olivia", "private"): 1,
        ("olivia", "draft"): 1,
        ("sam", "public"): 1,
    }
    assert Counter(Event.objects.values_list("all_day", flat=True)) == {False: 7, True: 4}
    assert Event.objects.values("time_zone").distinct().count() == 7
    assert Counter(Subscription.objects.values_list("user__username", flat=True)) == {"sam": 5, "olivia": 1}


def test_demo_passwords_log_in(at: datetime) -> None:
    demo = load_demo(at=at)

    assert demo is not None
    assert demo.organiser.user.check_password(demo.organiser.password)
    assert demo.subscriber.user.check_password(demo.subscriber.password)
    assert demo.organiser.password != demo.subscriber.password


def test_first_reminder_comes_after_half_a_minute(at: datetime) -> None:
    demo = load_demo(at=at)

    assert demo is not None
    assert demo.reminder_at == at + timedelta(seconds=30)
    assert Reminder.objects.order_by("due_at").values_list("due_at", flat=True)[0] == demo.reminder_at
    sweep(clock=lambda: demo.reminder_at - timedelta(seconds=1))
    assert not Notification.objects.exists()
    sweep(clock=lambda: demo.reminder_at)
    assert Notification.objects.get().recipient == demo.subscriber.user


@pytest.mark.parametrize("hours", range(0, 24 * 370, 167))
def test_demo_loads_at_any_time_of_the_year(at: datetime, hours: int) -> None:
    assert load_demo(at=at + timedelta(hours=hours)) is not None


def test_demo_leaves_a_database_with_a_user_alone(stranger: User, at: datetime) -> None:
    assert load_demo(at=at) is None
    assert list(User.objects.all()) == [stranger]


def test_command_prints_the_logins_once() -> None:
    outputs = []
    for _ in range(2):
        output = StringIO()
        call_command("load_demo", stdout=output)
        outputs.append(output.getvalue())

    first, second = outputs
    assert first.count("@example.org") == 2
    assert second == "The database isn’t empty; demo not loaded.\n"
    password = first.split("sam@example.org")[1].split("password ")[1].split()[0]
    assert User.objects.get(username="sam").check_password(password)
