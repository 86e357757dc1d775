"""Every write about the inbox, and the sweep. Callers import from here."""

from notifications.services.delivery import sweep
from notifications.services.demo import load_demo
from notifications.services.escalation import escalate_unread
from notifications.services.inbox import mark_all_read, mark_read
from notifications.services.mailing import send_mails
from notifications.services.preferences import send_test, set_preferences, stop_mails

__all__ = [
    "escalate_unread",
    "load_demo",
    "mark_all_read",
    "mark_read",
    "send_mails",
    "send_test",
    "set_preferences",
    "stop_mails",
    "sweep",
]
