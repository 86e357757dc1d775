"""`manage.py send_mail`: the mailer. It is a separate process, so that a slow mail server delays nothing but emails."""

import threading

from django.conf import settings

from notifications.delivery.batches import OnTurn
from notifications.health.processes import Kind
from notifications.health.record import Record
from notifications.mail import sender
from notifications.management.loop import LoopCommand

# Sending an email takes about this many commands, and the server may take EMAIL_TIMEOUT_SECONDS to answer each of them.
COMMANDS = 12
LEAST_PATIENCE_SECONDS = 600.0


class Command(LoopCommand):
    """Send pending emails. Any number of mailers may run simultaneously, and none of them needs Redis."""

    help = "Send pending emails and emails for unread notifications: once, or with --loop until stopped."
    name = "the mailer"
    done = "Emails"
    pause_seconds = 2.0

    def work(self, stop: threading.Event, on_turn: OnTurn) -> dict[str, int]:
        return sender.send_mails(should_stop=stop.is_set, on_attempt=on_turn)

    def make_record(self) -> Record:
        return Record(Kind.MAILER, patience_seconds=max(LEAST_PATIENCE_SECONDS, COMMANDS * settings.EMAIL_TIMEOUT))
