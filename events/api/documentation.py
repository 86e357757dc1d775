"""What the OpenAPI schema says about events and subscriptions. There is a decorator for each viewset."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from accounts.api.serializers import PublicUserSerializer
from accounts.exceptions import IdempotencyKeyReused, InvalidIdempotencyKey, RequestInProgress
from accounts.idempotency import HEADER_PATTERN
from config.api.schema import refusals
from events.api.serializers import (
    AnnounceSerializer,
    CalendarFeedSerializer,
    CancelSerializer,
    EventSerializer,
    ReportSerializer,
    SubscribeSerializer,
    SubscriptionSerializer,
)
from events.exceptions import (
    AlreadyReported,
    AlreadySubscribed,
    EndBeforeStart,
    EventCancelled,
    EventIsDraft,
    EventOver,
    HasSubscribers,
    InvalidLeads,
    InvalidText,
    NonexistentTime,
    NotAuthor,
    OwnEvent,
    OwnEventReported,
    QuotaExceeded,
    RevisionMismatch,
    StartInPast,
    SubscriptionRefused,
    TimeOutOfRange,
    TooManyAnnouncements,
    UnknownTimeZone,
)

# The pattern allows 29 February in every year, because it cannot express leap years. The server checks the year.
_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|1\d|2\d)|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31"
LOCAL_TIME = rf"^(?!0000)\d{{4}}-({_DAY})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"

NO_CONTENT = OpenApiResponse(description="Done.")

_EVENT: dict[str, Any] = {
    "id": 42,
    "url": "http://localhost:8000/api/v1/events/42/",
    "headline": "Analytical Engine Night",
    "description": "Demonstrations and tea.",
    "starts_at": "2027-05-01T17:00:00Z",
    "ends_at": "2027-05-01T19:30:00Z",
    "all_day": False,
    "time_zone": "Europe/London",
    "location": "Science Museum, London",
    "state": "public",
    "is_cancelled": False,
    "has_been_notified": False,
    "author": {"id": 7, "username": "ada"},
    "subscriber_count": 12,
    "is_subscribed": True,
    "revision": 3,
    "created_at": "2027-03-01T09:12:44.120000Z",
    "updated_at": "2027-03-04T08:00:00Z",
}
EVENT = OpenApiExample("Event", value=_EVENT, response_only=True)
OWN_EVENT = OpenApiExample(
    "Own event",
    value=_EVENT
    | {
        "is_subscribed": False,
        "invite_url": "http://localhost:8000/events/42/?invite=9f86d081884c7d659a2feaa0c55ad015",
    },
    response_only=True,
)
_NEW_EVENT = {
    "headline": "Analytical Engine Night",
    "description": "Demonstrations and tea.",
    "starts_at": "2027-05-01T18:00:00",
    "ends_at": "2027-05-01T20:30:00",
    "time_zone": "Europe/London",
    "location": "Science Museum, London",
    "state": "public",
}
NEW_EVENT = OpenApiExample(
    "An evening in London", value=_NEW_EVENT, request_only=True, description="Local times in its time zone."
)
NEW_DAYS = OpenApiExample(
    "Three whole days",
    value={
        "headline": "PyCon",
        "starts_at": "2027-05-14",
        "ends_at": "2027-05-16",
        "all_day": True,
        "time_zone": "Europe/Rome",
    },
    request_only=True,
    description="The end is given as the last day and returned as the midnight after it.",
)
SUBSCRIPTION = OpenApiExample(
    "Subscription",
    value={
        "id": 311,
        "event": 42,
        "leads": [1440, 60],
        "reminders": [
            {"lead": 1440, "due_at": "2027-04-30T17:00:00Z"},
            {"lead": 60, "due_at": "2027-05-01T16:00:00Z"},
        ],
        "created_at": "2027-03-05T10:00:00Z",
    },
    response_only=True,
)
LEADS = OpenApiExample("A day and an hour before", value={"leads": [1440, 60]}, request_only=True)
PERSON = OpenApiExample("Charles", value={"id": 8, "username": "charles"}, response_only=True)


class EventSchema(OpenApiSerializerExtension):
    """Mark all fields of a returned event as required, except the one that only its organiser sees."""

    target_class = "events.api.serializers.EventSerializer"

    def map_serializer(self, auto_schema: Any, direction: str) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if direction == "response":
            schema["required"] = sorted(set(schema["properties"]) - {"invite_url"})
        return schema


class EventTimeSchema(OpenApiSerializerFieldExtension):
    """Describe that times are accepted with and without a UTC offset, and returned in UTC."""

    target_class = "events.api.fields.EventTimeField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Any:
        instant = {"format": "date-time"}
        if direction == "response":
            return {"type": "string", **instant}
        return {"type": "string", "anyOf": [instant, {"pattern": LOCAL_TIME}, {"format": "date"}]}


INVITE = OpenApiParameter("invite", str, description="Invite token of a private event.")
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="ETag of the version you are editing; 412 if it has changed since.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": HEADER_PATTERN},
    OpenApiParameter.HEADER,
    description="A key that you choose, in quotes or bare, and use for only one thing that you want to create. For a "
    "day, the same request with the same key creates nothing more and returns the result of the first, as it is now "
    "(404 if it has been deleted). With other content the key is refused. A refused request doesn’t use up its key.",
    examples=[OpenApiExample("A UUID", value='"8e03978e-40d5-43dd-bc93-6894a57f9324"')],
)
KEY_REFUSALS = (InvalidIdempotencyKey, RequestInProgress, IdempotencyKeyReused)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 201], description='`"<revision>-<hash of the body>"`'
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429], description="Seconds to wait before retrying."
)
INPUT_REFUSALS = (StartInPast, EndBeforeStart, NonexistentTime, UnknownTimeZone, TimeOutOfRange, InvalidText)
EDIT: dict[str, Any] = {
    "request": EventSerializer,
    "parameters": [IF_MATCH, ETAG],
    "responses": {
        200: EventSerializer,
        **refusals(*INPUT_REFUSALS, NotAuthor, EventCancelled, HasSubscribers, RevisionMismatch),
    },
}

events = extend_schema_view(
    list=extend_schema(
        summary="List events",
        description="Lists public events that haven’t been cancelled and haven’t ended, in order of start.",
        responses={200: EventSerializer(many=True)},
        examples=[EVENT],
    ),
    create=extend_schema(
        summary="Post an event",
        description="A time without an offset is local to `time_zone`. In an hour that clocks repeat, the first "
        "occurrence is meant; a time that clocks skip is refused. `state` defaults to private.",
        request=EventSerializer,
        parameters=[IDEMPOTENCY_KEY, ETAG],
        responses={201: EventSerializer, **refusals(*INPUT_REFUSALS, QuotaExceeded, *KEY_REFUSALS)},
        examples=[NEW_EVENT, NEW_DAYS, OWN_EVENT],
    ),
    retrieve=extend_schema(
        summary="Show an event",
        parameters=[INVITE, ETAG],
        responses={200: EventSerializer},
        examples=[EVENT, OWN_EVENT],
    ),
    update=extend_schema(
        summary="Replace an event",
        description="Omitted optional fields keep their values. Changes to start, end or location notify subscribers.",
        examples=[NEW_EVENT, NEW_DAYS, OWN_EVENT],
        **EDIT,
    ),
    partial_update=extend_schema(
        summary="Change an event",
        description="Changes to start, end or location notify subscribers.",
        examples=[
            OpenApiExample("An hour later", value={"starts_at": "2027-05-01T19:00:00"}, request_only=True),
            OWN_EVENT,
        ],
        **EDIT,
    ),
    destroy=extend_schema(
        summary="Delete an event",
        description="Immediate and permanent. If the event hasn’t ended, its subscribers are notified that it is "
        "cancelled.",
        parameters=[IF_MATCH],
        responses={204: NO_CONTENT, **refusals(NotAuthor, RevisionMismatch)},
    ),
    subscribe=extend_schema(
        summary="Subscribe to an event",
        description="`leads` sets the reminders, in minutes before the start. Omit it to use your default reminders; "
        "send an empty list to be notified of changes only. If some of these times have already passed, the one "
        "closest to the start triggers a reminder immediately, unless the event has started. You can subscribe until "
        "the event has ended. `subscription_refused` means that you can’t subscribe to this event; trying again won’t "
        "help.",
        request=SubscribeSerializer,
        responses={
            201: SubscriptionSerializer,
            **refusals(
                InvalidLeads,
                OwnEvent,
                EventIsDraft,
                EventCancelled,
                EventOver,
                SubscriptionRefused,
                AlreadySubscribed,
                QuotaExceeded,
            ),
        },
        examples=[LEADS, SUBSCRIPTION],
    ),
    unsubscribe=extend_schema(
        summary="Unsubscribe from an event",
        description="Succeeds whether or not you were subscribed.",
        request=None,
        responses={204: NO_CONTENT},
    ),
    cancel=extend_schema(
        summary="Cancel an event",
        description="Permanent. Subscribers are notified once, with the reason.",
        request=CancelSerializer,
        responses={200: EventSerializer, **refusals(InvalidText, NotAuthor, EventIsDraft, EventOver)},
        examples=[
            OpenApiExample("With a reason", value={"reason": "The engine is being repaired."}, request_only=True),
            OpenApiExample("Cancelled event", value=OWN_EVENT.value | {"is_cancelled": True}, response_only=True),
        ],
    ),
    report=extend_schema(
        summary="Report an event",
        description="Asks the site’s staff to check an event that you can see. The organiser doesn’t learn who "
        "reported it.",
        request=ReportSerializer,
        parameters=[INVITE, RETRY_AFTER],
        responses={204: NO_CONTENT, **refusals(InvalidText, OwnEventReported, AlreadyReported)},
        examples=[OpenApiExample("Spam", value={"reason": "spam", "text": "Posted 20 times."}, request_only=True)],
    ),
    announce=extend_schema(
        summary="Message subscribers",
        description="Sent immediately. Limited to `ANNOUNCEMENTS_PER_HOUR` messages per event and hour.",
        request=AnnounceSerializer,
        parameters=[IDEMPOTENCY_KEY, RETRY_AFTER],
        responses={
            201: AnnounceSerializer,
            **refusals(InvalidText, NotAuthor, EventIsDraft, TooManyAnnouncements, *KEY_REFUSALS),
        },
        examples=[
            OpenApiExample("Message", value={"message": "Doors open at half past five."}, request_only=True),
            OpenApiExample(
                "Announcement",
                value={
                    "id": 5,
                    "message": "Doors open at half past five.",
                    "created_at": "2027-04-28T12:00:00Z",
                },
                response_only=True,
            ),
        ],
    ),
    subscribers=extend_schema(
        summary="List subscribers",
        responses={200: PublicUserSerializer(many=True), **refusals(NotAuthor)},
        examples=[PERSON],
        filters=False,
    ),
    remove_subscriber=extend_schema(
        summary="Remove a subscriber from your event",
        description="Their reminders end too. They can’t subscribe again until you allow it on the event’s page, or "
        "send them an invite link that you have reset since. You can also keep out someone who isn’t subscribed; an "
        "unknown id changes nothing.",
        request=None,
        parameters=[OpenApiParameter("user_id", int, OpenApiParameter.PATH, description="The user’s `id`.")],
        responses={204: NO_CONTENT, **refusals(NotAuthor)},
        filters=False,
    ),
)

subscriptions = extend_schema_view(
    list=extend_schema(
        summary="List my subscriptions",
        description="Newest first.",
        responses={200: SubscriptionSerializer(many=True)},
        examples=[SUBSCRIPTION],
    ),
    retrieve=extend_schema(
        summary="Show a subscription", responses={200: SubscriptionSerializer}, examples=[SUBSCRIPTION]
    ),
    partial_update=extend_schema(
        summary="Change reminders",
        description="Reminders that you keep are unchanged; an added one whose time has already passed is not sent.",
        request=SubscriptionSerializer,
        responses={200: SubscriptionSerializer, **refusals(InvalidLeads)},
        examples=[LEADS, SUBSCRIPTION],
    ),
    destroy=extend_schema(summary="Unsubscribe", responses={204: NO_CONTENT}),
)

_CALENDAR_FEED = OpenApiExample(
    "Calendar feed",
    value={"url": "http://localhost:8000/feeds/1f0c3a5e7d9b8a6c4e2f0d1b3a5c7e9f.ics"},
    response_only=True,
)

calendar_feed = extend_schema_view(
    get=extend_schema(
        summary="Show my calendar feed",
        description="The calendar at this URL has your subscriptions and your own events, except drafts, from 30 days"
        " ago to a year ahead. Anyone who knows the URL can read it without a login.",
        responses={200: CalendarFeedSerializer},
        examples=[_CALENDAR_FEED],
    ),
    post=extend_schema(
        summary="Create or reset my calendar feed",
        description="Returns a new URL. An earlier one stops working at once.",
        request=None,
        responses={201: CalendarFeedSerializer},
        examples=[_CALENDAR_FEED],
    ),
    delete=extend_schema(
        summary="Remove my calendar feed",
        description="Its URL stops working at once. Does nothing if there is none.",
        responses={204: NO_CONTENT},
    ),
)
