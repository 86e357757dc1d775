"""Pages about notifications, and health checks."""

from django.urls import path

from notifications.views import delivery, export, health, inbox, preferences

app_name = "notifications"
urlpatterns = [
    path("notifications/", inbox.InboxView.as_view(), name="inbox"),
    path("notifications/latest/", inbox.show_latest, name="latest"),
    path("notifications/read/", inbox.mark_read, name="mark_read"),
    path("notifications/unread/", inbox.mark_unread, name="mark_unread"),
    path("notifications/undo/", inbox.undo_mark_read, name="undo_mark_read"),
    path("notifications/read-all/", inbox.mark_all_read, name="mark_all_read"),
    path("notifications/preferences/", preferences.PreferencesView.as_view(), name="preferences"),
    path("notifications/test/", preferences.send_test, name="send_test"),
    path("notifications/unsubscribe/<str:token>/", preferences.unsubscribe, name="unsubscribe"),
    path("events/<int:pk>/delivery/", delivery.show_delivery, name="delivery"),
    path("accounts/export/", export.export_account, name="export"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
