"""Downloads of events for other calendar programs."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from events.calendars.writer import write_calendar
from events.presentation.promises import chosen_leads
from events.views.access import url_of, visible_event_or_404


@require_safe
def download_event(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the event as an iCalendar file. Subscribers get their leads as alarms."""
    event = visible_event_or_404(request, pk)
    content = write_calendar(
        [event], url_of=lambda each: request.build_absolute_uri(url_of(each, request)), leads_of=chosen_leads
    )
    headers = {
        "Content-Disposition": str(content_disposition_header(True, f"{slugify(event.headline)[:60] or 'event'}.ics")),
        "ETag": f'"{sha256(content).hexdigest()[:32]}"',
    }
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
    patch_cache_control(response, private=True, no_cache=True)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
