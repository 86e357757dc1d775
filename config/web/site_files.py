"""What browsers and search engines request at fixed URLs: icons, the manifest, robots.txt, the site's own colours."""

from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.environment.colours import palette_of

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
_PAGE_STYLES = """\
:root {{
  --accent: light-dark({light[accent]}, {dark[accent]});
  --accent-strong: light-dark({light[strong]}, {dark[strong]});
  --accent-soft: light-dark({light[soft]}, {dark[soft]});
  --on-accent: light-dark({light[on_accent]}, {dark[on_accent]});
}}
"""
_ADMIN_STYLES = """\
html:root {{
  --primary: light-dark({light[accent]}, {dark[soft]});
  --secondary: {light[strong]};
  --accent: {light[on_accent]};
  --header-color: {light[soft]};
  --header-bg: light-dark({light[strong]}, {deep});
  --breadcrumbs-fg: {light[soft]};
  --breadcrumbs-bg: light-dark({light[accent]}, {dark[soft]});
  --link-fg: light-dark({light[accent]}, {dark[accent]});
  --link-hover-color: light-dark({light[strong]}, {dark[strong]});
  --link-selected-fg: light-dark({light[strong]}, {dark[strong]});
  --selected-bg: light-dark({light[soft]}, {dark[soft]});
  --selected-row: light-dark({light[soft]}, {dark[soft]});
  --button-bg: {light[accent]};
  --button-hover-bg: {light[strong]};
  --default-button-bg: {light[strong]};
  --default-button-hover-bg: {light[accent]};
}}
#site-name svg {{
  color: {light[on_accent]};
}}
#site-name .brand-lines {{
  fill: {light[strong]};
  stroke: {light[strong]};
}}
"""
# As static/img/icon.svg.
_ICON = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="{colour}"/>\
<g fill="#fff" stroke="#fff" stroke-width="2.6" stroke-linecap="round"><path d="M10 7v18M16 11h8M16 21h5"/></g>\
<g fill="#fff"><circle cx="10" cy="11" r="3.4"/><circle cx="10" cy="21" r="3.4"/></g></svg>
"""
_for_a_day = cache_control(public=True, max_age=24 * 60 * 60)


@require_safe
@_for_a_day
def show_manifest(request: HttpRequest) -> JsonResponse:
    """Describe how the site looks when it is installed as an app."""
    manifest = {
        "id": "/",
        "name": settings.SITE_NAME,
        "description": _("Post events, subscribe to the ones you like, and get reminded on time."),
        "lang": request.LANGUAGE_CODE,
        "start_url": reverse("events:home"),
        "scope": "/",
        "display": "standalone",
        "theme_color": settings.SITE_ACCENT or THEME_COLOUR,
        "background_color": BACKGROUND_COLOUR,
        "icons": _icons(),
        "shortcuts": [
            {"name": _("Inbox"), "url": reverse("notifications:inbox")},
            {"name": _("Post an event"), "url": reverse("events:create")},
        ],
    }
    return JsonResponse(manifest, content_type="application/manifest+json")


def _icons() -> list[dict[str, str]]:
    """Return the icons of the site; only the one that takes its accent, if it has one of its own."""
    if settings.SITE_ACCENT:
        return [{**ICONS[0], "src": f"{reverse('site_icon')}?{settings.SITE_ACCENT[1:]}"}]
    return [{**icon, "src": static(icon["src"])} for icon in ICONS]


@require_safe
@_for_a_day
def show_styles(request: HttpRequest) -> HttpResponse:
    """Return the accent of the site as custom properties of static/css/base.css. Without an accent there are none."""
    text = _PAGE_STYLES if settings.SITE_ACCENT else ""
    return _styles(text)


@require_safe
@_for_a_day
def show_admin_styles(request: HttpRequest) -> HttpResponse:
    """Return the accent of the site as custom properties of static/css/admin.css."""
    text = _ADMIN_STYLES if settings.SITE_ACCENT else ""
    return _styles(text)


def _styles(text: str) -> HttpResponse:
    if text:
        text = text.format(**asdict(palette_of(settings.SITE_ACCENT)))
    return HttpResponse(text, content_type="text/css; charset=utf-8")


@require_safe
@_for_a_day
def show_icon(request: HttpRequest) -> HttpResponse:
    """Return the icon in the accent of the site."""
    return HttpResponse(_ICON.format(colour=settings.SITE_ACCENT or THEME_COLOUR), content_type="image/svg+xml")


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
