"""The API of events and subscriptions."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from accounts.api.serializers import PublicUserSerializer
from accounts.callers import caller
from accounts.idempotency import once_by_header
from accounts.requests import time_of
from accounts.services import Once, answer_once, attempt_once
from config.api.input import valid_input
from config.api.reads import is_plain
from config.limits.rates import count_by
from events import services
from events.api import documentation, reads
from events.api.filters import EventFilter
from events.api.preconditions import expected_revision, tagged
from events.api.serializers import (
    AnnounceSerializer,
    CalendarFeedSerializer,
    CancelSerializer,
    EventSerializer,
    ReportSerializer,
    SubscribeSerializer,
    SubscriptionSerializer,
)
from events.exceptions import NotAuthor
from events.models import Announcement, CalendarFeed, Event, Subscription
from events.querysets import EventQuerySet, reminders_shown, show_new_reminders


@documentation.events
class EventViewSet(ListModelMixin, GenericViewSet):
    """The events that you can see. Others are answered 404; changing one that isn’t yours is answered 403."""

    serializer_class = EventSerializer
    filterset_class = EventFilter
    lookup_value_converter = "int"

    def get_queryset(self, invite: str = "") -> EventQuerySet:
        user = self.request.user
        return Event.objects.visible_to(user, invite).for_page(user)

    def get_object(self, invite: str = "") -> Event:
        """Return the event of the URL. Unlike DRF's method, this does not apply the filters, which are for lists."""
        event: Event = get_object_or_404(self.get_queryset(invite), pk=self.kwargs["pk"])
        return event

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return reads.list_events(request) if is_plain(request) else super().list(request)

    def create(self, request: Request) -> Response:
        given = valid_input(self)
        once = once_by_header(request, given)
        event = attempt_once(
            once,
            first=lambda: self._posted(request, once, given),
            again=lambda pk: Event.objects.live().for_page(request.user).get(pk=pk),
        )
        response = self._answer(event, status=HTTPStatus.CREATED)
        response["Location"] = response.data["url"]
        return response

    def retrieve(self, request: Request, pk: int) -> HttpResponse:
        if is_plain(request):
            return reads.show_event(request, pk)
        event = self.get_object(request.query_params.get("invite", ""))
        return tagged(event, self.get_serializer(event).data)

    def update(self, request: Request, pk: int, *, partial: bool = False) -> Response:
        event = self.get_object()
        revision = expected_revision(request, event)
        changes = valid_input(self, event, partial=partial)
        event = services.update_event(
            event, actor=caller(request), at=time_of(request), expected_revision=revision, **changes
        )
        return self._shown(event)

    def partial_update(self, request: Request, pk: int) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: int) -> Response:
        event = self.get_object()
        revision = expected_revision(request, event)
        services.delete_event(event, actor=caller(request), at=time_of(request), expected_revision=revision)
        return Response(status=HTTPStatus.NO_CONTENT)

    @action(detail=True, methods=["post"], serializer_class=SubscribeSerializer)
    def subscribe(self, request: Request, pk: int) -> Response:
        """Subscribe to an event."""
        given = valid_input(self)
        # The service checks whether the caller may see the event, because it reads the event anyway to lock it.
        subscription = services.subscribe(Event(pk=pk), actor=caller(request), at=time_of(request), **given)
        show_new_reminders(subscription)
        return Response(SubscriptionSerializer(subscription).data, status=HTTPStatus.CREATED)

    @action(detail=True, methods=["post"], serializer_class=Serializer)
    def unsubscribe(self, request: Request, pk: int) -> Response:
        """Unsubscribe from an event, whether or not you were subscribed."""
        services.unsubscribe(self.get_object(), actor=caller(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    @action(detail=True, methods=["post"], serializer_class=CancelSerializer)
    def cancel(self, request: Request, pk: int) -> Response:
        """Cancel an event permanently and notify its subscribers."""
        event = self.get_object()
        services.cancel_event(event, actor=caller(request), at=time_of(request), **valid_input(self))
        return self._shown(event)

    @action(detail=True, methods=["post"], serializer_class=ReportSerializer)
    def report(self, request: Request, pk: int) -> Response:
        """Report an event to the site's staff."""
        event = self.get_object(request.query_params.get("invite", ""))
        given = valid_input(self)
        count_by(request, "report", request.user.pk)
        services.report_event(event, actor=caller(request), at=time_of(request), **given)
        return Response(status=HTTPStatus.NO_CONTENT)

    @action(detail=True, methods=["post"], serializer_class=AnnounceSerializer)
    def announce(self, request: Request, pk: int) -> Response:
        """Message the subscribers."""
        event = self.get_object()
        message = valid_input(self)["text"]
        once = once_by_header(request, {"message": message})

        def send() -> Announcement:
            count_by(request, "announce", request.user.pk)
            return services.announce(event, actor=caller(request), at=time_of(request), message=message, once=once)

        announcement = answer_once(once, first=send, again=lambda pk: Announcement.objects.get(pk=pk))
        return Response(self.get_serializer(announcement).data, status=HTTPStatus.CREATED)

    @action(detail=True, serializer_class=PublicUserSerializer, permission_classes=[IsAuthenticated])
    def subscribers(self, request: Request, pk: int) -> Response:
        """List the subscribers of your event, oldest subscription first."""
        event = self.get_object()
        if event.author_id != request.user.pk:
            raise NotAuthor
        rows = Subscription.objects.of_event(event).select_related("user").order_by("id")
        people = [row.user for row in self.paginate_queryset(rows) or []]
        return self.get_paginated_response(self.get_serializer(people, many=True).data)

    @action(
        detail=True,
        methods=["delete"],
        url_path="subscribers/<int:user_id>",
        serializer_class=Serializer,
        permission_classes=[IsAuthenticated],
    )
    def remove_subscriber(self, request: Request, pk: int, user_id: int) -> Response:
        """Remove a user from your event and keep them out, whether or not they are subscribed."""
        services.remove_subscriber(self.get_object(), actor=caller(request), user_id=user_id, at=time_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _posted(self, request: Request, once: Once | None, given: dict[str, Any]) -> Event:
        """Post an event, and return it as `for_page` would read it."""
        event = services.create_event(actor=caller(request), at=time_of(request), once=once, **given)
        event.is_subscribed = False  # type: ignore[attr-defined]  # an annotation
        return event

    def _shown(self, event: Event) -> Response:
        """Return the event as it is after a write, read again with its organiser and annotations. One query."""
        return self._answer(Event.objects.for_page(self.request.user).get(pk=event.pk))

    def _answer(self, event: Event, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return tagged(event, EventSerializer(event, context=self.get_serializer_context()).data, status=status)


@documentation.subscriptions
class SubscriptionViewSet(ListModelMixin, GenericViewSet):
    """Your subscriptions and their reminders, newest first."""

    serializer_class = SubscriptionSerializer
    permission_classes = [IsAuthenticated]
    filter_backends: list[Any] = []
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Subscription]:
        rows = Subscription.objects.owned_by(self.request.user)
        return rows.prefetch_related(reminders_shown()).order_by("-id")

    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def partial_update(self, request: Request, pk: int) -> Response:
        subscription = self.get_object()
        changes = valid_input(self, subscription, partial=True)
        services.set_leads(subscription, at=time_of(request), leads=changes.get("leads", subscription.leads))
        return self.retrieve(request, pk)

    def destroy(self, request: Request, pk: int) -> Response:
        services.unsubscribe(self.get_object().event, actor=caller(request))
        return Response(status=HTTPStatus.NO_CONTENT)


@documentation.calendar_feed
class CalendarFeedView(GenericAPIView):
    """Your calendar feed: the secret URL at which calendar programs read your events."""

    permission_classes = [IsAuthenticated]
    serializer_class = CalendarFeedSerializer

    def get(self, request: Request) -> Response:
        return self._answer(services.feed_of(caller(request)), status=HTTPStatus.OK)

    def post(self, request: Request) -> Response:
        feed = services.renew_feed(caller(request), at=time_of(request))
        return self._answer(feed, status=HTTPStatus.CREATED)

    def delete(self, request: Request) -> Response:
        services.remove_feed(caller(request))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _answer(self, feed: CalendarFeed | None, *, status: HTTPStatus) -> Response:
        path = reverse("events:personal_feed", args=[feed.token]) if feed else None
        url = self.request.build_absolute_uri(path) if path else None
        return Response(self.get_serializer({"url": url}).data, status=status)
