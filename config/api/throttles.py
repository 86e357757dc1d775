"""The rate limit of writes in the API. DRF asks for it after authentication, so it counts by user."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.limits.rates import count_write


class WriteThrottle(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request. It is refused by raising RateLimited, as on pages."""
        count_write(request)
        return True
