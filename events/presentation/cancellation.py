"""Why an event was cancelled, for its page."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from events.models import Event


def cancellation_reason(event: Event, *, reader: User | AnonymousUser) -> str:
    """Return what the organiser wrote when cancelling the event, as far as this reader may see it; "" for nothing.

    `event` must have been read `for_page`. One query if the event is cancelled, otherwise none.
    """
    if not event.is_cancelled:
        return ""
    text, before = event.announcements.cancellations().values_list("text", "before").first() or ("", {})
    # Reasons without `all_day` in `before` were written in earlier versions, whose form promised them to subscribers.
    is_for_everybody = "all_day" in before
    is_addressed = event.is_subscribed or event.author_id == reader.pk  # type: ignore[attr-defined]  # an annotation
    return str(text) if is_for_everybody or is_addressed else ""
