"""How the API counts what one user writes. DRF asks once it knows who calls, whichever way they have logged in."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.limits.rates import count_write


class WriteThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; `RateLimited` says no, so that pages and API refuse alike."""
        count_write(request)
        return True
