"""Links that open an event or a feed in other calendars, an event's location on a map, and its meeting online.

Neither Google nor Microsoft documents its links.
"""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import segno
from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from linkify_it import LinkifyIt

from events import locations
from events.models import Event
from events.presentation.rail import BrowsingQuery

register = template.Library()

# Locations that say how to call or log in, and are nowhere on a map. Map services should not learn them.
NOT_ON_MAP = re.compile(
    r"""
    \b[a-z][a-z0-9+.-]*://
    | \b(?:tel|sips?|mailto|callto|facetime|skype|msteams):
    | \bwww\.
    | \S@\S
    | \w\.[a-z]{2,}/\S
    | \b(?:online|virtual(?:ly)?(?!\ reality)|virtuelle?[nrs]?|webinar|live[\ -]?stream)\b
    | \b(?:zoom|webex|jitsi|skype|gotomeeting|bigbluebutton|(?:ms|microsoft)[\ -]teams|google\ meet)\b
    | meeting[\W_]?id | dial-?in\b | einwahl
    | pass(?:code|word|wort) | kenn(?:code|wort) | zugangs-?(?:code|daten)
    | \b(?:pass|pwd?|pin|code)\s*[:=]
    | \b(?:pwd?|pin|code)\s*\d
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Finds URLs that are written without "http", by their top-level domains.
_url_finder = LinkifyIt()


@register.simple_tag
def google_calendar(event: Event, page: str) -> str:
    """Return the URL that opens Google Calendar with the event; `page` is the event's URL without an invite."""
    start, end = _span(event)
    moment = "%Y%m%d" if event.all_day else "%Y%m%dT%H%M%SZ"
    given = {
        "text": event.headline,
        "dates": f"{start:{moment}}/{end:{moment}}",
        "location": event.location,
        "details": page,
    }
    return f"https://calendar.google.com/calendar/render?{urlencode({'action': 'TEMPLATE', **given})}"


@register.simple_tag
def outlook_calendar(event: Event, page: str) -> str:
    """Return the URL that opens Outlook on the web with the event; `page` is the event's URL without an invite."""
    start, end = _span(event)
    moment = "%Y-%m-%d" if event.all_day else "%Y-%m-%dT%H:%M:%SZ"
    given = {
        "subject": event.headline,
        "startdt": f"{start:{moment}}",
        "enddt": f"{end:{moment}}",
        "allday": "true" if event.all_day else "false",
        "location": event.location,
        "body": page,
    }
    action = {"path": "/calendar/action/compose", "rru": "addevent"}
    return f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode({**action, **given})}"


@register.simple_tag
def search_feed(query: BrowsingQuery) -> str:
    """Return the path of the feed with all upcoming events that the query's text finds."""
    path = reverse("events:feed")
    return f"{path}?{urlencode({'q': query.text}, quote_via=quote)}" if query.text else path


@register.simple_tag
def public_feed_name(part: str) -> str:
    """Return the name of a feed of public events; `part` is an organiser or the text of a search, or empty."""
    return ": ".join(filter(None, [settings.SITE_NAME, part]))


@register.simple_tag
def personal_feed_name() -> str:
    """Return the name of the user's own feed."""
    return _("%(site)s: my calendar") % {"site": settings.SITE_NAME}


# Fragments fill in `scheme` and `host` afterwards. Until then they are placeholders, which must stay as they are.


@register.simple_tag
def webcal_feed(host: str, path: str) -> str:
    """Return the URL that opens the feed in the calendar of the device: Apple's, and most others that are installed."""
    return f"webcal://{host}{path}"


@register.simple_tag
def google_feed(host: str, path: str) -> str:
    """Return the URL that adds the feed to Google Calendar. With "https", Google would take it for an email address."""
    return f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{host}{quote(path, safe='')}"


@register.simple_tag
def outlook_feed(scheme: str, host: str, path: str, name: str) -> str:
    """Return the URL that adds the feed to Outlook on the web as a calendar of this name."""
    url = f"{scheme}%3A%2F%2F{host}{quote(path, safe='')}"
    return f"https://outlook.live.com/calendar/0/addfromweb?url={url}&name={quote(name, safe='')}"


@register.filter
def qr_code(text: str) -> SafeString:
    """Return the text as a QR code: an inline SVG, black on white in dark pages, too, because cameras expect that."""
    code = segno.make_qr(text, error="m")
    return SafeString(
        code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    )


@register.filter
def map_link(location: str) -> str:
    """Return the URL of a map search for the location; empty if the event takes place online or by phone.

    Map services keep what people search for, and the URL of a meeting often contains its password.
    """
    if NOT_ON_MAP.search(location) or _url_finder.test(location):
        return ""
    return f"https://www.openstreetmap.org/search?{urlencode({'query': location})}"


@register.filter
def join_link(location: str) -> str:
    """Return the URL of the "Join" button: the first https URL in the location, or ""."""
    return locations.join_url(location)


def _span(event: Event) -> tuple[datetime, datetime]:
    """Return start and end: local midnights if the event is all-day, otherwise in UTC.

    An event without an end lasts one day if it is all-day, otherwise one hour.
    """
    if event.all_day:
        return event.local_starts_at, event.local_ends_at or event.local_starts_at + timedelta(days=1)
    return event.starts_at.astimezone(UTC), (event.ends_at or event.starts_at + timedelta(hours=1)).astimezone(UTC)
