"""Middleware for pages: their methods, language and compression, and the slash at the end of a URL."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware as DjangoLocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from config.web.middleware import GetResponse
from config.web.requests import READING_METHODS, is_api

# The methods that browsers use for pages and forms. Views may accept fewer.
PAGE_METHODS = ["GET", "HEAD", "POST"]
# Programs read the API, so its texts are the same for all of them.
API_LANGUAGE = "en"


class PageMethodsMiddleware:
    """Refuse methods that no form sends, except below /api/. Views would treat them like GET and show their page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in PAGE_METHODS and not is_api(request):
            return HttpResponseNotAllowed(PAGE_METHODS)
        return self.get_response(request)


class CommonMiddleware(DjangoCommonMiddleware):
    """Answer 404 to a write without a trailing slash. Clients would follow a redirect with a GET, without the body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in READING_METHODS and super().should_redirect_with_slash(request)


class LocaleMiddleware(DjangoLocaleMiddleware):
    """Answer in the language that the reader has chosen, or else in one that the browser asks for; the API in English.

    This middleware must be inside whitenoise, whose files are the same in every language, and outside everything that
    may answer with a page. The language is reset after the response, so that it does not leak into what the thread does
    next.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_api(request):
            with translation.override(API_LANGUAGE):
                return cast(HttpResponseBase, self.get_response(request))
        with translation.override(settings.LANGUAGE_CODE):
            response = cast(HttpResponseBase, super().__call__(request))
        # The chosen language is stored in a cookie.
        patch_vary_headers(response, ["Cookie"])
        return response


class PageCompressionMiddleware(GZipMiddleware):
    """Compress pages, but neither files nor responses of the API. Django pads them at random against BREACH.

    A page that contains an invite is not compressed if its URL has a query string. The page repeats its URL, so the
    compressed length would reveal how close a guess in the query string is to the invite.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if is_api(request) or not isinstance(response, HttpResponse):  # streaming responses
            return response
        is_page = response.get("Content-Type", "").startswith("text/html")
        if not is_page or (request.META.get("QUERY_STRING") and b"?invite=" in response.content):
            return response
        return super().process_response(request, response)
