"""Every address that the site answers, read off the URL resolver, and who may do what there.

A new route without a line here fails the tests: say who may come.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

# Everybody may come.
OPEN = "open"
# Who has logged in: it is about themselves.
PERSONAL = "personal"
# What the reader may see of an event: the rest is not there.
SEEN_EVENT = "seen event"
# What somebody does about an event that they see.
ACT_ON_EVENT = "act on event"
# The author's alone.
OWN_EVENT = "own event"
# A subscription of one's own, by the event.
SUBSCRIBED_EVENT = "subscribed event"
# A subscription of one's own, by its id.
SUBSCRIPTION = "subscription"
# A login of one's own, by its id.
LOGIN = "login"
# What the API tells staff.
STAFF_READS = "staff reads"
# The admin's.
STAFF = "staff"

PAGE, FORM, DEED = "GET", "GET POST", "POST"

RULES: dict[str, dict[str, str]] = {
    # Pages about events
    "": {PAGE: OPEN},
    "events/new/": {FORM: PERSONAL},
    "events/mine/": {PAGE: PERSONAL},
    "events/month/<int:year>/<int:month>/": {PAGE: OPEN},
    "events/<int:pk>/": {PAGE: SEEN_EVENT},
    "events/<int:pk>/calendar.ics": {PAGE: SEEN_EVENT},
    "people/<str:username>/": {PAGE: OPEN},
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
    "events/<int:pk>/subscribe/": {DEED: ACT_ON_EVENT},
    "events/<int:pk>/leads/": {DEED: SUBSCRIBED_EVENT},
    "events/<int:pk>/unsubscribe/": {DEED: ACT_ON_EVENT},
    "subscriptions/": {PAGE: PERSONAL},
    # Pages about notifications
    "notifications/": {PAGE: PERSONAL},
    "notifications/latest/": {PAGE: PERSONAL},
    "notifications/read/": {DEED: PERSONAL},
    "notifications/read-all/": {DEED: PERSONAL},
    "notifications/preferences/": {FORM: PERSONAL},
    "notifications/test/": {DEED: PERSONAL},
    "notifications/unsubscribe/<str:token>/": {FORM: OPEN},
    "healthz": {PAGE: OPEN},
    "readyz": {PAGE: OPEN},
    # What browsers and search engines ask for
    "favicon.ico": {PAGE: OPEN},
    "robots.txt": {PAGE: OPEN},
    "site.webmanifest": {PAGE: OPEN},
    "sitemap.xml": {PAGE: OPEN},
    # Pages about people
    "accounts/signup/": {FORM: OPEN},
    "accounts/login/": {FORM: OPEN},
    "accounts/logout/": {DEED: OPEN},
    "accounts/language/": {DEED: OPEN},
    "accounts/profile/": {FORM: PERSONAL},
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
    "api/v1/users/<int:pk>/": {PAGE: PERSONAL},
    "api/v1/events/": {PAGE: OPEN, DEED: PERSONAL},
    "api/v1/events/<int:pk>/": {PAGE: SEEN_EVENT, "PUT PATCH DELETE": OWN_EVENT},
    "api/v1/events/<int:pk>/subscribe/": {DEED: ACT_ON_EVENT},
    "api/v1/events/<int:pk>/unsubscribe/": {DEED: ACT_ON_EVENT},
    "api/v1/events/<int:pk>/cancel/": {DEED: OWN_EVENT},
    "api/v1/events/<int:pk>/announce/": {DEED: OWN_EVENT},
    "api/v1/events/<int:pk>/subscribers/": {PAGE: OWN_EVENT},
    "api/v1/events/<int:pk>/subscribers/<int:user_id>/": {"DELETE": OWN_EVENT},
    "api/v1/subscriptions/": {PAGE: PERSONAL},
    "api/v1/subscriptions/<int:pk>/": {"GET PATCH DELETE": SUBSCRIPTION},
    "api/v1/notifications/": {PAGE: PERSONAL},
    "api/v1/notifications/unread-count/": {PAGE: PERSONAL},
    "api/v1/notifications/mark-read/": {DEED: PERSONAL},
}
# Of the admin's, everybody may come to the doors.
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
        """Return who may use the method here; None where the route does not take it."""
        if self.is_admin:
            return OPEN if self.pattern in ADMIN_DOORS else STAFF
        taken = "GET" if method == "HEAD" else method
        for methods, rule in RULES[self.pattern].items():
            if taken in methods.split():
                return rule
        return None

    @property
    def rules(self) -> set[str]:
        """Return all rules of the route: by one of them, what it does not take is refused or shown as a page."""
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
