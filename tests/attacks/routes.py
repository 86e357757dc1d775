"""List every URL of the site, from the URL resolver, and who may use it.

A new route without a line here fails the tests: add who may use it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

# For everybody.
OPEN = "open"
# For logged-in people, about themselves.
PERSONAL = "personal"
# About an event that the reader can see; otherwise it is not found.
SEEN_EVENT = "seen event"
# Actions on an event that the reader can see.
ACT_ON_EVENT = "act on event"
# For the event's organiser only.
OWN_EVENT = "own event"
# For a subscriber, about their subscription, by the event's id.
SUBSCRIBED_EVENT = "subscribed event"
# For a subscriber, about their subscription, by its id.
SUBSCRIPTION = "subscription"
# For the person who has uploaded the calendar, by its id.
CALENDAR_IMPORT = "calendar import"
# For the person whose login it is, by its id.
LOGIN = "login"
# For staff, in the API.
STAFF_READS = "staff reads"
# For staff, in the admin.
STAFF = "staff"

PAGE, FORM, DEED = "GET", "GET POST", "POST"

RULES: dict[str, dict[str, str]] = {
    # Pages about events
    "": {PAGE: OPEN},
    "events/new/": {FORM: PERSONAL},
    "events/mine/": {PAGE: PERSONAL},
    "events/import/": {FORM: PERSONAL},
    "events/import/<int:pk>/": {PAGE: CALENDAR_IMPORT},
    "events/import/<int:pk>/import.csv": {PAGE: CALENDAR_IMPORT},
    "events/import/<int:pk>/run/": {DEED: CALENDAR_IMPORT},
    "events/import/<int:pk>/stop/": {DEED: CALENDAR_IMPORT},
    "events/month/<int:year>/<int:month>/": {PAGE: OPEN},
    "events/<int:pk>/": {PAGE: SEEN_EVENT},
    "events/<int:pk>/promise/": {PAGE: SEEN_EVENT},
    "events/<int:pk>/own-time/": {PAGE: SEEN_EVENT},
    "events/<int:pk>/calendar.ics": {PAGE: SEEN_EVENT},
    "people/<str:username>/": {PAGE: OPEN},
    # Calendar feeds, one of which only its token opens
    "events.ics": {PAGE: OPEN},
    "people/<str:username>/events.ics": {PAGE: OPEN},
    "feeds/<str:token>.ics": {PAGE: OPEN},
    "events/<int:pk>/edit/": {FORM: OWN_EVENT},
    "events/<int:pk>/duplicate/": {FORM: OWN_EVENT},
    "events/<int:pk>/publish/": {DEED: OWN_EVENT},
    "events/<int:pk>/invite/": {FORM: OWN_EVENT},
    "events/<int:pk>/delete/": {FORM: OWN_EVENT},
    "events/<int:pk>/cancel/": {FORM: OWN_EVENT},
    "events/<int:pk>/announce/": {FORM: OWN_EVENT},
    "events/<int:pk>/delivery/": {PAGE: OWN_EVENT},
    "events/<int:pk>/subscribers/": {PAGE: OWN_EVENT},
    "events/<int:pk>/subscribers/remove/": {FORM: OWN_EVENT},
    "events/<int:pk>/subscribers/<int:user_pk>/remove/": {FORM: OWN_EVENT},
    "events/<int:pk>/subscribers/<int:user_pk>/allow/": {DEED: OWN_EVENT},
    "events/<int:pk>/report/": {FORM: ACT_ON_EVENT},
    "events/<int:pk>/subscribe/": {DEED: ACT_ON_EVENT},
    "events/<int:pk>/row/": {PAGE: ACT_ON_EVENT},
    "events/<int:pk>/row/subscribe/": {DEED: ACT_ON_EVENT},
    "events/<int:pk>/leads/": {DEED: SUBSCRIBED_EVENT},
    "events/<int:pk>/unsubscribe/": {DEED: ACT_ON_EVENT},
    "subscriptions/": {PAGE: PERSONAL},
    # Pages about notifications
    "notifications/": {PAGE: PERSONAL},
    "notifications/latest/": {PAGE: PERSONAL},
    "notifications/read/": {DEED: PERSONAL},
    "notifications/unread/": {DEED: PERSONAL},
    "notifications/undo/": {DEED: PERSONAL},
    "notifications/read-all/": {DEED: PERSONAL},
    "notifications/preferences/": {FORM: PERSONAL},
    "notifications/test/": {DEED: PERSONAL},
    "notifications/unsubscribe/<str:token>/": {FORM: OPEN},
    "healthz": {PAGE: OPEN},
    "readyz": {PAGE: OPEN},
    # Files that browsers and search engines request
    "favicon.ico": {PAGE: OPEN},
    "robots.txt": {PAGE: OPEN},
    "site.webmanifest": {PAGE: OPEN},
    "site.css": {PAGE: OPEN},
    "site-admin.css": {PAGE: OPEN},
    "site-icon.svg": {PAGE: OPEN},
    "sitemap.xml": {PAGE: OPEN},
    # Pages about people
    "accounts/signup/": {FORM: OPEN},
    "accounts/login/": {FORM: OPEN},
    "accounts/logout/": {DEED: OPEN},
    "accounts/language/": {DEED: OPEN},
    "accounts/settings/": {PAGE: PERSONAL},
    "accounts/profile/": {FORM: PERSONAL},
    "accounts/reminders/": {FORM: PERSONAL},
    "accounts/language-and-time/": {FORM: PERSONAL},
    "accounts/data/": {PAGE: PERSONAL},
    "accounts/time-zones/": {PAGE: OPEN},
    "accounts/calendar/": {FORM: PERSONAL},
    "accounts/calendar/renew/": {FORM: PERSONAL},
    "accounts/calendar/remove/": {FORM: PERSONAL},
    "accounts/delete/": {FORM: PERSONAL},
    "accounts/export/": {PAGE: PERSONAL},
    "accounts/sessions/": {PAGE: PERSONAL},
    "accounts/sessions/end-others/": {DEED: PERSONAL},
    "accounts/sessions/browser/<int:pk>/end/": {DEED: LOGIN},
    "accounts/sessions/api/<int:pk>/end/": {DEED: LOGIN},
    "accounts/email/": {FORM: PERSONAL},
    "accounts/email/send/": {DEED: PERSONAL},
    "accounts/email/cancel/": {DEED: PERSONAL},
    "accounts/email/confirm/<str:token>/": {FORM: PERSONAL},
    "accounts/email/undo/<str:token>/": {FORM: OPEN},
    "accounts/verify/send/": {DEED: PERSONAL},
    "accounts/verify/<str:token>/": {FORM: OPEN},
    "accounts/password-change/": {FORM: PERSONAL},
    "accounts/password-reset/": {FORM: OPEN},
    "accounts/password-reset/<uidb64>/<token>/": {FORM: OPEN},
    # The API
    "api/v1/": {PAGE: OPEN},
    "api/schema/": {PAGE: OPEN},
    "api/docs/": {PAGE: OPEN},
    "api/docs/feed/": {PAGE: OPEN},
    "api/v1/auth/signup/": {DEED: OPEN},
    "api/v1/auth/login/": {DEED: OPEN},
    "api/v1/auth/refresh/": {DEED: OPEN},
    "api/v1/auth/logout/": {DEED: OPEN},
    "api/v1/auth/feed-ticket/": {DEED: PERSONAL},
    "api/v1/users/": {PAGE: STAFF_READS},
    "api/v1/users/me/": {"GET PATCH DELETE": PERSONAL},
    "api/v1/users/me/calendar-feed/": {"GET POST DELETE": PERSONAL},
    "api/v1/users/<int:pk>/": {PAGE: PERSONAL},
    "api/v1/events/": {PAGE: OPEN, DEED: PERSONAL},
    "api/v1/events/<int:pk>/": {PAGE: SEEN_EVENT, "PUT PATCH DELETE": OWN_EVENT},
    "api/v1/events/<int:pk>/subscribe/": {DEED: ACT_ON_EVENT},
    "api/v1/events/<int:pk>/unsubscribe/": {DEED: ACT_ON_EVENT},
    "api/v1/events/<int:pk>/report/": {DEED: ACT_ON_EVENT},
    "api/v1/events/<int:pk>/cancel/": {DEED: OWN_EVENT},
    "api/v1/events/<int:pk>/announce/": {DEED: OWN_EVENT},
    "api/v1/events/<int:pk>/subscribers/": {PAGE: OWN_EVENT},
    "api/v1/events/<int:pk>/subscribers/<int:user_id>/": {"DELETE": OWN_EVENT},
    "api/v1/subscriptions/": {PAGE: PERSONAL},
    "api/v1/subscriptions/<int:pk>/": {"GET PATCH DELETE": SUBSCRIPTION},
    "api/v1/notifications/": {PAGE: PERSONAL},
    "api/v1/notifications/unread-count/": {PAGE: PERSONAL},
    "api/v1/notifications/mark-read/": {DEED: PERSONAL},
    "api/v1/notifications/mark-unread/": {DEED: PERSONAL},
}
# The admin's pages that everybody may open: login and logout.
ADMIN = "admin/"
ADMIN_DOORS = {"admin/login/", "admin/logout/"}


@dataclass(frozen=True)
class Route:
    pattern: str

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/v1/")

    @property
    def is_admin(self) -> bool:
        return self.pattern.startswith(ADMIN)

    def rule(self, method: str) -> str | None:
        """Return who may use the method here, or None if the route does not accept it."""
        if self.is_admin:
            return OPEN if self.pattern in ADMIN_DOORS else STAFF
        taken = "GET" if method == "HEAD" else method
        for methods, rule in RULES[self.pattern].items():
            if taken in methods.split():
                return rule
        return None

    @property
    def rules(self) -> set[str]:
        """Return all rules of the route. One of them decides about a method that it does not accept."""
        return {STAFF, OPEN} if self.is_admin else set(RULES[self.pattern].values())


def all_routes() -> list[Route]:
    return [Route(pattern) for pattern in dict.fromkeys(_walk(get_resolver()))]


def _walk(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        pattern = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield pattern
        else:
            yield from _walk(each, pattern)
