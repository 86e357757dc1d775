"""`manage.py send_mail`: the mailer, a process of its own, so that a mail server holds up nothing but mails."""

import threading

from notifications.mail import sender
from notifications.management.loop import LoopCommand


class Command(LoopCommand):
    """Any number may run beside each other. Needs no Redis."""

    help = "Send pending emails and emails for unread notifications: once, or with --loop until stopped."
    name = "the mailer"
    done = "Emails"
    pause_seconds = 2.0

    def work(self, stop: threading.Event) -> dict[str, int]:
        return sender.send_mails(should_stop=stop.is_set)
