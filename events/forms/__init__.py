"""Forms about events. There is one module per subject; callers import from this package."""

from events.forms.announcements import CancelForm, MessageForm
from events.forms.event import EventForm, copy_of, soon
from events.forms.removals import SinceForm
from events.forms.subscription import Offer, SubscriptionForm

__all__ = ["CancelForm", "EventForm", "MessageForm", "Offer", "SinceForm", "SubscriptionForm", "copy_of", "soon"]
