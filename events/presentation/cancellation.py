"""Why an event was cancelled, for its page."""

from events.models import Event


def cancellation_reason(event: Event) -> str:
    """Return what the organiser wrote when cancelling the event; "" if it takes place or nothing was written.

    One query if the event is cancelled, otherwise none.
    """
    if not event.is_cancelled:
        return ""
    return event.announcements.cancellations().values_list("text", flat=True).first() or ""
