"""What machines ask of the site: is it alive, and is it ready?"""

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from config.database import database_now
from notifications.delivery.health import sweep_health


def alive(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether the database can be reached. A sweep that has stopped shows, but is no reason to send nobody here."""
    try:
        health = sweep_health(database_now())
    except DatabaseError:
        return JsonResponse({"database": False, "swept_seconds_ago": None}, status=503)
    age = health.seconds_since_sweep
    return JsonResponse({"database": True, "swept_seconds_ago": None if age is None else round(age, 1)})
