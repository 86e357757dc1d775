"""Requests as they are read: addresses and forms in UTF-8, whatever charset a header claims."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
UTF_8 = {"utf-8", "utf8"}


class Request(WSGIRequest):
    """Django decodes by whichever codec of Python's has the name that a Content-Type gives, and some are none for text:
    `charset=rot13` is a failure, on any request and outside of all middleware.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        header = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(header)
        except (ValueError, LookupError):
            self.content_type, self.content_params = header.partition(";")[0].strip().lower(), {}

    def _load_post_and_files(self) -> None:
        charset = (self.content_params or {}).get("charset", "utf-8")
        if self.content_type in FORMS and charset.lower() not in UTF_8:
            self._mark_post_parse_error()  # type: ignore[attr-defined]  # Django's, whose stubs lack it
            raise BadRequest("Forms are read as UTF-8.")
        super()._load_post_and_files()

    def parse_file_upload(self, META: Mapping[str, Any], post_data: Any) -> Any:  # noqa: N803 - Django's name
        try:
            return super().parse_file_upload(META, post_data)
        except LookupError as error:
            raise MultiPartParserError("The form's header is in no encoding of text.") from error


class Handler(WSGIHandler):
    request_class = Request
