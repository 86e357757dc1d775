"""`manage.py send_mail`: the mailer. It is a separate process, so that a slow mail server delays nothing but emails."""

import threading

from notifications.mail import sender
from notifications.management.loop import LoopCommand


class Command(LoopCommand):
    """Send pending emails. Any number of mailers may run simultaneously, and none of them needs Redis."""

    help = "Send pending emails and emails for unread notifications: once, or with --loop until stopped."
    name = "the mailer"
    done = "Emails"
    pause_seconds = 2.0

    def work(self, stop: threading.Event) -> dict[str, int]:
        return sender.send_mails(should_stop=stop.is_set)
