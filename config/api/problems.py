"""Problem details (RFC 9457): the format of all refusals of the API."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings

from config.errors import Refusal

CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="api"'
# What statuses mean that come from outside of views.
DETAIL_BY_STATUS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this URL. All URLs of this API end with a slash.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong, and the error has been logged.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database can’t be reached. Try again in a few seconds.",
}


@dataclass(frozen=True)
class Problem:
    """One refusal. `code` is stable and for programs. `detail` and the messages in `fields` are for people."""

    status: HTTPStatus
    code: str
    detail: str
    fields: dict[str, list[str]] | None = None

    def as_json(self) -> dict[str, Any]:
        # "about:blank" means that the title is that of the HTTP status (RFC 9457, section 4.2.1).
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
        }
        return body | {"fields": self.fields} if self.fields else body


class ProblemRenderer(JSONRenderer):
    media_type = CONTENT_TYPE
    format = "problem"


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an exception in a DRF view, or None if it was not expected: Django logs it then.

    Programs get application/problem+json. Browsers get the same problem details in a page of the browsable API.
    """
    problem = problem_of(exc)
    if problem is None:
        return None
    request = context["request"]
    if not isinstance(getattr(request, "accepted_renderer", None), BrowsableAPIRenderer):
        request.accepted_renderer = ProblemRenderer()
        request.accepted_media_type = CONTENT_TYPE
    return Response(problem.as_json(), status=problem.status, headers=_headers(exc, problem))


def problem_of(exc: Exception) -> Problem | None:
    """Return what an exception means to the caller, or None if it is a failure of the server."""
    match exc:
        case Refusal():
            return problem_of_refusal(exc)
        case Http404() | ObjectDoesNotExist():
            return Problem(HTTPStatus.NOT_FOUND, "not_found", "Not found, or you don’t have permission to see it.")
        case PermissionDenied():
            return Problem(HTTPStatus.FORBIDDEN, "permission_denied", "You don’t have permission to do that.")
        case RequestDataTooBig():
            limit = f"The request body can have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes."
            return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", limit)
        case UnreadablePostError():
            return Problem(HTTPStatus.BAD_REQUEST, "incomplete_body", "The request body is incomplete.")
        case DjangoValidationError():
            return _problem_of_input(as_serializer_error(exc))
        case exceptions.ValidationError():
            return _problem_of_input(exc.detail)
        case exceptions.APIException():
            return Problem(HTTPStatus(exc.status_code), str(exc.get_codes()), str(exc.detail))
    return None


def problem_of_status(status: HTTPStatus) -> Problem:
    """Return the problem for a response that no view has made, of which only the status is known."""
    return Problem(status, status.name.lower(), DETAIL_BY_STATUS.get(status, status.description or status.phrase))


def problem_of_refusal(refusal: Refusal) -> Problem:
    return Problem(
        refusal.status, refusal.code, str(refusal), {refusal.field: [str(refusal)]} if refusal.field else None
    )


def _problem_of_input(detail: Any) -> Problem:
    """Return the problem of invalid input. Errors that concern no field are in `detail`, the others in `fields`."""
    by_field = dict(detail) if isinstance(detail, dict) else {api_settings.NON_FIELD_ERRORS_KEY: detail}
    general = _messages(by_field.pop(api_settings.NON_FIELD_ERRORS_KEY, []))
    fields = {str(name): _messages(errors) for name, errors in by_field.items()}
    summary = " ".join(general) or f"Not valid: {', '.join(fields)}."
    return Problem(HTTPStatus.BAD_REQUEST, "invalid", summary, fields)


def _messages(errors: Any) -> list[str]:
    """Flatten DRF's errors of one field. Errors of an item in a list begin with the index of the item."""
    if isinstance(errors, dict):
        return [f"{key}: {message}" for key, value in errors.items() for message in _messages(value)]
    if isinstance(errors, list | tuple):
        return [message for each in errors for message in _messages(each)]
    return [str(errors)]


def _headers(exc: Exception, problem: Problem) -> dict[str, str]:
    headers = {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = getattr(exc, "auth_header", None) or CHALLENGE
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers
