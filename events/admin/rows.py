"""The read-only admin of the rows that belong to an event."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from config.web.admin import IsSetFilter, ReadOnlyAdmin
from events.models import Announcement, Reminder, Removal, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "event", "created_at"]
    list_select_related = ["user", "event"]
    search_fields = ["=user__username", "=user__email"]
    search_help_text = gettext_lazy("Exact username or email address")


@admin.register(Removal)
class RemovalAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "event", "removed_at"]
    list_select_related = ["user", "event"]
    search_fields = ["=user__username", "=user__email"]
    search_help_text = gettext_lazy("Exact username or email address")


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["id", "user", "event", "lead", "due_at", "armed_for"]
    list_filter = [("due_at", IsSetFilter)]
    list_select_related = ["subscription__user", "event"]
    search_fields = ["=subscription__user__username", "=subscription__user__email"]
    search_help_text = gettext_lazy("Exact username or email address")

    @admin.display(ordering="subscription__user__username", description=gettext_lazy("user"))
    def user(self, reminder: Reminder) -> str:
        return str(reminder.subscription.user)


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    list_display = ["id", "event", "kind", "created_at", "due_at", "cursor", "last_subscription_id"]
    list_filter = ["kind", ("due_at", IsSetFilter)]
    list_select_related = ["event"]
    search_fields = ["event__headline", "text", "=request_id"]
