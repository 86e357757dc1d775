"""What the admins of all apps share: read-only rows, pages of large tables, and pages of objects with actions."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _


class CappedPaginator(Paginator):
    """Count at most MAX_COUNTED rows, so that pages stay cheap however large the table is."""

    MAX_COUNTED = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin pages querysets only
        # Without annotations, which may be queries of their own for each row.
        return rows.order_by().values("pk")[: self.MAX_COUNTED].count()

    @property
    def is_capped(self) -> bool:
        return self.count == self.MAX_COUNTED


class IsSetFilter(EmptyFieldListFilter):
    """Offer “Yes” and “No” for a time at which something happened, where Django says “Not empty” and “Empty”."""

    def choices(self, changelist: Any) -> Any:
        every, empty, filled = super().choices(changelist)
        return [every, {**filled, "display": _("Yes")}, {**empty, "display": _("No")}]


class ObjectPageMixin:
    """Let the template of an object's page know more: override `object_context`."""

    def object_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the template gets besides, for the object of the page."""
        raise NotImplementedError

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        obj = context["original"]
        if obj is not None:
            context |= self.object_context(request, obj)
        return super().render_change_form(request, context, *args, **options)  # type: ignore[misc]  # of ModelAdmin


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that are written by services and the sweep only. The admin shows them and cannot change them."""

    ordering = ["-id"]
    # The tables may be large, so rows are counted once and only up to a limit, and not for each filter.
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
