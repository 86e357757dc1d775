"""The URLs of the API."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from accounts.api import views as accounts
from events.api import views as events
from notifications.api import views as notifications

router = DefaultRouter(use_regex_path=False)
router.include_format_suffixes = False
router.register("events", events.EventViewSet, basename="event")
router.register("subscriptions", events.SubscriptionViewSet, basename="subscription")
router.register("notifications", notifications.NotificationViewSet, basename="notification")

v1: list[URLPattern | URLResolver] = [
    path("", include(router.urls)),
    path("auth/signup/", accounts.SignupView.as_view(), name="signup"),
    path("auth/login/", accounts.LoginView.as_view(), name="login"),
    path("auth/refresh/", accounts.RefreshView.as_view(), name="refresh"),
    path("auth/logout/", accounts.LogoutView.as_view(), name="logout"),
    path("auth/feed-ticket/", accounts.FeedTicketView.as_view(), name="feed-ticket"),
    path("users/me/", accounts.MeView.as_view(), name="me"),
    path("users/me/calendar-feed/", events.CalendarFeedView.as_view(), name="calendar-feed"),
    path("users/", accounts.UserListView.as_view(), name="user-list"),
    path("users/<int:pk>/", accounts.UserView.as_view(), name="user-detail"),
]

app_name = "api"
urlpatterns = [
    path("v1/", include(v1)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        # OPTIONS is left out, because the page's template cannot show what REST framework would answer.
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", http_method_names=["get", "head"]),
        name="docs",
    ),
    path("docs/feed/", notifications.FeedDocumentationView.as_view(), name="feed-docs"),
]
