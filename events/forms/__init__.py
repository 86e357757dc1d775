"""Forms about events, a module per subject; callers import from here."""

from events.forms.event import EventForm, copy_of, initial_of, soon
from events.forms.removing import SinceForm
from events.forms.subscription import SubscriptionForm
from events.forms.telling import CancelForm, MessageForm

__all__ = ["CancelForm", "EventForm", "MessageForm", "SinceForm", "SubscriptionForm", "copy_of", "initial_of", "soon"]
