"""The admin of events: read-only, but staff can cancel and delete them on the organiser's behalf."""

from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.requests import time_of
from config.errors import Refusal
from config.web.admin import IsSetFilter, ObjectPageMixin, ReadOnlyAdmin
from events.exceptions import InvalidText
from events.models import Event, EventReport
from events.services import cancel_event, delete_event, resolve_reports
from events.text_limits import MAX_MESSAGE_LENGTH

# Lists of rows that belong to one event, by app and model. The last belongs to an app that imports this one.
RELATED_LISTS = {
    ("events", "subscription"): gettext_lazy("Subscriptions"),
    ("events", "removal"): gettext_lazy("Removed subscribers"),
    ("events", "reminder"): gettext_lazy("Reminders"),
    ("events", "announcement"): gettext_lazy("Changes and messages"),
    ("events", "eventreport"): gettext_lazy("Reports"),
    ("notifications", "notification"): gettext_lazy("Notifications"),
}


class WhenFilter(admin.SimpleListFilter):
    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("upcoming", _("Upcoming")), ("past", _("Past"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "upcoming":
            return queryset.upcoming(time_of(request))
        if self.value() == "past":
            return queryset.past(time_of(request))
        return queryset


@admin.register(Event)
class EventAdmin(ObjectPageMixin, ReadOnlyAdmin):
    """Events, which only their organisers edit, on pages. Actions run in the organiser's name and are logged."""

    list_display = [
        "headline",
        "author",
        "created",
        "begins",
        "state",
        "cancelled_at",
        "deleted_at",
        "subscriber_count",
        "notified_at",
    ]
    list_filter = [
        WhenFilter,
        "state",
        "all_day",
        ("cancelled_at", IsSetFilter),
        ("deleted_at", IsSetFilter),
    ]
    list_select_related = ()  # see get_queryset
    date_hierarchy = "starts_at"
    change_form_template = "admin/events/event/change_form.html"
    search_fields = ["search_text"]
    search_help_text = gettext_lazy("Part of the title, location or description, or the organiser’s exact username")
    fieldsets = [
        (None, {"fields": ["headline", "author", "state", "location", "description"]}),
        (gettext_lazy("Time (UTC)"), {"fields": ["starts_at", "ends_at", "over_at", "all_day", "time_zone"]}),
        (
            gettext_lazy("History (UTC)"),
            {"fields": ["created_at", "updated_at", "revision", "cancelled_at", "deleted_at", "uid_digest"]},
        ),
        (gettext_lazy("Reminders"), {"fields": ["subscriber_count", "notified_at", "rearm_cursor", "related_lists"]}),
    ]
    readonly_fields = ["related_lists"]
    actions = ["cancel_events"]

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        return request.user.has_perm("events.delete_event")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.change_event")

    def get_queryset(self, request: HttpRequest) -> Any:
        # Not joined: if there are few users, MariaDB would begin with them, and sort all events.
        return super().get_queryset(request).defer("description", "search_text").prefetch_related("author")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.matching(term) | queryset.filter(author__username=term), False

    @admin.display(ordering="id", description=gettext_lazy("created"))
    def created(self, event: Event) -> datetime:
        """Return when the event was posted. Ids are given in that order, so an index has it."""
        return event.created_at

    @admin.display(ordering="starts_at", description=gettext_lazy("starts"))
    def begins(self, event: Event) -> str:
        """Return the start in the event's own time zone."""
        return str(event.first_day) if event.all_day else f"{event.local_starts_at:%Y-%m-%d %H:%M} {event.time_zone}"

    @admin.display(description=gettext_lazy("Related records"))
    def related_lists(self, event: Event) -> SafeString:
        """Return links to the lists that this member of staff may view."""
        viewer: User = event.viewer  # type: ignore[attr-defined]  # set by object_context
        links = [
            (reverse(f"admin:{app}_{model}_changelist"), event.pk, title)
            for (app, model), title in RELATED_LISTS.items()
            if viewer.has_perm(f"{app}.view_{model}")
        ]
        return (
            format_html_join(", ", '<a href="{}?event__id__exact={}">{}</a>', links) or self.get_empty_value_display()
        )

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """List only the events, because the sweep purges their related rows later, once subscribers are notified."""
        return [str(event) for event in objs], {str(Event._meta.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Event) -> None:
        self.delete_queryset(request, Event.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for event in queryset.live().select_related("author"):
            with suppress(Event.DoesNotExist):  # deleted meanwhile
                delete_event(event, actor=event.author, at=time_of(request))
                _resolve_reports(event, at=time_of(request))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Lead back to the list, where Django leads only those who may change events."""
        super().response_delete(request, obj_display, obj_id)
        has_list = self.has_view_permission(request)
        return redirect("admin:events_event_changelist" if has_list else "admin:index")

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.cancel_one)
        return [path("<path:object_id>/cancel/", page, name="events_event_cancel"), *super().get_urls()]

    def object_context(self, request: HttpRequest, obj: Event) -> dict[str, Any]:
        """Offer to cancel the event. It can be deleted from the page that asks whether to cancel it, or after that."""
        obj.viewer = request.user  # type: ignore[attr-defined]  # for related_lists, which gets no request
        may_cancel = self.has_cancel_permission(request) and _can_be_cancelled(obj, at=time_of(request))
        may_delete = obj.deleted_at is None and self.has_delete_permission(request, obj)
        return {"can_cancel": may_cancel, "can_delete": may_delete and not may_cancel, "show_delete": False}

    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason and a confirmation, and cancel the event."""
        if not self.has_cancel_permission(request):
            raise PermissionDenied
        event = self.get_object(request, unquote(object_id))
        if event is None:
            raise Http404
        if request.method != "POST" and not event.is_cancelled:
            return self._confirm_cancel(request, Event.objects.filter(pk=event.pk), event=event)
        reason = request.POST.get("reason", "")
        try:
            refused = _cancel(event, at=time_of(request), reason=reason)
        except InvalidText as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._confirm_cancel(request, Event.objects.filter(pk=event.pk), event=event)
        if refused:
            self.message_user(request, refused, messages.ERROR)
        else:
            self.log_change(request, event, (_("Cancelled. %(reason)s") % {"reason": reason}).strip())
            text = _("Event cancelled. Subscribers are being notified.")
            self.message_user(request, text if event.subscriber_count else _("Event cancelled."), messages.SUCCESS)
        return redirect("admin:events_event_change", event.pk)

    @admin.action(description=gettext_lazy("Cancel selected events"), permissions=["cancel"])
    def cancel_events(self, request: HttpRequest, queryset: Any) -> TemplateResponse | None:
        """Ask for a reason and a confirmation, because it is final. Then cancel the events that can be cancelled, and
        report which could not be and why.
        """
        if "confirmed" not in request.POST:
            return self._confirm_cancel(request, queryset)
        reason = request.POST.get("reason", "")
        cancelled = 0
        refused: Counter[str] = Counter()
        for event in queryset.select_related("author"):
            try:
                outcome = _cancel(event, at=time_of(request), reason=reason)
            except InvalidText as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
                return self._confirm_cancel(request, queryset)
            if outcome:
                refused[outcome] += 1
            else:
                cancelled += 1
                self.log_change(request, event, (_("Cancelled. %(reason)s") % {"reason": reason}).strip())
        if cancelled:
            done = ngettext(
                "%(n)d event cancelled. Subscribers are being notified.",
                "%(n)d events cancelled. Subscribers are being notified.",
                cancelled,
            )
            self.message_user(request, done % {"n": cancelled}, messages.SUCCESS)
        for why, count in refused.items():
            self.message_user(request, _("Skipped: %(n)d. %(why)s") % {"n": count, "why": why}, messages.WARNING)
        return None

    def _confirm_cancel(self, request: HttpRequest, queryset: Any, *, event: Event | None = None) -> TemplateResponse:
        """Return the page that asks; for the action on the list, or for the event whose page has led there."""
        events, at = list(queryset.select_related("author")), time_of(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cancel events") if event is None else _("Cancel event"),
            "opts": self.opts,
            "event": event,
            "can_delete": event is not None and self.has_delete_permission(request, event),
            "events": events,
            "subscriber_count": sum(each.subscriber_count for each in events if _can_be_cancelled(each, at=at)),
            "reason": request.POST.get("reason", ""),
            "max_reason_length": MAX_MESSAGE_LENGTH,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/events/event/confirm_cancel.html", context)


def _cancel(event: Event, *, at: datetime, reason: str) -> str:
    """Cancel the event in its organiser's name. Return why that is not possible, or "" on success.

    Raises:
        InvalidText: the reason is too long or contains invalid characters.
    """
    if event.is_cancelled:
        return _("The event has already been cancelled.")
    try:
        cancel_event(event, actor=event.author, at=at, reason=reason)
    except Event.DoesNotExist:
        return _("The event has been deleted.")
    except InvalidText:
        raise
    except Refusal as refusal:
        return str(refusal)
    _resolve_reports(event, at=at)
    return ""


def _resolve_reports(event: Event, *, at: datetime) -> None:
    """Resolve what readers have reported about an event that staff have cancelled or deleted."""
    resolve_reports(EventReport.objects.filter(event=event), at=at, outcome=EventReport.Outcome.ACTED)


def _can_be_cancelled(event: Event, *, at: datetime) -> bool:
    return event.takes_place and not event.is_draft and not event.is_over(at)
