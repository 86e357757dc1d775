"""Forms about events. There is one module per subject; callers import from this package."""

from events.forms.announcements import CancelForm, MessageForm
from events.forms.event import EventForm, copy_of, soon
from events.forms.imports import MAX_FILE_BYTES, ImportForm, file_too_large
from events.forms.removals import SinceForm
from events.forms.reports import ReportForm
from events.forms.subscription import Offer, SubscriptionForm

__all__ = [
    "MAX_FILE_BYTES",
    "CancelForm",
    "EventForm",
    "ImportForm",
    "MessageForm",
    "Offer",
    "ReportForm",
    "SinceForm",
    "SubscriptionForm",
    "copy_of",
    "file_too_large",
    "soon",
]
