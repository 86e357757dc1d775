"""`manage.py check_heartbeat`: check that sweeps are running, for the health checks of worker and sweeper."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from config.database import database_now
from notifications.delivery.health import STALE_AFTER, heartbeat_age


class Command(BaseCommand):
    help = f"Exit with 0 if a sweep ran within the last {STALE_AFTER.total_seconds():.0f} s, otherwise with 1."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            age = heartbeat_age(database_now())
        except DatabaseError as error:
            raise CommandError("The database can’t be read.") from error
        if age is None:
            raise CommandError("No sweep has run yet.")
        said = f"The last sweep ran {max(0, age.total_seconds()):.0f} s ago."
        if age > STALE_AFTER:
            raise CommandError(said)
        self.stdout.write(said)
