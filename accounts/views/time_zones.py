"""The search for time zones: which places are suggested while somebody types one."""

from django.http import JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from accounts.cities import places_meant, suggested_places
from accounts.requests import ReaderRequest

# Offsets change with the seasons, and what a page says depends on its language, which a cookie contains.
MAX_AGE_SECONDS = 3600
MAX_LETTERS = 64


@require_safe
@vary_on_cookie
def suggest_time_zones(request: ReaderRequest) -> JsonResponse:
    """Answer with the places that the text `q` may begin, in words, and whether it already means a single one."""
    text, at = request.GET.get("q", "")[:MAX_LETTERS], request.at()
    places = [
        {"name": place.name, "zone": place.zone, "label": f"{place.zone}, {place.offset(at)}"}
        for place in suggested_places(text)
    ]
    count = ngettext("%(n)d suggestion", "%(n)d suggestions", len(places)) % {"n": len(places)}
    response = JsonResponse(
        {
            "places": places,
            "said": count if places else _("No suggestions"),
            "is_meant": len(places_meant(text)) == 1,
        }
    )
    patch_cache_control(response, private=True, max_age=MAX_AGE_SECONDS)
    return response
