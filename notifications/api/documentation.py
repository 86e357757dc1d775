"""What the OpenAPI schema says about the inbox."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from notifications.api.serializers import (
    MarkedReadSerializer,
    MarkReadSerializer,
    MarkUnreadSerializer,
    NotificationSerializer,
    UnreadSerializer,
)


class MarkReadSchema(OpenApiSerializerExtension):
    """Describe the two forms of the body, each with its required properties."""

    target_class = "notifications.api.serializers.MarkReadSerializer"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        schema["properties"]["all"] |= {"enum": [True]}
        return _forms_of(schema, ["ids"], ["all", "up_to"])


class MarkUnreadSchema(OpenApiSerializerExtension):
    """Describe the two forms of the body, each with its required property."""

    target_class = "notifications.api.serializers.MarkUnreadSerializer"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return _forms_of(schema, ["ids"], ["read_at"])


def _forms_of(schema: dict[str, Any], *forms: list[str]) -> dict[str, Any]:
    """Return the schema of a body that has the properties of one of the forms, and none of another form's."""
    absent: dict[str, Any] = {"not": {}}
    bodies = [
        {
            "type": "object",
            "required": names,
            "properties": {name: each if name in names else absent for name, each in schema["properties"].items()},
        }
        for names in forms
    ]
    return {"oneOf": bodies, "description": schema["description"]}


REMINDER = OpenApiExample(
    "Reminder",
    value={
        "id": 901,
        "kind": "reminder",
        "event": 42,
        "headline": "Analytical Engine Night",
        "starts_at": "2027-05-01T17:00:00Z",
        "time_zone": "Europe/London",
        "location": "Science Museum, London",
        "detail": {},
        "lead": 60,
        "created_at": "2027-05-01T16:00:00.412000Z",
        "read_at": None,
        "superseded_at": None,
    },
    response_only=True,
)
WORDED = OpenApiExample(
    "Reminder with its wording",
    value={
        **REMINDER.value,
        "wording": {
            "sentence": "Starts in 1 hour, Sat 1 May 18:00 London time",
            "own_time": "Sat 1 May 19:00 your time",
            "quote": "",
        },
    },
    response_only=True,
)
READ_AT = "2027-05-01T16:05:00.731000Z"
UNREAD = OpenApiExample("Unread", value={"unread": 3}, response_only=True)

notifications = extend_schema_view(
    list=extend_schema(
        summary="List my notifications",
        description="Newest first; with `after`, oldest first.\n\n"
        "With `language` and `time_zone`, each notification has a `wording`: the text that the site itself shows.",
        responses={200: NotificationSerializer(many=True)},
        examples=[REMINDER, WORDED],
    ),
    unread_count=extend_schema(
        summary="Count my unread notifications",
        responses={200: UnreadSerializer},
        examples=[UNREAD],
        filters=False,
    ),
    mark_read=extend_schema(
        summary="Mark notifications as read",
        description="Ids that are unknown or not yours are ignored. All your open pages and sockets are updated.\n\n"
        "Notifications become visible in the order in which transactions end, which isn’t always the order of their "
        "ids. Use `up_to` with a notification that is at least a minute old, and list newer ones in `ids`, so that "
        "you don’t mark any as read that you haven’t seen.",
        request=MarkReadSerializer,
        responses={200: MarkedReadSerializer},
        examples=[
            OpenApiExample("Some", value={"ids": [901, 902]}, request_only=True),
            OpenApiExample("All that were shown", value={"all": True, "up_to": 902}, request_only=True),
            OpenApiExample("Marked", value={"unread": 3, "read_at": READ_AT}, response_only=True),
        ],
    ),
    mark_unread=extend_schema(
        summary="Mark notifications as unread",
        description="Ids that are unknown, not yours or superseded are ignored. All your open pages and sockets are "
        "updated.\n\nTo undo `mark-read/`, send the `read_at` of its answer. What was marked as read at another "
        "moment, such as on another device, stays read.",
        request=MarkUnreadSerializer,
        responses={200: UnreadSerializer},
        examples=[
            OpenApiExample("Some", value={"ids": [901, 902]}, request_only=True),
            OpenApiExample("What was marked together", value={"read_at": READ_AT}, request_only=True),
            UNREAD,
        ],
    ),
)
