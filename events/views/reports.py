"""The page on which a reader reports an event to the site's staff."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.requests import AuthenticatedRequest
from config.limits.rates import count_by
from config.web.forms import posted, refusals_as_messages, with_refusal_status
from config.web.typed_text import without_typed_text
from events.exceptions import OwnEventReported
from events.forms import ReportForm
from events.models import Event
from events.services import has_open_report, report_event
from events.views.access import on_event, url_of


@on_event
def report_to_staff(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    if event.author_id == request.user.pk:
        with refusals_as_messages(request):
            raise OwnEventReported
        return redirect(event)
    form = ReportForm(posted(request))
    if form.is_valid():
        with form.refusals():
            count_by(request, "report", request.user.pk)
            report_event(event, actor=request.user, at=request.at(), **form.cleaned_data)
            messages.success(request, _("Thank you. We’ll look into it."))
            return without_typed_text(request, redirect(url_of(event, request)))
    context = {
        "form": form,
        "event": event,
        "event_url": url_of(event, request),
        "is_reported": has_open_report(event, reader=request.user),
    }
    return with_refusal_status(render(request, "events/event_report.html", context), form)
