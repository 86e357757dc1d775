"""`manage.py refresh_search`: let searches find what the previous version wrote, as the last step of an upgrade."""

from typing import Any

from django.core.management.base import BaseCommand

from events.models import Event
from events.services import refresh_search_texts


class Command(BaseCommand):
    help = (
        "Rewrite the texts that searches look through, where another version has written them. Run it once the "
        "previous version has stopped; it can be repeated and interrupted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        refreshed = refresh_search_texts(Event.objects.all())
        self.stdout.write(f"Events refreshed: {refreshed}")
