"""The JSON of events, subscriptions and announcements."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from accounts.api.serializers import LeadsField, PublicUserSerializer
from config.api.fields import FlagField, InstantField, TextField, TimeZoneField
from events.api.fields import EventTimeField
from events.exceptions import TimeOutOfRange
from events.local_time import day_start, instant_of, zone_named
from events.models import Announcement, Event, EventReport, Reminder, Subscription
from events.text_limits import MAX_DESCRIPTION_LENGTH, MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH, MAX_MESSAGE_LENGTH


class EventSerializer(serializers.ModelSerializer):
    """An event."""

    # The events must come from `EventQuerySet.for_page`, which annotates `is_subscribed`.

    url = serializers.HyperlinkedIdentityField(view_name="api:event-detail")
    headline = TextField(max_length=MAX_HEADLINE_LENGTH)
    description = TextField(max_length=MAX_DESCRIPTION_LENGTH, required=False, allow_blank=True)
    starts_at = EventTimeField(help_text="A time without an offset is local to `time_zone`. Returned in UTC.")
    ends_at = EventTimeField(
        required=False,
        allow_null=True,
        help_text="Same format as `starts_at`. For all-day events, the last day or the midnight after it.",
    )
    all_day = FlagField(required=False, help_text="Rounds the times out to whole days in `time_zone`.")
    time_zone = TimeZoneField(
        required=False, help_text="IANA name. If omitted, UTC for a new event and unchanged in an edit."
    )
    location = TextField(max_length=MAX_LOCATION_LENGTH, required=False, allow_blank=True)
    state = serializers.ChoiceField(choices=Event.State.choices, required=False)
    is_cancelled = serializers.BooleanField(read_only=True)
    has_been_notified = serializers.SerializerMethodField(help_text="Whether a reminder for this start has been sent.")
    author = PublicUserSerializer(read_only=True)
    is_subscribed = serializers.BooleanField(read_only=True, help_text="Whether you’re subscribed.")
    created_at = InstantField(read_only=True)
    updated_at = InstantField(read_only=True)
    invite_url = serializers.SerializerMethodField(help_text="Organiser only: the invite link.")

    class Meta:
        model = Event
        fields = [
            "id",
            "url",
            "headline",
            "description",
            "starts_at",
            "ends_at",
            "all_day",
            "time_zone",
            "location",
            "state",
            "is_cancelled",
            "has_been_notified",
            "author",
            "subscriber_count",
            "is_subscribed",
            "revision",
            "created_at",
            "updated_at",
            "invite_url",
        ]
        read_only_fields = ["subscriber_count", "revision"]

    def get_has_been_notified(self, event: Event) -> bool:
        return event.notified_at is not None

    def get_invite_url(self, event: Event) -> str:
        path = f"{event.get_absolute_url()}?invite={event.invite_token}"
        url: str = self.context["request"].build_absolute_uri(path)
        return url

    def to_representation(self, event: Event) -> dict[str, Any]:
        shown = super().to_representation(event)
        if event.author_id != self.context["request"].user.pk:
            del shown["invite_url"]
        return shown

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Convert local times to instants in the time zone of the request, or of the event if the request has none.

        Raises:
            UnknownTimeZone, NonexistentTime, TimeOutOfRange
        """
        zone = zone_named(attrs.get("time_zone") or (self.instance.time_zone if self.instance else "UTC"))
        all_day = attrs.get("all_day", self.instance.all_day if self.instance else False)
        for name in ("starts_at", "ends_at"):
            moment = attrs.get(name)
            if moment and not isinstance(moment, datetime):
                if not all_day:
                    raise serializers.ValidationError({name: ["A date without a time is for all-day events."]})
                attrs[name] = _bound_of_day(moment, zone, field=name)
            elif moment and moment.tzinfo is None:
                attrs[name] = instant_of(moment, zone, field=name)
        return attrs


def _bound_of_day(day: date, zone: ZoneInfo, *, field: str) -> datetime:
    """Return the instant at which a day begins, or for `ends_at` the instant at which the next day begins.

    Raises:
        TimeOutOfRange
    """
    try:
        return day_start(day + timedelta(days=field == "ends_at"), zone, field=field)
    except OverflowError as error:
        raise TimeOutOfRange(field=field) from error


class SubscribeSerializer(serializers.Serializer):
    leads = LeadsField(required=False)
    invite = TextField(required=False, allow_blank=True, default="", help_text="Invite token of a private event.")


class ReminderSerializer(serializers.ModelSerializer):
    due_at = InstantField(
        read_only=True, allow_null=True, help_text="Null once the reminder has been sent, or if it won’t be."
    )

    class Meta:
        model = Reminder
        fields = ["lead", "due_at"]
        read_only_fields = ["lead"]


class SubscriptionSerializer(serializers.ModelSerializer):
    """Your subscription to an event and its reminders. `event` is an id, as in notifications."""

    event = serializers.IntegerField(source="event_id", read_only=True)
    leads = LeadsField()
    reminders = ReminderSerializer(many=True, read_only=True)
    created_at = InstantField(read_only=True)

    class Meta:
        model = Subscription
        fields = ["id", "event", "leads", "reminders", "created_at"]


class CancelSerializer(serializers.Serializer):
    reason = TextField(max_length=MAX_MESSAGE_LENGTH, required=False, allow_blank=True, default="")


class ReportSerializer(serializers.Serializer):
    reason = serializers.ChoiceField(EventReport.Reason.choices)
    text = TextField(max_length=MAX_MESSAGE_LENGTH, required=False, allow_blank=True, default="")


class AnnounceSerializer(serializers.ModelSerializer):
    """A message from the organiser to the subscribers."""

    message = TextField(max_length=MAX_MESSAGE_LENGTH, source="text")
    created_at = InstantField(read_only=True)

    class Meta:
        model = Announcement
        fields = ["id", "message", "created_at"]


class CalendarFeedSerializer(serializers.Serializer):
    url = serializers.URLField(
        allow_null=True,
        help_text="The secret URL of your calendar feed, for calendar programs; null if you have none.",
    )
