"""`manage.py load_demo`: load demo data on the first start."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from notifications.demo import load_demo


class Command(BaseCommand):
    help = "Load demo users and events (only into an empty database)."

    def handle(self, *args: Any, **options: Any) -> None:
        demo = load_demo(at=timezone.now())
        if demo is None:
            self.stdout.write("The database isn’t empty; demo not loaded.")
            return
        self.stdout.write(f"  The demo has {demo.event_count} events and two users:")
        for role, login in (("organiser", demo.organiser), ("subscriber", demo.subscriber)):
            self.stdout.write(f"    {role:<12}{login.user.email:<22}password {login.password}")
        self.stdout.write(
            f"  Log in as the subscriber: a reminder will arrive at {demo.reminder_at:%H:%M:%S} UTC, "
            "and two more within five minutes.\n"
            "  These passwords are shown only once. To use the admin, run: .venv/bin/python manage.py createsuperuser"
        )
