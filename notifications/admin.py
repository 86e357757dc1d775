"""The read-only admin of notifications, their emails and the heartbeat. The admin's index shows the sweep's health."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin import OutgoingMailAdmin
from config.web.admin import IsSetFilter, ReadOnlyAdmin
from notifications.models import Heartbeat, NoticeMail, Notification, ProcessHeartbeat


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "recipient",
        "kind",
        "headline",
        "lead",
        "created_at",
        "read_at",
        "superseded_at",
        "emailed_at",
    ]
    list_filter = ["kind", ("read_at", IsSetFilter), ("superseded_at", IsSetFilter)]
    list_select_related = ["recipient"]
    # Search for whole values only, because this is the largest table and those can be found through an index.
    search_fields = ["=recipient__username", "=recipient__email"]
    search_help_text = _("Exact username or email address")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["swept_at", "missed_count", "zone_rules"]


@admin.register(ProcessHeartbeat)
class ProcessHeartbeatAdmin(ReadOnlyAdmin):
    ordering = ["kind"]
    list_display = ["kind", "worked_at", "delivered_at", "failing_since", "failure_count"]


@admin.register(NoticeMail)
class NoticeMailAdmin(OutgoingMailAdmin):
    list_display = ["id", "recipient", "state", "created_at", "due_at", "tries", "sent_at", "last_error"]
    list_select_related = ["recipient"]
    search_fields = ["=recipient__username", "=recipient__email"]
    search_help_text = _("Exact username or email address")
