"""Content negotiation of the API."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class ContentNegotiation(DefaultContentNegotiation):
    """Negotiate as REST framework does, without parsing the headers that nearly all programs send."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = renderers[0]
        accepts_first = request.META.get("HTTP_ACCEPT", "*/*") in {"*/*", first.media_type}
        if accepts_first and not format_suffix and "format" not in request.query_params:
            return first, str(first.media_type)
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen
