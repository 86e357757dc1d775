"""The delivery report, which shows organisers what the subscribers of an event have been notified of."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from events.models import Event
from events.views.access import on_own_event
from notifications.delivery.proof import proof_of


@require_safe
@on_own_event
def show_delivery(request: AuthenticatedRequest, event: Event) -> HttpResponse:
    """Show the organiser which notifications subscribers have received, and how many have read them."""
    proof = proof_of(event, zone=request.zone(), at=request.at())
    return render(request, "notifications/event_delivery.html", {"event": event, "proof": proof})
