"""Every write about the inbox, and the sweep. Callers import from here."""

from notifications.services.delivery import sweep
from notifications.services.demo import load_demo
from notifications.services.inbox import mark_all_read, mark_read

__all__ = ["load_demo", "mark_all_read", "mark_read", "sweep"]
