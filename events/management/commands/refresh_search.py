"""`manage.py refresh_search`: let searches and months find what a previous version wrote, after an upgrade."""

from typing import Any

from django.core.management.base import BaseCommand

from config.database import database_now
from events.models import Event
from events.services import correct_ends, refresh_search_texts


class Command(BaseCommand):
    help = (
        "Rewrite the texts that searches look through, and what months find events by, where another version has "
        "written them. Run it once the previous version has stopped; it can be repeated and interrupted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        refreshed = refresh_search_texts(Event.objects.all())
        self.stdout.write(f"Events refreshed: {refreshed}")
        self.stdout.write(f"Records of ends corrected: {correct_ends(at=database_now())}")
