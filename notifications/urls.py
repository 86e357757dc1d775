"""Pages about notifications, and the probes."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.InboxView.as_view(), name="inbox"),
    path("notifications/read/", views.mark_read, name="mark_read"),
    path("notifications/read-all/", views.mark_all_read, name="mark_all_read"),
    path("events/<int:pk>/delivery/", views.show_delivery, name="delivery"),
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
]
