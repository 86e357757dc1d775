"""The admin of users, API sessions and account emails, and the base class for the admins of outgoing emails."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.contrib.auth.forms import UserCreationForm as DjangoUserCreationForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.exceptions import EmailTaken
from accounts.forms import AdminLoginForm
from accounts.models import AccountMail, ApiSession, OutgoingMail, User
from accounts.requests import time_of
from accounts.services import (
    change_password,
    refuse_taken_address,
    register_user,
    request_deletion,
    request_email_change,
    update_profile,
)
from config.database import database_now
from config.web.admin import CappedPaginator, IsSetFilter, ReadOnlyAdmin
from config.web.forms import refusals_as_messages

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = gettext_lazy("Administration")
admin.site.login_form = AdminLoginForm

# Their pages would show complete refresh tokens to everybody who has the permission to view them.
admin.site.unregister([BlacklistedToken, OutstandingToken])


class AddressMixin(ModelForm):
    """Refuse an email address that another account has or can still take back."""

    request: HttpRequest  # set by UserAdmin.get_form

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        try:
            refuse_taken_address(email, user=self.instance if self.instance.pk else None, at=time_of(self.request))
        except EmailTaken as refusal:
            raise ValidationError(refusal.message, refusal.code) from refusal
        return email


class UserChangeForm(AddressMixin, DjangoUserChangeForm):
    def clean_default_leads(self) -> list[int]:
        """Return no reminders if the field is empty, which JSON reads as null."""
        leads: list[int] | None = self.cleaned_data["default_leads"]
        return leads or []


class UserCreationForm(AddressMixin, DjangoUserCreationForm):
    class Meta(DjangoUserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class PasswordForm(AdminPasswordChangeForm):
    """Set or remove a user's password. Either ends all of their sessions, and they are notified by email."""

    def save(self, commit: bool = True) -> User:
        user: User = self.user
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        change_password(user, password=password, at=database_now())  # Django gives this form no request
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Change and delete users by calling services. What suspends them is in `events/admin/organisers.py`.

    Only superusers may change members of staff, or anybody's permissions.
    """

    # Ids are given in the order of creation, and finding the newest by them costs nothing.
    ordering = ["-id"]
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["username", "email", "password1", "password2"]})]
    fieldsets = [
        (None, {"fields": ["username", "email", "pending_email", "password"]}),
        (gettext_lazy("Settings"), {"fields": ["time_zone", "language", "default_leads"]}),
        (
            gettext_lazy("Permissions"),
            {"fields": ["may_log_in", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (
            gettext_lazy("History (UTC)"),
            {"fields": ["date_joined", "last_login", "email_verified_at", "deletion_requested_at"]},
        ),
    ]
    readonly_fields = [
        "may_log_in",
        "pending_email",
        "date_joined",
        "last_login",
        "email_verified_at",
        "deletion_requested_at",
    ]
    list_display = ["username", "email", "created", "is_active", "is_staff", "time_zone", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", ("deletion_requested_at", IsSetFilter)]
    search_fields = ["username", "email"]

    @admin.display(ordering="id", description=gettext_lazy("created"))
    def created(self, user: User) -> datetime:
        return user.date_joined

    @admin.display(boolean=True, description=gettext_lazy("active"))
    def may_log_in(self, user: User) -> bool:
        """Return `is_active`, which only suspending and reactivating change."""
        return user.is_active

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fields

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.request = request  # Django makes a class of its own for each request
        return form

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or may_touch(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_suspend(request, obj))

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if change:
            columns = {field.name for field in User._meta.concrete_fields}
            changes = {name: form.cleaned_data[name] for name in form.changed_data if name in columns}
            email = changes.pop("email", "")
            if email and email != form.initial["email"]:  # a change of case alone is no change
                self._request_email_change(request, obj, email)
            update_profile(obj, **changes)
        else:
            password = form.cleaned_data["password1"]
            obj.pk = register_user(username=obj.username, email=obj.email, password=password, at=time_of(request)).pk

    def _request_email_change(self, request: HttpRequest, user: User, email: str) -> None:
        """Request the new address as the account's owner would.

        It must be confirmed first, so a typing error by staff does not give the account to a stranger.
        """
        with refusals_as_messages(request):
            request_email_change(user, email=email, at=time_of(request))
            self.message_user(
                request,
                _("The new address %(email)s takes effect once it’s confirmed with the link we sent there.")
                % {"email": email},
                messages.WARNING,
            )

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """List only the accounts, because the sweep deletes what belongs to them after notifying their subscribers."""
        protected = [str(user) for user in objs if not may_suspend(request, user)]
        return [str(user) for user in objs], {str(User._meta.verbose_name_plural): len(objs)}, set(), protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        request_deletion(obj, at=time_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        at = time_of(request)
        for user in queryset:
            request_deletion(user, at=at)


def may_touch(request: HttpRequest, user: User) -> bool:
    """Return whether this member of staff may act on the user.

    Only superusers may act on staff; otherwise staff could make themselves superusers.
    """
    return request.user.is_superuser or not (user.is_staff or user.is_superuser)


def may_suspend(request: HttpRequest, user: User) -> bool:
    """Return whether this member of staff may suspend or delete the user. Nobody may do that to their own account."""
    return may_touch(request, user) and user.pk != request.user.pk


@admin.register(ApiSession)
class ApiSessionAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "created_at", "revoked_at"]
    list_filter = [("revoked_at", IsSetFilter)]
    list_select_related = ["user"]
    search_fields = ["=user__username", "=user__email"]
    search_help_text = gettext_lazy("Exact username or email address")


class MailStateFilter(admin.SimpleListFilter):
    """Split emails as their column “state” does."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = {"waiting": _("waiting"), "sent": _("sent"), "failed": _("failed"), "obsolete": _("obsolete")}
        return [(name, capfirst(label)) for name, label in states.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "waiting":
                return queryset.owed()
            case "sent":
                return queryset.filter(sent_at__isnull=False)
            case "failed":
                return queryset.filter(given_up_at__isnull=False)
            case "obsolete":
                return queryset.filter(sent_at__isnull=True, given_up_at__isnull=True, due_at__isnull=True)
        return queryset


class OutgoingMailAdmin(ReadOnlyAdmin):
    """Show what became of emails: sent, given up for the reason in `last_error`, or to be tried again at `due_at`."""

    list_filter = [MailStateFilter]

    @admin.display(description=gettext_lazy("state"))
    def state(self, mail: OutgoingMail) -> str:
        if mail.sent_at:
            return _("sent")
        if mail.given_up_at:
            return _("failed")
        return _("waiting") if mail.due_at else _("obsolete")


@admin.register(AccountMail)
class AccountMailAdmin(OutgoingMailAdmin):
    list_display = ["id", "type", "address", "state", "created_at", "due_at", "tries", "sent_at", "last_error"]
    search_fields = ["=address"]
    search_help_text = gettext_lazy("Exact email address")

    @admin.display(ordering="kind", description=gettext_lazy("type"))
    def type(self, mail: AccountMail) -> str:
        return mail.get_kind_display()
