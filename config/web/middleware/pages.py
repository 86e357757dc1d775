"""What holds for pages only: their methods, their language, their compression, and the slash at the end of a URL."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware as DjangoLocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from config.web.middleware import GetResponse
from config.web.requests import is_api

# What a form can send. Views accept fewer, and say so.
PAGE_METHODS = ["GET", "HEAD", "POST"]
# Programs read the API, so its texts are the same for all of them.
API_LANGUAGE = "en"


class PageMethodsMiddleware:
    """Refuse what no form sends everywhere but below /api/: views would take it for a GET and show their page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in PAGE_METHODS and not is_api(request):
            return HttpResponseNotAllowed(PAGE_METHODS)
        return self.get_response(request)


class CommonMiddleware(DjangoCommonMiddleware):
    """Leave a write without its trailing slash a 404: a client would follow a redirect with a GET, without the body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in {"GET", "HEAD"} and super().should_redirect_with_slash(request)


class LocaleMiddleware(DjangoLocaleMiddleware):
    """Answer in the language that the reader has chosen, else in one that their browser asks for; the API in English.

    Inside whitenoise, whose files are the same in every language, and outside all that may answer with a page. The
    language ends with the answer: whatever this thread does next has its own.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_api(request):
            with translation.override(API_LANGUAGE):
                return cast(HttpResponseBase, self.get_response(request))
        with translation.override(settings.LANGUAGE_CODE):
            response = cast(HttpResponseBase, super().__call__(request))
        # The choice is a cookie.
        patch_vary_headers(response, ["Cookie"])
        return response


class PageCompressionMiddleware(GZipMiddleware):
    """Compress pages, padded at random as Django does against BREACH; neither files nor what the API answers.

    Nor a page that holds an invite when its address brings anything: it repeats its address, and its length would say
    how near a guess comes.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if is_api(request) or not isinstance(response, HttpResponse):  # one that is sent while it is written
            return response
        is_page = response.get("Content-Type", "").startswith("text/html")
        if not is_page or (request.META.get("QUERY_STRING") and b"?invite=" in response.content):
            return response
        return super().process_response(request, response)
