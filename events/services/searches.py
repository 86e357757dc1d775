"""Rewriting the texts that searches look through, where another version has written them."""

from typing import Any

from config.database import transactional
from events.search import searchable

# Events per transaction, so that their rows are locked for some hundredths of a second.
CHUNK = 200


def refresh_search_texts(events: Any) -> int:
    """Rewrite `search_text` wherever this version would write another one. Returns how many rows were rewritten.

    `events` is a queryset, which may be a migration's. Each chunk is a transaction of its own, and events that are
    edited meanwhile are left to the process that edits them.
    """
    refreshed, last = 0, 0
    while chunk := list(
        events.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "revision", "search_text", "headline", "location", "description")[:CHUNK]
    ):
        last = chunk[-1][0]
        texts = [(pk, revision, stored, searchable(*texts)) for pk, revision, stored, *texts in chunk]
        stale = [(pk, revision, text) for pk, revision, stored, text in texts if text != stored]
        refreshed += _rewrite(events, stale) if stale else 0
    return refreshed


@transactional
def _rewrite(events: Any, stale: list[tuple[int, int, str]]) -> int:
    """Write the search texts of `(id, revision, text)` to the events that still have this revision."""
    return sum(events.filter(pk=pk, revision=revision).update(search_text=text) for pk, revision, text in stale)
