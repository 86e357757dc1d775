"""The API of the inbox, and the page that documents the live feed."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.callers import caller
from config.api.input import valid_input
from config.api.reads import is_plain
from config.database import database_now
from events.local_time import utc_text
from notifications.api import documentation, reads
from notifications.api.filters import NotificationFilter
from notifications.api.serializers import (
    MarkReadSerializer,
    MarkUnreadSerializer,
    NotificationSerializer,
    UnreadSerializer,
)
from notifications.inbox import reading
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet
from notifications.wording import Locale


@documentation.notifications
class NotificationViewSet(ListModelMixin, GenericViewSet):
    """Your notifications, newest first."""

    permission_classes = [IsAuthenticated]
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter

    def get_queryset(self) -> NotificationQuerySet:
        return Notification.objects.owned_by(self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        """Say in which locale lists are worded; the filter has refused one that is not understood."""
        context = dict(super().get_serializer_context())
        if self.action == "list":
            context |= {"locale": Locale.parse(self.request.query_params), "at": timezone.now()}
        return context

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return reads.list_notifications(request) if is_plain(request) else super().list(request)

    @action(detail=False, url_path="unread-count", serializer_class=UnreadSerializer)
    def unread_count(self, request: Request) -> Response:
        """Count your unread notifications."""
        return Response({"unread": self.get_queryset().unread().count()})

    @action(detail=False, methods=["post"], url_path="mark-read", serializer_class=MarkReadSerializer)
    def mark_read(self, request: Request) -> Response:
        """Mark notifications as read on all of your devices."""
        given = valid_input(self)
        at = database_now()
        if "ids" in given:
            unread = reading.mark_read(caller(request), ids=given["ids"], at=at)
        else:
            unread = reading.mark_all_read(caller(request), up_to=given["up_to"], at=at)
        return Response({"unread": unread, "read_at": utc_text(at)})

    @action(detail=False, methods=["post"], url_path="mark-unread", serializer_class=MarkUnreadSerializer)
    def mark_unread(self, request: Request) -> Response:
        """Mark notifications as unread again on all of your devices."""
        given = valid_input(self)
        if "ids" in given:
            unread = reading.mark_unread(caller(request), ids=given["ids"])
        else:
            unread = reading.undo_mark_read(caller(request), read_at=given["read_at"])
        return Response({"unread": unread})


class FeedDocumentationView(TemplateView):
    """Documentation of the WebSocket, with a form that opens one."""

    template_name = "api/feed.html"

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        # Without a port, the feed has the same origin as this page.
        feed = {"port": settings.FEED_PORT, "ticket_url": reverse("api:feed-ticket")}
        return super().get_context_data(
            **options, feed=feed, docs=reverse("api:docs"), check_seconds=settings.FEED_POSITION_CHECK_SECONDS
        )
