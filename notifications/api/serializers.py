"""The JSON of the inbox. The WebSocket sends notifications in the same format."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import SkipField

from config.api.fields import FlagField, InstantField, WholeNumberField
from config.database import MAX_INTEGER
from notifications.inbox.reading import MAX_READ_IDS
from notifications.models import Notification
from notifications.wording import Wording

_FACTS_SCHEMA = {
    "type": "object",
    "properties": {
        "starts_at": {"type": "string", "format": "date-time"},
        "ends_at": {"type": "string", "format": "date-time", "nullable": True},
        "all_day": {"type": "boolean"},
        "time_zone": {"type": "string"},
        "location": {"type": "string"},
    },
}
DETAIL_SCHEMA = {
    "type": "object",
    "description": "Empty for reminders; otherwise what changed and what the organiser wrote.",
    "properties": {"before": _FACTS_SCHEMA, "after": _FACTS_SCHEMA, "text": {"type": "string"}},
}


@extend_schema_field(DETAIL_SCHEMA)
class DetailField(serializers.JSONField):
    """`{}` for reminders, otherwise the change or message."""


class WordingSerializer(serializers.Serializer):
    """The notification in words, in the language and the time zone that were asked for."""

    sentence = serializers.CharField(help_text="What has happened, with times in the event’s time zone.")
    own_time = serializers.CharField(help_text="The times in the reader’s time zone; empty if they are the same.")
    quote = serializers.CharField(help_text="What the organiser wrote; otherwise empty.")

    def get_attribute(self, notification: Notification) -> Wording:
        """Word the notification in the `locale` of the context; leave the field out where there is none.

        Raises:
            SkipField
        """
        locale = self.context.get("locale")
        if locale is None:
            raise SkipField
        words: Wording = locale.word(notification, at=self.context["at"])
        return words


class NotificationSerializer(serializers.ModelSerializer):
    """A notification. HTTP and the WebSocket use the same format."""

    # `payload` in notifications/feed/push.py builds that of the socket. A test compares the two.

    event = serializers.IntegerField(
        source="event_id", read_only=True, allow_null=True, help_text="Null once the event has been deleted."
    )
    starts_at = InstantField(read_only=True)
    detail = DetailField(read_only=True)
    created_at = InstantField(read_only=True)
    read_at = InstantField(read_only=True, allow_null=True)
    superseded_at = InstantField(
        read_only=True,
        allow_null=True,
        help_text="When something newer replaced it or it stopped being true; `null` while it is current.",
    )
    # Not read-only: the schema would promise it always.
    wording = WordingSerializer(required=False)

    class Meta:
        model = Notification
        fields = [
            "id",
            "kind",
            "event",
            "headline",
            "starts_at",
            "time_zone",
            "location",
            "detail",
            "lead",
            "created_at",
            "read_at",
            "superseded_at",
            "wording",
        ]
        read_only_fields = fields


class UnreadSerializer(serializers.Serializer):
    unread = serializers.IntegerField(read_only=True)


class MarkedReadSerializer(UnreadSerializer):
    read_at = InstantField(
        read_only=True, help_text="When they were marked. `mark-unread/` takes it to undo exactly this."
    )


class MarkReadSerializer(serializers.Serializer):
    """Either the notifications listed in `ids`, or `all` of them `up_to` an id, because later ones were never shown."""

    ids = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=MAX_INTEGER), max_length=MAX_READ_IDS, required=False
    )
    all = FlagField(required=False)
    up_to = WholeNumberField(min_value=0, max_value=MAX_INTEGER, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_ids = attrs.keys() == {"ids"}
        if not by_ids and not (attrs.keys() == {"all", "up_to"} and attrs["all"]):
            raise serializers.ValidationError("Send either “ids”, or “all”: true together with “up_to”.")
        return attrs


class MarkUnreadSerializer(serializers.Serializer):
    """Either the notifications listed in `ids`, or all that were marked as read at exactly the moment `read_at`."""

    ids = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=MAX_INTEGER), max_length=MAX_READ_IDS, required=False
    )
    read_at = InstantField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either “ids” or “read_at”.")
        return attrs
