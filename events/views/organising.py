"""Pages for organisers: post, edit, publish, cancel and delete an event, and message its subscribers."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.idempotency import once_by_form
from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from accounts.services import answer_once, attempt_once
from config.limits.rates import count_by
from config.web.forms import posted, refusals_as_messages, with_refusal_status
from config.web.typed_text import without_typed_text
from events.exceptions import EventCancelled
from events.forms import CancelForm, EventForm, MessageForm, copy_of, soon
from events.models import Announcement, Event
from events.presentation.preview import preview_of
from events.services import announce, cancel_event, create_event, delete_event, update_event, waiting_change
from events.views.access import on_own_event


@login_required
@never_cache
def new_event(request: AuthenticatedRequest) -> HttpResponse:
    return _post_event(request, soon(request.zone(), at=request.at()))


@on_own_event
def duplicate_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Show the form of a new event, filled in with the facts of this one."""
    return _post_event(request, copy_of(event, at=request.at()))


def _post_event(request: AuthenticatedRequest, initial: dict[str, Any]) -> HttpResponse:
    form = EventForm(posted(request), initial=initial)
    if form.is_valid() and not _is_preview(request):
        with form.refusals():
            event = _create_once(request, form)
            messages.success(request, _("Event posted.") if not event.is_draft else _("Draft saved."))
            return without_typed_text(request, redirect(event))
    return _render_form(request, form)


def _create_once(request: AuthenticatedRequest, form: EventForm) -> Event:
    """Post the event of a valid form. If this form has already posted one, return that, unless it has been deleted."""
    facts = form.facts()
    once = once_by_form(request, form, facts)
    return attempt_once(
        once,
        first=lambda: create_event(actor=request.user, at=request.at(), once=once, **facts),
        again=lambda pk: Event.objects.live().filter(pk=pk).first(),
    )


@on_own_event
def edit_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    form = EventForm(posted(request), event=event)
    if event.is_cancelled and not form.is_bound:
        messages.error(request, str(EventCancelled.message))
        return redirect(event)
    if form.is_valid() and not _is_preview(request):
        revision = form.cleaned_data["revision"]
        with form.refusals():
            at, changes = request.at(), form.changes()
            edited = update_event(event, actor=request.user, at=at, expected_revision=revision, **changes)
            notifies = form.changes_material and waiting_change(edited) is not None
            messages.success(request, _saved_text(edited, was_draft=event.is_draft, notifies=notifies, at=at))
            return without_typed_text(request, redirect(event))
    return _render_form(request, form, event)


def _saved_text(event: Event, *, was_draft: bool, notifies: bool = False, at: datetime) -> str:
    """Return what the page says after an event was changed, or a draft was changed or published."""
    if event.is_draft:
        return _("Draft saved.")
    if not was_draft:
        return _("Changes saved. Subscribers will be notified.") if notifies else _("Changes saved.")
    return _("Event published. People can now subscribe.") if not event.has_begun(at) else _("Event posted.")


def _is_preview(request: AuthenticatedRequest) -> bool:
    """Whether the form was sent to preview the event. Then nothing is saved."""
    return "preview" in request.POST


def _render_form(request: AuthenticatedRequest, form: EventForm, event: Event | None = None) -> HttpResponse:
    at, preview = request.at(), None
    planned, trouble = form.planned(), form.trouble(at=at)
    if _is_preview(request):
        preview = preview_of(form.written(), saved=event, author=request.user, at=at, zone=request.zone())
    if form.is_bound:
        form.refuse_times(at=at)
    context = {
        "form": form,
        "event": event,
        "has_begun": event is not None and event.has_begun(at),
        "is_over": event is not None and event.is_over(at),
        "preview": preview,
        "planned": planned,
        "trouble": trouble,
    }
    return render(request, "events/event_form.html", context)


@require_POST
@on_own_event
def publish_draft(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Publish a draft for everybody or for those who have the link. A published event stays as it is."""
    state = request.POST.get("state")
    if state not in {Event.State.PUBLIC, Event.State.PRIVATE}:
        raise BadRequest("A draft becomes public or private.")
    if event.is_draft:
        with refusals_as_messages(request):
            at, revision = request.at(), event.revision
            edited = update_event(event, actor=request.user, at=at, expected_revision=revision, state=state)
            messages.success(request, _saved_text(edited, was_draft=True, at=at))
    return redirect(event)


@on_own_event
def cancel_own_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    form = CancelForm(posted(request))
    if form.is_valid():
        with form.refusals():
            cancel_event(event, actor=request.user, at=request.at(), reason=form.cleaned_data["reason"])
            text = _("Event cancelled. Subscribers are being notified.")
            messages.success(request, text if event.subscriber_count else _("Event cancelled."))
            return without_typed_text(request, redirect(event))
    return render(request, "events/event_confirm_cancel.html", {"form": form, "event": event})


@on_own_event
def delete_own_event(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    if request.method == "POST":
        with refusals_as_messages(request):
            delete_event(event, actor=request.user, at=request.at())
            messages.success(request, _("“%(headline)s” deleted.") % {"headline": event.headline})
        return redirect("events:mine")
    context = {"event": event, "notifies": not event.is_cancelled and not event.is_over(request.at())}
    return render(request, "events/event_confirm_delete.html", context)


@on_own_event
def announce_to_subscribers(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    form = MessageForm(posted(request))
    if form.is_valid():
        with form.refusals():
            count = _announce_once(request, event, form).event.subscriber_count
            text = ngettext(
                "Message sent to %(n)d subscriber.",
                "Message sent to %(n)d subscribers.",
                count,
            )
            messages.success(request, text % {"n": count})
            return without_typed_text(request, redirect(event))
    page = render(request, "events/event_announce.html", {"form": form, "event": event})
    return with_refusal_status(page, form)


def _announce_once(request: AuthenticatedRequest, event: Event, form: MessageForm) -> Announcement:
    """Send the message of a valid form. If this form has already sent one, return that, which does not count twice."""
    message = form.cleaned_data["message"]
    once = once_by_form(request, form, {"message": message})

    def send() -> Announcement:
        count_by(request, "announce", request.user.pk)
        return announce(event, actor=request.user, at=request.at(), message=message, once=once)

    return answer_once(
        once, first=send, again=lambda pk: Announcement.objects.select_related("event").filter(pk=pk).first()
    )
