"""Health checks for machines: whether the process is alive, and whether the site is ready."""

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from config.database import database_now
from notifications.health.mails import mail_health
from notifications.health.sweeps import sweep_health


def alive(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive, without asking the database or Redis."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer whether the database can be reached, when the last sweep ran, and how delivery and emails are doing.

    A sweep that has stopped does not make the site unready, because pages and the API still work.
    """
    try:
        at = database_now()
        health = sweep_health(at)
        mail = mail_health(at, health.processes)
    except DatabaseError:
        found = {"database": False, "swept_seconds_ago": None, "delivery": None, "mail": None}
        return JsonResponse(found, status=503)
    age = health.seconds_since_sweep
    return JsonResponse(
        {
            "database": True,
            "swept_seconds_ago": None if age is None else round(age, 1),
            "delivery": health.state,
            "mail": mail.state,
        }
    )
