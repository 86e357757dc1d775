"""The services that write events and everything that belongs to them.

There is one module per subject; callers import from this package.
"""

from events.services.announcements import announce, mark_notified, next_recipients
from events.services.events import (
    cancel_event,
    create_event,
    delete_event,
    purge_event_chunk,
    renew_invite,
    update_event,
)
from events.services.imports import Imported, import_events
from events.services.reminders import (
    planned_reminders,
    rearm_chunk,
    rearm_subscriptions,
    set_leads,
    settle_armed_reminders,
    settle_reminders,
    stamp_notified,
)
from events.services.removals import (
    MAX_REMOVED_AT_ONCE,
    allow_again,
    remove_old_invite_subscribers,
    remove_subscriber,
)
from events.services.searches import refresh_search_texts
from events.services.subscriptions import subscribe, unsubscribe

__all__ = [
    "MAX_REMOVED_AT_ONCE",
    "Imported",
    "allow_again",
    "announce",
    "cancel_event",
    "create_event",
    "delete_event",
    "import_events",
    "mark_notified",
    "next_recipients",
    "planned_reminders",
    "purge_event_chunk",
    "rearm_chunk",
    "rearm_subscriptions",
    "refresh_search_texts",
    "remove_old_invite_subscribers",
    "remove_subscriber",
    "renew_invite",
    "set_leads",
    "settle_armed_reminders",
    "settle_reminders",
    "stamp_notified",
    "subscribe",
    "unsubscribe",
    "update_event",
]
