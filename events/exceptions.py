"""What events and subscriptions refuse."""

from django.utils.translation import gettext_lazy as _

from config.errors import Refusal


class NotAuthor(Refusal):
    code = "not_author"
    message = _("Only the event's author can do that.")


class EndBeforeStart(Refusal):
    code = "end_before_start"
    message = _("The end must come after the start.")
    field = "ends_at"


class StartInPast(Refusal):
    code = "start_in_past"
    message = _("The start must lie in the future.")
    field = "starts_at"


class NonexistentTime(Refusal):
    code = "nonexistent_time"
    message = _("That time does not exist in the event's time zone: the clocks go forward over it.")
    field = "starts_at"


class UnknownTimeZone(Refusal):
    code = "unknown_zone"
    message = _("That is no known time zone; use a name like Europe/Rome.")
    field = "time_zone"


class TimeOutOfRange(Refusal):
    code = "time_out_of_range"
    message = _("That time is too far away for a calendar.")
    field = "starts_at"


class InvalidText(Refusal):
    code = "invalid"
    message = _("The text is empty, too long or holds characters that no page can show.")


class HasSubscribers(Refusal):
    code = "has_subscribers"
    message = _("People have subscribed, so it cannot become a draft again. Cancel it instead.")
    field = "state"


class OwnEvent(Refusal):
    code = "own_event"
    message = _("This is your own event; you need no subscription to it.")


class AlreadySubscribed(Refusal):
    code = "already_subscribed"
    message = _("You have already subscribed to this event.")


class SubscriptionRefused(Refusal):
    """The author has removed the user. The message does not say so."""

    code = "subscription_refused"
    message = _("You can’t subscribe to this event.")


class EventIsDraft(Refusal):
    code = "draft"
    message = _("The event is still a draft.")


class EventCancelled(Refusal):
    code = "cancelled"
    message = _("The event has been cancelled.")


class EventBegun(Refusal):
    code = "begun"
    message = _("The event has already begun.")


class EventOver(Refusal):
    code = "over"
    message = _("The event is over.")


class QuotaExceeded(Refusal):
    code = "quota_exceeded"
    message = _("You have reached the limit.")


class InvalidLeads(Refusal):
    code = "invalid_leads"
    message = _("Leads are at most ten different whole minutes from 1 to 43,200.")
    field = "leads"


class TooManyAnnouncements(Refusal):
    code = "too_many_announcements"
    message = _("The subscribers have been sent as many messages as an hour may have.")


class RevisionMismatch(Refusal):
    code = "revision_mismatch"
    message = _("Somebody has changed the event since you read it.")


class InvalidCalendar(Refusal):
    code = "invalid_calendar"
    message = _("This is no iCalendar file.")


class InvalidEntry(Refusal):
    code = "invalid_entry"
    message = _("That part of the calendar cannot be read.")
