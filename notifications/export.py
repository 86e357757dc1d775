"""The data export: a zip with everything that belongs to a user.

Rows are read in chunks and the zip is written while it is being sent, so that memory use does not grow with its size.
The chunks are not read in one transaction, so a change that is made meanwhile may be in one file and not in the next.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework import serializers

from accounts.api.serializers import MeSerializer
from accounts.models import User
from config.api.fields import InstantField
from config.keyset import chunks
from config.web.archives import zip_stream
from events.api.serializers import EventSerializer, SubscriptionSerializer
from events.calendars.writer import calendar_pieces
from events.models import Event, EventReport, Subscription
from events.presentation.promises import chosen_leads
from events.querysets import reminders_shown
from notifications.api.serializers import NotificationSerializer
from notifications.models import Notification

# Rows in memory at a time. The largest are events, of up to 20,000 letters.
CHUNK = 200


class ProfileSerializer(MeSerializer):
    """The account as the API shows it, and the fields that the API omits."""

    email_verified_at = InstantField()
    pending_email_at = InstantField()
    date_joined = InstantField()

    class Meta(MeSerializer.Meta):
        fields = [
            *MeSerializer.Meta.fields,
            "language",
            "email_verified_at",
            "pending_email_at",
            "date_joined",
            "mail_muted",
            "toast_muted",
        ]


class ReportSerializer(serializers.ModelSerializer):
    """What the user has reported to the staff about an event."""

    created_at = InstantField()

    class Meta:
        model = EventReport
        fields = ["event", "reason", "text", "created_at"]


def export_of(user: User, *, request: HttpRequest, at: datetime) -> Iterator[bytes]:
    """Yield the pieces of a zip with everything that belongs to the user.

    The request must be the user's own, because the serializers show what its user may see. It also provides the host
    for absolute URLs. There is one query for each CHUNK of a file's rows, and two for subscriptions.
    """
    context = {"request": request}
    own = Event.objects.owned_by(user).for_page(user).with_leads_of(user)
    subscribed = Event.objects.subscribed_by(user).for_page(user).with_leads_of(user)
    subscriptions = Subscription.objects.owned_by(user).prefetch_related(reminders_shown())
    reports = EventReport.objects.owned_by(user)

    def url_of(event: Event) -> str:
        return request.build_absolute_uri(event.get_absolute_url())

    def calendar(events: QuerySet[Event]) -> Iterator[bytes]:
        return calendar_pieces(chain.from_iterable(_by_id(events)), url_of=url_of, leads_of=chosen_leads)

    files = [
        ("profile.json", [f"{json.dumps(ProfileSerializer(user).data, ensure_ascii=False, indent=2)}\n".encode()]),
        ("events.json", _array(EventSerializer(rows, many=True, context=context).data for rows in _by_id(own))),
        ("events.ics", calendar(own)),
        ("subscriptions.json", _array(SubscriptionSerializer(rows, many=True).data for rows in _by_id(subscriptions))),
        ("subscriptions.ics", calendar(subscribed)),
        ("reports.json", _array(ReportSerializer(rows, many=True).data for rows in _by_id(reports))),
        ("notifications.json", _array(NotificationSerializer(rows, many=True).data for rows in _inbox(user))),
    ]
    return zip_stream(files, at=at)


def _by_id(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    return chunks(rows.order_by("pk"), CHUNK)


def _inbox(user: User) -> Iterator[list[Notification]]:
    # Not by id: on MariaDB no index has a user's rows in that order, and it would walk everybody's.
    return chunks(Notification.objects.owned_by(user).latest_first(), CHUNK)


def _array(parts: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield a JSON array with one object per line."""
    start = "[\n"
    for part in parts:
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in part)
        yield f"{start}{lines}".encode()
        start = ",\n"
    yield b"[]\n" if start == "[\n" else b"\n]\n"
