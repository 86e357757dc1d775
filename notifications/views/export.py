"""The download of a user's data export."""

from django.http import HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from accounts.logins import login_required
from accounts.requests import AuthenticatedRequest
from config.limits.rates import count_by
from notifications.export import export_of


@require_safe
@login_required
def export_account(request: AuthenticatedRequest) -> HttpResponseBase:
    """Send a zip with everything that belongs to the user."""
    count_by(request, "export", request.user.pk)
    at = request.at().astimezone(request.zone())
    name = f"event-manager-{request.user.username}-{at:%Y-%m-%d}.zip"
    return StreamingHttpResponse(
        export_of(request.user, request=request, at=at) if request.method == "GET" else (),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
