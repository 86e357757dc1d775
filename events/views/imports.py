"""Pages that import a calendar file: uploading it, what would happen, the import itself, and its report."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from config.database import database_now, read_id
from config.errors import Refusal
from config.limits.rates import RateLimited, count_by
from config.web.forms import refusals_as_messages, with_refusal_status
from config.web.uploads import accepts_file
from events.calendars import read_calendar
from events.forms import MAX_FILE_BYTES, ImportForm, file_too_large
from events.models import CalendarImport
from events.presentation.imports import csv_lines, page_of
from events.services import (
    ImportReport,
    one_at_a_time,
    plan_of,
    report_of,
    run_import,
    stop_import,
    store_import,
)

# How many of the last imports the page lists.
LISTED = 10


@csrf_exempt  # the token is in the body; `_receive_file` checks it once the body may be read
@login_required
@never_cache
def import_calendar(request: AuthenticatedRequest) -> HttpResponse:
    """Show the form, or read the file that was sent with it. Nothing reads the body before it is known to be allowed.

    nginx leads here with `too-large` if it has refused a body itself.
    """
    if request.method != "POST":
        return _render_form(
            request, ImportForm.refused(file_too_large()) if "too-large" in request.GET else ImportForm()
        )
    refusal = _refuse_unread(request)
    return _render_form(request, ImportForm.refused(refusal)) if refusal else _receive_file(request)


def _refuse_unread(request: AuthenticatedRequest) -> Refusal | None:
    """Return why the body of an upload is not read at all; None if it may be."""
    try:
        count_by(request, "import", request.user.pk)
    except RateLimited as refusal:
        return refusal
    return None if accepts_file(request, max_bytes=MAX_FILE_BYTES) else file_too_large()


@csrf_protect
def _receive_file(request: AuthenticatedRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        with form.refusals():
            with one_at_a_time():
                calendar = read_calendar(form.cleaned_data["file"].read(), default_zone=request.zone())
            return redirect(store_import(calendar, actor=request.user, at=request.at(), **form.facts()))
    return _render_form(request, form)


def _render_form(request: AuthenticatedRequest, form: ImportForm) -> HttpResponse:
    imports = CalendarImport.objects.owned_by(request.user).kept(request.at()).for_list()[:LISTED]
    return with_refusal_status(render(request, "events/import_form.html", {"form": form, "imports": imports}), form)


@require_safe
@login_required
@never_cache
def show_import(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Show what an import would do, before it is confirmed; after that, what it has done."""
    imported = _own_import(request, pk)
    with refusals_as_messages(request):
        page = page_of(imported, _report(request, imported), at=request.at())
        return render(request, "events/import_detail.html", {"imported": imported, "page": page})
    return redirect("events:import")


@require_safe
@login_required
@never_cache
def download_report(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Return the whole plan or report as a table for spreadsheets."""
    imported, root = _own_import(request, pk), request.build_absolute_uri("/").rstrip("/")
    with refusals_as_messages(request):
        lines = csv_lines(imported, _report(request, imported), at=request.at(), root=root)
        response = HttpResponse(b"".join(lines), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="import-{imported.pk}.csv"'
        return response
    return redirect("events:import")


def _report(request: AuthenticatedRequest, imported: CalendarImport) -> ImportReport:
    """Return the plan of an import, or its report once it was confirmed.

    Raises:
        InvalidCalendar: the plan can no longer be computed.
    """
    return plan_of(imported, actor=request.user, at=request.at()) if imported.is_planned else report_of(imported)


@require_POST
@login_required
def run_own_import(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Confirm an import or continue it, and return to its page."""
    imported = _own_import(request, pk)
    with refusals_as_messages(request), one_at_a_time():
        run_import(imported, actor=request.user, clock=database_now, cancel=_chosen(request))
    return redirect(imported)


def _chosen(request: AuthenticatedRequest) -> set[int]:
    """Return the ids of the events to cancel because they vanished from the file."""
    ids = [*request.POST.getlist("cancel"), *request.POST.get("cancel_all", "").split()]
    try:
        return {read_id(each) for each in ids}
    except ValueError as error:
        raise BadRequest("Events are chosen by their ids.") from error


@require_POST
@login_required
def stop_own_import(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Discard a plan, or stop an import that is not finished."""
    imported = _own_import(request, pk)
    stopped: CalendarImport | None = imported
    with refusals_as_messages(request):
        stopped = stop_import(imported, actor=request.user, at=request.at())
    if stopped is None:
        messages.success(request, _("Nothing was imported."))
        return redirect("events:import")
    return redirect(imported)


def _own_import(request: AuthenticatedRequest, pk: int) -> CalendarImport:
    found: CalendarImport = get_object_or_404(CalendarImport.objects.owned_by(request.user).kept(request.at()), pk=pk)
    return found
