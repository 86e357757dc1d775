"""Pages about events."""

from django.urls import path

from events import views

app_name = "events"
urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("events/new/", views.new_event, name="create"),
    path("events/mine/", views.MyEventsView.as_view(), name="mine"),
    path("events/<int:pk>/", views.show_event, name="detail"),
    path("events/<int:pk>/edit/", views.edit_event, name="edit"),
    path("events/<int:pk>/delete/", views.delete_own_event, name="delete"),
    path("events/<int:pk>/cancel/", views.cancel_own_event, name="cancel"),
    path("events/<int:pk>/announce/", views.announce_to_subscribers, name="announce"),
    path("events/<int:pk>/subscribe/", views.subscribe_to_event, name="subscribe"),
    path("events/<int:pk>/leads/", views.change_leads, name="leads"),
    path("events/<int:pk>/unsubscribe/", views.unsubscribe_from_event, name="unsubscribe"),
    path("subscriptions/", views.MySubscriptionsView.as_view(), name="subscriptions"),
]
