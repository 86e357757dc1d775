"""The admin of users, with what needs their events: suspending and reactivating them."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import UserAdmin, may_suspend, may_touch
from accounts.models import User
from accounts.requests import time_of
from config.web.admin import ObjectPageMixin
from events.exceptions import InvalidText
from events.presentation.suspension import suspensions_of
from events.services import Fate, reinstate_organiser, suspend_organiser
from events.text_limits import MAX_MESSAGE_LENGTH

admin.site.unregister(User)


@admin.register(User)
class OrganiserAdmin(ObjectPageMixin, UserAdmin):
    """Suspend and reactivate users, from their page or from the list, after a page that says what that does."""

    change_form_template = "admin/accounts/user/change_form.html"
    actions = ["suspend_users", "reinstate_users"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/suspend/", view(self.suspend_one), name="accounts_user_suspend"),
            path("<path:object_id>/reactivate/", view(self.reinstate_one), name="accounts_user_reactivate"),
            *super().get_urls(),
        ]

    def object_context(self, request: HttpRequest, obj: User) -> dict[str, Any]:
        may_change = self.has_change_permission(request, obj)
        return {
            "can_suspend": may_change and obj.is_active and may_suspend(request, obj),
            "can_reactivate": may_change and not obj.is_active and obj.deletion_requested_at is None,
        }

    def suspend_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self._changeable(request, object_id)
        if user is None:
            raise Http404
        if not may_suspend(request, user):
            raise PermissionDenied
        response = self._suspend(request, [user], user=user) if request.method == "POST" else None
        return response or self._ask(request, "suspend", [user], user=user)

    def reinstate_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        user = self._changeable(request, object_id)
        if user is None:
            raise Http404
        if request.method != "POST":
            return self._ask(request, "reactivate", [user], user=user)
        self._reinstate(request, [user], user=user)
        return redirect("admin:accounts_user_change", user.pk)

    @admin.action(description=gettext_lazy("Suspend selected users"), permissions=["change"])
    def suspend_users(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        users = list(queryset)
        if "confirmed" not in request.POST:
            if possible := [user for user in users if may_suspend(request, user)]:
                return self._ask(request, "suspend", possible, chosen=users)
            self._report(request, [], "", "", skipped=len(users))
            return None
        return self._suspend(request, users)

    @admin.action(description=gettext_lazy("Reactivate selected users"), permissions=["change"])
    def reinstate_users(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        users = list(queryset)
        if "confirmed" not in request.POST:
            return self._ask(request, "reactivate", [user for user in users if may_touch(request, user)], chosen=users)
        self._reinstate(request, users)
        return None

    def _fates(self, request: HttpRequest) -> list[Fate]:
        """Return what this member of staff may let happen to events: no more than they may do to events themselves."""
        rights = {Fate.CANCEL: "events.change_event", Fate.DELETE: "events.delete_event"}
        return [fate for fate in Fate if fate == Fate.KEEP or request.user.has_perm(rights[fate])]

    def _changeable(self, request: HttpRequest, object_id: str) -> User | None:
        """Return the user of a page, or None if there is none.

        Raises:
            PermissionDenied: this member of staff may not change the user.
        """
        user: User | None = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    def _suspend(self, request: HttpRequest, users: list[User], *, user: User | None = None) -> HttpResponse | None:
        """Suspend those whom this member of staff may suspend. Ask again if the form is invalid.

        Returns None if the list should be shown next.
        """
        at, reason = time_of(request), request.POST.get("reason", "")
        possible = [each for each in users if may_suspend(request, each)]
        try:
            fate = Fate(request.POST.get("fate", ""))
            if fate not in self._fates(request):
                raise PermissionDenied
            were_active = [suspend_organiser(each, at=at, fate=fate, reason=reason) for each in possible]
        except (ValueError, InvalidText) as error:
            text = str(error) if isinstance(error, InvalidText) else _("Choose what happens to their events.")
            self.message_user(request, text, messages.ERROR)
            return self._ask(request, "suspend", possible, chosen=users, user=user)
        # The events of somebody who was suspended before can still be cancelled or deleted.
        changed = [each for each, was in zip(possible, were_active, strict=True) if was or fate != Fate.KEEP]
        done = {
            Fate.KEEP: _("Suspended; events kept. %(reason)s"),
            Fate.CANCEL: _("Suspended; upcoming events cancelled. %(reason)s"),
            Fate.DELETE: _("Suspended; all events deleted. %(reason)s"),
        }[fate]
        entry, text = ((done % {"reason": each}).strip() for each in (reason, ""))
        if user is None:
            text = _("Suspended: %(n)d.") % {"n": len(changed)}
        self._report(request, changed, entry, text, skipped=len(users) - len(changed))
        return redirect("admin:accounts_user_change", user.pk) if user else None

    def _reinstate(self, request: HttpRequest, users: list[User], *, user: User | None = None) -> None:
        at = time_of(request)
        changed = [each for each in users if may_touch(request, each) and reinstate_organiser(each, at=at)]
        text = _("Reactivated.") if user else _("Reactivated: %(n)d.") % {"n": len(changed)}
        self._report(request, changed, _("Reactivated."), text, skipped=len(users) - len(changed))

    def _report(self, request: HttpRequest, changed: list[User], entry: str, text: str, *, skipped: int) -> None:
        """Log `entry` in the history of those who were changed, and say `text` if there are any."""
        for user in changed:
            self.log_change(request, user, entry)
        if changed:
            self.message_user(request, text, messages.SUCCESS)
        if skipped:
            self.message_user(request, _("Skipped (not applicable): %(n)d.") % {"n": skipped}, messages.WARNING)

    def _ask(
        self,
        request: HttpRequest,
        action: str,
        users: list[User],
        *,
        chosen: list[User] | None = None,
        user: User | None = None,
    ) -> TemplateResponse:
        """Return the page that says what suspending or reactivating these users does.

        It is asked for by the action on the list, with `chosen`, or by the page of `user`.
        """
        at: datetime = time_of(request)
        people = suspensions_of(users, at=at)
        titles = {
            "suspend": _("Suspend user") if user else _("Suspend users"),
            "reactivate": _("Reactivate user") if user else _("Reactivate users"),
        }
        context = {
            **self.admin_site.each_context(request),
            "title": titles[action],
            "opts": self.opts,
            "user_of_page": user,
            "people": people,
            "chosen": chosen or [],
            "event_count": sum(each.event_count for each in people),
            "kept_count": sum(each.kept_count for each in people),
            "upcoming_count": sum(each.upcoming_count for each in people),
            "subscription_count": sum(each.subscription_count for each in people),
            "fates": self._fates(request),
            "fate": request.POST.get("fate", Fate.KEEP),
            "reason": request.POST.get("reason", ""),
            "max_reason_length": MAX_MESSAGE_LENGTH,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, f"admin/accounts/user/confirm_{action}.html", context)
