"""Pages about notifications, and the probes."""

from django.urls import path

from notifications import mail_views, views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.InboxView.as_view(), name="inbox"),
    path("notifications/latest/", views.show_latest, name="latest"),
    path("notifications/read/", views.mark_read, name="mark_read"),
    path("notifications/read-all/", views.mark_all_read, name="mark_all_read"),
    path("notifications/preferences/", mail_views.PreferencesView.as_view(), name="preferences"),
    path("notifications/test/", mail_views.send_test, name="send_test"),
    path("notifications/unsubscribe/<str:token>/", mail_views.unsubscribe, name="unsubscribe"),
    path("events/<int:pk>/delivery/", views.show_delivery, name="delivery"),
    path("accounts/export/", views.export_account, name="export"),
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
]
