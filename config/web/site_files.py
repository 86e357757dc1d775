"""What browsers and search engines request at fixed URLs: icons, the manifest and robots.txt."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

ICONS = [
    {"src": "img/icon.svg", "sizes": "any", "type": "image/svg+xml"},
    {"src": "img/icon-192.png", "sizes": "192x192", "type": "image/png"},
    {"src": "img/icon-512.png", "sizes": "512x512", "type": "image/png"},
    {"src": "img/icon-maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
]
# The colour of the icon, and the background of light pages (static/css/base.css) while the app starts.
THEME_COLOUR, BACKGROUND_COLOUR = "#00664a", "#f5f9f7"
# Disallowed are pages that would only redirect a crawler to the login, and what is not a page. Calendar feeds are not,
# because Google obeys this when it reads a calendar to which somebody has subscribed; they have a header instead.
ROBOTS = """\
User-agent: *
Allow: /accounts/login/$
Allow: /accounts/signup/$
Disallow: /accounts/
Disallow: /admin/
Disallow: /api/
Disallow: /events/mine/
Disallow: /events/new/
Disallow: /notifications/
Disallow: /subscriptions/
"""
_for_a_day = cache_control(public=True, max_age=24 * 60 * 60)


@require_safe
@_for_a_day
def show_manifest(request: HttpRequest) -> JsonResponse:
    """Describe how the site looks when it is installed as an app."""
    manifest = {
        "id": "/",
        "name": _("Event manager"),
        "description": _("Post events, subscribe to the ones you like, and get reminded on time."),
        "lang": request.LANGUAGE_CODE,
        "start_url": reverse("events:home"),
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME_COLOUR,
        "background_color": BACKGROUND_COLOUR,
        "icons": [{**icon, "src": static(icon["src"])} for icon in ICONS],
        "shortcuts": [
            {"name": _("Inbox"), "url": reverse("notifications:inbox")},
            {"name": _("Post an event"), "url": reverse("events:create")},
        ],
    }
    return JsonResponse(manifest, content_type="application/manifest+json")


@require_safe
@_for_a_day
def show_robots(request: HttpRequest) -> HttpResponse:
    """List the paths that crawlers should not read. This protects nothing: the pages check permissions."""
    text = f"{ROBOTS}\nSitemap: {request.build_absolute_uri(reverse('sitemap'))}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
@_for_a_day
def show_favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon. Browsers request this URL for pages that do not name an icon."""
    return HttpResponsePermanentRedirect(static("img/icon-192.png"))
