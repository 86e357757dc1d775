"""The queue of what readers have reported about events."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.admin import may_suspend
from accounts.models import User
from accounts.requests import time_of
from config.web.admin import ObjectPageMixin, ReadOnlyAdmin
from events.models import Event, EventReport
from events.services import resolve_reports


class StateFilter(admin.SimpleListFilter):
    """Show open reports unless others are asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("resolved", _("Resolved")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("Unresolved")}, *others]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "resolved":
            return queryset.filter(is_open__isnull=True)
        return queryset if self.value() == "all" else queryset.unresolved()


@admin.register(EventReport)
class EventReportAdmin(ObjectPageMixin, ReadOnlyAdmin):
    """Reports, the oldest open ones first. Their pages lead to cancelling the event and suspending its organiser."""

    list_display = ["event", "open_count", "reason", "organiser", "reporter", "reported", "outcome", "details"]
    sortable_by = ["reported"]
    list_filter = [StateFilter, "reason"]
    list_select_related = ()  # see get_queryset
    search_fields = ["=event__id", "=event__author__username", "=reporter__username"]
    search_help_text = gettext_lazy("ID of an event, or exact username of an organiser or a reporter")
    fields = ["event", "organiser", "reason", "text", "reporter", "created_at", "resolved_at", "outcome"]
    readonly_fields = ["organiser"]
    change_form_template = "admin/events/eventreport/change_form.html"
    actions = ["dismiss_reports", "settle_reports"]

    def get_ordering(self, request: HttpRequest) -> Any:
        return ["-id"] if request.GET.get("state") else ["id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        # Not joined: MariaDB might begin with the users or events, and sort the reports of all of them.
        events = Prefetch("event", Event.objects.defer("description", "search_text").select_related("author"))
        return rows.with_open_count().prefetch_related(events, "reporter")

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.change_eventreport")

    @admin.display(ordering="id", description=gettext_lazy("reported"))
    def reported(self, report: EventReport) -> datetime:
        return report.created_at

    @admin.display(description=gettext_lazy("organiser"))
    def organiser(self, report: EventReport) -> User:
        organiser: User = report.event.author
        return organiser

    @admin.display(description=gettext_lazy("details"))
    def details(self, report: EventReport) -> str:
        return report.text if len(report.text) <= 100 else f"{report.text[:99]}…"

    @admin.display(description=gettext_lazy("open for this event"))
    def open_count(self, report: EventReport) -> int:
        count: int | None = report.open_count  # type: ignore[attr-defined]  # an annotation
        return count or 0

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(require_POST(self.resolve_all))
        return [path("<path:object_id>/resolve/", page, name="events_eventreport_resolve"), *super().get_urls()]

    def object_context(self, request: HttpRequest, obj: EventReport) -> dict[str, Any]:
        event, may_suspend_users = obj.event, request.user.has_perm("accounts.change_user")
        return {
            "open_count": self.open_count(obj),
            "can_resolve": self.has_resolve_permission(request) and obj.is_open,
            "can_cancel": request.user.has_perm("events.change_event") and event.takes_place,
            "can_suspend": may_suspend_users and event.author.is_active and may_suspend(request, event.author),
            "event_url": event.get_absolute_url() if event.deleted_at is None else "",
        }

    def resolve_all(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Resolve all open reports about the event of this one."""
        if not self.has_resolve_permission(request):
            raise PermissionDenied
        report = self.get_object(request, unquote(object_id))
        if report is None:
            raise Http404
        outcome = EventReport.Outcome.DISMISSED if "dismiss" in request.POST else EventReport.Outcome.ACTED
        self._resolve(request, EventReport.objects.filter(event=report.event), outcome)
        return redirect("admin:events_eventreport_changelist")

    @admin.action(description=gettext_lazy("Dismiss selected reports"), permissions=["resolve"])
    def dismiss_reports(self, request: HttpRequest, queryset: Any) -> None:
        self._resolve(request, queryset, EventReport.Outcome.DISMISSED)

    @admin.action(description=gettext_lazy("Mark selected reports as resolved"), permissions=["resolve"])
    def settle_reports(self, request: HttpRequest, queryset: Any) -> None:
        self._resolve(request, queryset, EventReport.Outcome.ACTED)

    def _resolve(self, request: HttpRequest, reports: Any, outcome: EventReport.Outcome) -> None:
        rows = list(reports.unresolved().select_related("event"))
        chosen = EventReport.objects.filter(pk__in=[each.pk for each in rows])
        count = resolve_reports(chosen, at=time_of(request), outcome=outcome)
        # All in one statement: there may be thousands about one event.
        LogEntry.objects.log_actions(
            request.user.pk,  # type: ignore[arg-type]  # staff have one
            rows,
            CHANGE,
            change_message=str(outcome.label),
        )
        text = ngettext("%(n)d report resolved.", "%(n)d reports resolved.", count) % {"n": count}
        self.message_user(request, text, messages.SUCCESS)
