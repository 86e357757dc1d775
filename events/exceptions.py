"""Refusals of actions on events and subscriptions."""

from django.utils.translation import gettext_lazy as _

from config.errors import Refusal


class NotAuthor(Refusal):
    code = "not_author"
    message = _("Only the organiser can do that.")


class EndBeforeStart(Refusal):
    code = "end_before_start"
    message = _("The end must be after the start.")
    field = "ends_at"


class StartInPast(Refusal):
    code = "start_in_past"
    message = _("The start must be in the future.")
    field = "starts_at"


class NonexistentTime(Refusal):
    code = "nonexistent_time"
    message = _("That time doesn’t exist in this time zone: clocks go forward then.")
    field = "starts_at"


class UnknownTimeZone(Refusal):
    code = "unknown_zone"
    message = _("Unknown time zone. Use a name like Europe/Rome.")
    field = "time_zone"


class TimeOutOfRange(Refusal):
    code = "time_out_of_range"
    message = _("That date is out of range.")
    field = "starts_at"


class InvalidText(Refusal):
    code = "invalid"
    message = _("The text is empty, too long or contains invalid characters.")


class HasSubscribers(Refusal):
    code = "has_subscribers"
    message = _("People have already subscribed, so this event can’t go back to draft. Cancel it instead.")
    field = "state"


class OwnEvent(Refusal):
    code = "own_event"
    message = _("This is your own event, so you don’t need to subscribe.")


class OwnEventReported(Refusal):
    code = "own_event"
    message = _("This is your own event, so you can’t report it.")


class AlreadyReported(Refusal):
    code = "already_reported"
    message = _("You’ve already reported this event. We’re looking into it.")


class AlreadySubscribed(Refusal):
    code = "already_subscribed"
    message = _("You’re already subscribed to this event.")


class SubscriptionRefused(Refusal):
    """The organiser has removed the user. The message deliberately does not say so."""

    code = "subscription_refused"
    message = _("You can’t subscribe to this event.")


class EventIsDraft(Refusal):
    code = "draft"
    message = _("The event is still a draft.")


class EventCancelled(Refusal):
    code = "cancelled"
    message = _("The event has been cancelled.")


class EventOver(Refusal):
    code = "over"
    message = _("The event has ended.")


class QuotaExceeded(Refusal):
    code = "quota_exceeded"
    message = _("You’ve reached the limit of upcoming events or subscriptions.")


class InvalidLeads(Refusal):
    code = "invalid_leads"
    message = _("Choose up to ten different reminder times, at the start or up to 30 days before it.")
    field = "leads"


class TooManyAnnouncements(Refusal):
    code = "too_many_announcements"
    message = _("You’ve sent the maximum number of messages for this hour.")


class RevisionMismatch(Refusal):
    code = "revision_mismatch"
    message = _("This event was changed while you were editing it.")


class InvalidCalendar(Refusal):
    code = "invalid_calendar"
    message = _("This isn’t an iCalendar file.")


class InvalidEntry(Refusal):
    code = "invalid_entry"
    message = _("This calendar entry can’t be read.")


class ImportsBusy(Refusal):
    code = "busy"
    message = _("Another calendar is being imported right now. Please try again in a moment.")
