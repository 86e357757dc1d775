"""`manage.py check_heartbeat`: check that delivery, or one kind of process, works, for health checks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import Error as DatabaseError

from config.database import database_now
from notifications.health.processes import Kind, State, expected_kinds
from notifications.health.sweeps import SweepHealth, sweep_health

# Beat has no access to the database. The worker sweeps only when beat asks it to, so its row shows that beat works.
ROWS = {"worker": Kind.WORKER, "beat": Kind.WORKER, "sweeper": Kind.SWEEPER, "mailer": Kind.MAILER}


class Command(BaseCommand):
    help = (
        "Exit with 0 if reminders, changes and messages are sent in time, otherwise with 1 and a line that says why. "
        "With the name of a process, judge that kind of process instead."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("process", nargs="?", choices=list(ROWS))

    @no_translations
    def handle(self, *, process: str | None, **options: Any) -> None:
        try:
            health = sweep_health(database_now())
        except DatabaseError as error:
            raise CommandError("The database can’t be read.") from error
        kind = ROWS[process] if process else None
        state = health.state_of(kind) if kind else health.state
        said = f"{state.label}. {_reason(health, kind, state)}"
        if state != State.WORKING:
            raise CommandError(said)
        self.stdout.write(said)


def _reason(health: SweepHealth, kind: Kind | None, state: State) -> str:
    """Return why delivery, or a kind of process, is in this state."""
    if kind and kind not in expected_kinds():
        return f"This deployment runs no {kind.label}."
    if state == State.LATE:
        return health.overdue_text
    if state == State.FAILING or kind:
        concerned = [each for each in health.processes if each.kind == kind or (not kind and each.state == state)]
        return " ".join(f"{str(each.kind.label).capitalize()}: {each.text}" for each in concerned)
    if health.seconds_since_sweep is None:
        return "No sweep has run yet."
    return f"The last sweep ran {health.seconds_since_sweep:.0f} s ago."
