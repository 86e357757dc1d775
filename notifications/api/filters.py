"""The query parameters of `GET /notifications/`."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.conf import settings
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.zones import TIME_ZONES
from config.api.filters import EMPTY, FlagFilter, IdFilter
from config.database import database_now
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet


@extend_schema_field({"anyOf": [{"type": "string", "enum": [code for code, _ in settings.LANGUAGES]}, EMPTY]})
class LanguageFilter(django_filters.ChoiceFilter):
    """One of the site's languages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=settings.LANGUAGES, **options)


@extend_schema_field(
    {"anyOf": [{"type": "string", "format": "iana-time-zone", "maxLength": 64, "example": "Europe/Rome"}, EMPTY]}
)
class TimeZoneFilter(django_filters.ChoiceFilter):
    """One of the time zones that people may have."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[(name, name) for name in sorted(TIME_ZONES)], **options)


class NotificationFilter(FilterSet):
    unread = FlagFilter(
        help_text="`true`: only unread ones; `false`: only read ones. One that was superseded before you read it is "
        "neither."
    )
    after = IdFilter(
        help_text="Returns what may have arrived since you saw this id, oldest first: all greater ids, and "
        "everything that arrived or was superseded in the last 60 seconds, so some may be repeated."
    )
    language = LanguageFilter(
        help_text="Adds `wording` to each notification, in this language. Must be sent with `time_zone`."
    )
    time_zone = TimeZoneFilter(help_text="The reader’s time zone, for `wording`. Must be sent with `language`.")

    class Meta:
        model = Notification
        fields: list[str] = []

    def filter_queryset(self, queryset: NotificationQuerySet) -> NotificationQuerySet:
        asked = self.form.cleaned_data
        check_locale(asked)
        return listed_notifications(queryset, unread=asked["unread"], after=asked["after"])


def check_locale(asked: Mapping[str, Any]) -> None:
    """Refuse a language without a time zone, and a time zone without a language.

    Raises:
        ValidationError
    """
    if bool(asked["language"]) != bool(asked["time_zone"]):
        missing = "time_zone" if asked["language"] else "language"
        raise serializers.ValidationError({missing: ["Send `language` and `time_zone` together."]})


def listed_notifications(inbox: NotificationQuerySet, *, unread: bool | str, after: int | None) -> NotificationQuerySet:
    """Return those of the notifications that the filters ask for, the newest first. Empty filters ask for nothing.

    The order is one for which there is an index.
    """
    if unread != "":
        inbox = inbox.unread() if unread else inbox.read()
    if after is not None:
        return inbox.changed_since(after, database_now())
    return inbox.newest_first() if unread else inbox.latest_first()
