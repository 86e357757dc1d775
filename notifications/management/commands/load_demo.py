"""`manage.py load_demo`: something to look at on the first start."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from notifications.services import load_demo


class Command(BaseCommand):
    help = "Load two people and some events, one of them about to remind; only where there is no user yet."

    def handle(self, *args: Any, **options: Any) -> None:
        demo = load_demo(at=timezone.now())
        if demo is None:
            self.stdout.write("There is data already; no demo was loaded.")
            return
        self.stdout.write(f"  The demo has {demo.event_count} events and two people:")
        for role, login in (("organiser", demo.organiser), ("subscriber", demo.subscriber)):
            self.stdout.write(f"    {role:<12}{login.user.email:<22}password {login.password}")
        self.stdout.write(
            f"  Log in as the subscriber: a reminder arrives at {demo.reminder_at:%H:%M:%S} UTC, "
            "and two more within five minutes.\n"
            "  The passwords are shown this once."
        )
