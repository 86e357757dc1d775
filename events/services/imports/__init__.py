"""Importing calendar files: planning what an import would do, doing it, and remembering it for the next one.

The order is that of an import: `vanishing` names the calendar, `planning` reads what an import would do, `importing`
does it, a batch of items per transaction, and `vanishing` cancels what is no longer in the file, if that is asked for.
Both decide by `deciding`, entry by entry, with what `memory` knows of the last import. `results` is what they answer.
`uploads` does it for the page, bit by bit, and keeps the report.
"""

from events.services.imports.importing import BATCH_SIZE, import_items
from events.services.imports.planning import plan_import
from events.services.imports.results import Change, Imported, ImportReport, ItemResult, VanishedEvent
from events.services.imports.uploads import (
    MAX_ITEMS,
    one_at_a_time,
    plan_of,
    purge_imports,
    report_of,
    run_import,
    stop_import,
    store_import,
)
from events.services.imports.vanishing import (
    calendar_name,
    cancel_vanished,
    is_recognised,
    vanished_events,
    vanished_remarks,
)

__all__ = [
    "BATCH_SIZE",
    "MAX_ITEMS",
    "Change",
    "ImportReport",
    "Imported",
    "ItemResult",
    "VanishedEvent",
    "calendar_name",
    "cancel_vanished",
    "import_items",
    "is_recognised",
    "one_at_a_time",
    "plan_import",
    "plan_of",
    "purge_imports",
    "report_of",
    "run_import",
    "stop_import",
    "store_import",
    "vanished_events",
    "vanished_remarks",
]
