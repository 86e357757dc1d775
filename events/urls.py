"""Pages about events."""

from django.urls import path

from events.views import (
    account,
    browsing,
    calendar_feeds,
    calendar_link,
    calendars,
    event,
    imports,
    organising,
    subscribers,
)

app_name = "events"
urlpatterns = [
    path("", browsing.HomeView.as_view(), name="home"),
    path("events.ics", calendar_feeds.show_feed, name="feed"),
    path("people/<str:username>/events.ics", calendar_feeds.show_organiser_feed, name="organiser_feed"),
    path("feeds/<str:token>.ics", calendar_feeds.show_personal_feed, name="personal_feed"),
    path("events/new/", organising.new_event, name="create"),
    path("events/import/", imports.import_calendar, name="import"),
    path("events/import/<int:pk>/", imports.show_import, name="calendar_import"),
    path("events/import/<int:pk>/run/", imports.run_own_import, name="run_import"),
    path("events/import/<int:pk>/stop/", imports.stop_own_import, name="stop_import"),
    path("events/import/<int:pk>/import.csv", imports.download_report, name="import_report"),
    path("events/mine/", browsing.MyEventsView.as_view(), name="mine"),
    path("events/month/<int:year>/<int:month>/", browsing.MonthView.as_view(), name="month"),
    path("events/<int:pk>/", event.show_event, name="detail"),
    path("events/<int:pk>/calendar.ics", calendars.download_event, name="calendar"),
    path("events/<int:pk>/edit/", organising.edit_event, name="edit"),
    path("events/<int:pk>/duplicate/", organising.duplicate_event, name="duplicate"),
    path("events/<int:pk>/publish/", organising.publish_draft, name="publish"),
    path("events/<int:pk>/invite/", subscribers.renew_own_invite, name="renew_invite"),
    path("events/<int:pk>/delete/", organising.delete_own_event, name="delete"),
    path("events/<int:pk>/cancel/", organising.cancel_own_event, name="cancel"),
    path("events/<int:pk>/announce/", organising.announce_to_subscribers, name="announce"),
    path("events/<int:pk>/subscribers/", subscribers.show_subscribers, name="subscribers"),
    path("events/<int:pk>/subscribers/remove/", subscribers.remove_old_invite_subscribers, name="remove_old_invite"),
    path("events/<int:pk>/subscribers/<int:user_pk>/remove/", subscribers.remove_one_subscriber, name="remove"),
    path("events/<int:pk>/subscribers/<int:user_pk>/allow/", subscribers.allow_removed, name="allow"),
    path("events/<int:pk>/subscribe/", event.subscribe_to_event, name="subscribe"),
    path("events/<int:pk>/leads/", event.change_leads, name="leads"),
    path("events/<int:pk>/unsubscribe/", event.unsubscribe_from_event, name="unsubscribe"),
    path("people/<str:username>/", browsing.OrganiserView.as_view(), name="organiser"),
    path("subscriptions/", browsing.MySubscriptionsView.as_view(), name="subscriptions"),
    path("accounts/calendar/", calendar_link.show_calendar_link, name="calendar_link"),
    path("accounts/calendar/renew/", calendar_link.renew_calendar_link, name="renew_calendar_link"),
    path("accounts/calendar/remove/", calendar_link.remove_calendar_link, name="remove_calendar_link"),
    path("accounts/delete/", account.delete_account, name="delete_account"),
]
