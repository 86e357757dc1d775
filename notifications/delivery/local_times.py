"""The step of the sweep that keeps the local times of events when the rules of their time zones change."""

import logging
from datetime import datetime

from accounts.zones import RULES_VERSION
from config.database import transactional
from events.models import Event
from events.services import apply_zone_rules
from notifications.delivery.batches import Batch, attempt

logger = logging.getLogger(__name__)

# Events per transaction. Few enough that their rows are locked for only some hundredths of a second.
CHUNK_SIZE = 200


def keep_local_times(*, at: datetime, busy: set[int]) -> Batch:
    """Apply this process's rules of time zones to up to CHUNK_SIZE events.

    Events without local times, which a previous version has written, come first; then those that have not ended and
    whose times were determined by older rules.
    """
    events = Event.objects.exclude(pk__in=busy)
    new = events.without_local_times().values_list("pk", flat=True)[:CHUNK_SIZE]
    ids = set(new) or set(events.awaiting_zone_rules(RULES_VERSION, at=at).values_list("pk", flat=True)[:CHUNK_SIZE])
    return _apply_or_halve(ids, at=at) if ids else Batch()


def _apply_or_halve(ids: set[int], *, at: datetime) -> Batch:
    """Apply the rules to these events. If that fails, try only half of them, until a single one is left."""
    batch = attempt(lambda: _apply(ids, at=at), event_ids=ids)
    if len(batch.failed) <= 1:
        return batch
    return _apply_or_halve(set(sorted(ids)[: len(ids) // 2]), at=at)


@transactional
def _apply(ids: set[int], *, at: datetime) -> Batch:
    chosen = Event.objects.filter(pk__in=ids)
    events = list(chosen.without_local_times().claim()) or list(
        chosen.awaiting_zone_rules(RULES_VERSION, at=at).claim()
    )
    if moved := apply_zone_rules(events, at=at):
        logger.info("the rules of time zones of version %s have moved %d events", RULES_VERSION, moved)
    return Batch(handled=len(events), busy=ids - {event.pk for event in events})
