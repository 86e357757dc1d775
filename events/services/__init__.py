"""The services that write events and everything that belongs to them.

There is one module per subject; callers import from this package.
"""

from events.services.announced import LONGEST_HOLD, Announced, Facts, announced
from events.services.announcements import (
    announce,
    begin_delivery,
    brings_new_start,
    covered_by,
    facts_announced_by,
    mark_notified,
    next_recipients,
)
from events.services.calendar_feeds import feed_of, remove_feed, renew_feed
from events.services.ends import correct_ends, record_ends
from events.services.events import (
    cancel_event,
    create_event,
    delete_event,
    purge_event_chunk,
    renew_invite,
    update_event,
)
from events.services.imports import (
    BATCH_SIZE,
    Change,
    Imported,
    ImportReport,
    ItemResult,
    VanishedEvent,
    calendar_name,
    cancel_vanished,
    import_items,
    plan_import,
    report_as_json,
    report_from_json,
    result_as_json,
    result_from_json,
    vanished_events,
    vanished_remarks,
)
from events.services.local_times import apply_zone_rules
from events.services.reminders import (
    follow_change,
    move_reminders,
    planned_reminders,
    set_leads,
    settle_armed_reminders,
    settle_chunk,
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
    "BATCH_SIZE",
    "LONGEST_HOLD",
    "MAX_REMOVED_AT_ONCE",
    "Announced",
    "Change",
    "Facts",
    "ImportReport",
    "Imported",
    "ItemResult",
    "VanishedEvent",
    "allow_again",
    "announce",
    "announced",
    "apply_zone_rules",
    "begin_delivery",
    "brings_new_start",
    "calendar_name",
    "cancel_event",
    "cancel_vanished",
    "correct_ends",
    "covered_by",
    "create_event",
    "delete_event",
    "facts_announced_by",
    "feed_of",
    "follow_change",
    "import_items",
    "mark_notified",
    "move_reminders",
    "next_recipients",
    "plan_import",
    "planned_reminders",
    "purge_event_chunk",
    "record_ends",
    "refresh_search_texts",
    "remove_feed",
    "remove_old_invite_subscribers",
    "remove_subscriber",
    "renew_feed",
    "renew_invite",
    "report_as_json",
    "report_from_json",
    "result_as_json",
    "result_from_json",
    "set_leads",
    "settle_armed_reminders",
    "settle_chunk",
    "settle_reminders",
    "stamp_notified",
    "subscribe",
    "unsubscribe",
    "update_event",
    "vanished_events",
    "vanished_remarks",
]
