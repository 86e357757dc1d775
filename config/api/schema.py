"""The OpenAPI schema: problem details, and what all operations have in common."""

from collections import defaultdict
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import exceptions, serializers

from config.api.problems import CONTENT_TYPE, Problem, problem_of, problem_of_refusal, problem_of_status
from config.errors import Refusal
from config.limits.rates import RateLimited

# Header parameters and responses of every read, for ConditionalReadMiddleware (config/web/middleware/conditional.py).
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETags that you have; the answer is 304 if one of them is still current.",
    "schema": {"type": "string"},
}
ETAG = {"description": "Stays the same as long as the response does.", "schema": {"type": "string"}}
NOT_MODIFIED = {"description": "Not modified: the ETag matches If-None-Match.", "headers": {"ETag": ETAG}}
# Links from a response to the next operation, for programs that explore the API. By operation, status and link name.
LINKS: dict[tuple[str, str, str], dict[str, Any]] = {
    ("auth_login_create", "200", "Refresh"): {
        "operationId": "auth_refresh_create",
        "requestBody": {"refresh": "$response.body#/refresh"},
    },
    ("auth_refresh_create", "200", "LogOut"): {
        "operationId": "auth_logout_create",
        "requestBody": {"refresh": "$response.body#/refresh"},
    },
    ("events_list", "200", "Subscribe"): {
        "operationId": "events_subscribe_create",
        "parameters": {"id": "$response.body#/results/0/id"},
        "requestBody": {"leads": [60]},
    },
    ("events_subscribe_create", "201", "ShowSubscription"): {
        "operationId": "subscriptions_retrieve",
        "parameters": {"id": "$response.body#/id"},
    },
    ("events_create", "201", "Announce"): {
        "operationId": "events_announce_create",
        "parameters": {"id": "$response.body#/id"},
    },
}
UNSAFE = {"post", "put", "patch", "delete"}

BAD_REQUEST = "BadRequest"
INVALID = Problem(HTTPStatus.BAD_REQUEST, "invalid", "Not valid: headline.", {"headline": ["This field is required."]})
# These problems have a Retry-After header.
RETRIED = {"TooManyRequests", "DatabaseAway"}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before retrying.", "schema": {"type": "integer", "minimum": 1}}
}


class WrittenOnce(SchemaGenerator):
    """Generate the schema once per process, because it is the same for everybody and takes a tenth of a second."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        return _written(self.api_version, public)


@lru_cache(maxsize=4)
def _written(api_version: str | None, public: bool) -> Any:
    return SchemaGenerator(api_version=api_version).get_schema(public=public)


class ProblemSerializer(serializers.Serializer):
    """Why a request was refused: problem details as in RFC 9457."""

    type = serializers.CharField(help_text="Always `about:blank`; use `code` to tell problems apart.")
    title = serializers.CharField(help_text="Name of the HTTP status.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="Human-readable explanation.")
    code = serializers.CharField(help_text="Stable, machine-readable code.")
    # The JSON uses this name. DRF has a property of the same name, which its metaclass keeps, but mypy does not know.
    fields = serializers.DictField(  # type: ignore[assignment]  # as above
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Validation errors keyed by field name.",
    )


def refusals(*refused: type[Refusal]) -> dict[Any, OpenApiResponse]:
    """Return the responses of an operation that can answer these refusals, for `extend_schema(responses=…)`."""
    by_status: dict[HTTPStatus, list[Problem]] = defaultdict(list)
    for each in refused:
        problem = problem_of_refusal(each())
        by_status[problem.status].append(problem)
    return {(status.value, CONTENT_TYPE): _response(status, problems) for status, problems in by_status.items()}


def _response(status: HTTPStatus, problems: list[Problem]) -> OpenApiResponse:
    if status == HTTPStatus.BAD_REQUEST:
        problems = [INVALID, *problems]
    examples = [
        OpenApiExample(each.code, value=each.as_json(), response_only=True, media_type=CONTENT_TYPE)
        for each in problems
    ]
    return OpenApiResponse(ProblemSerializer, description=status.phrase, examples=examples)


def _common_problems() -> dict[str, Problem]:
    """Return the problems that any operation of a kind can answer, whatever it does, by their name in the schema."""
    causes: dict[str, Exception] = {
        "Unauthorized": exceptions.NotAuthenticated(),
        "Forbidden": exceptions.PermissionDenied("CSRF Failed: CSRF token missing."),
        "NotFound": Http404(),
        "NotAcceptable": exceptions.NotAcceptable(),
        "BodyTooLarge": RequestDataTooBig(),
        "UnsupportedMediaType": exceptions.UnsupportedMediaType("text/plain"),
        "TooManyRequests": RateLimited(),
    }
    problems = {name: problem for name, cause in causes.items() if (problem := problem_of(cause))}
    return {BAD_REQUEST: INVALID, **problems, "DatabaseAway": problem_of_status(HTTPStatus.SERVICE_UNAVAILABLE)}


def add_common_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to each operation the problems that no view declares. This is a hook of drf-spectacular."""
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    common = _common_problems()
    result["components"]["responses"] = {
        name: {
            "description": problem.status.phrase,
            "content": {CONTENT_TYPE: content | {"example": problem.as_json()}},
            **({"headers": RETRY_AFTER} if name in RETRIED else {}),
        }
        for name, problem in common.items()
    }
    result["components"]["parameters"] = {"IfNoneMatch": IF_NONE_MATCH}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if method == "get":
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
                operation["responses"]["200"].setdefault("headers", {}).setdefault("ETag", ETAG)
                operation["responses"]["304"] = NOT_MODIFIED
            _require_forms(operation, result["components"]["schemas"])
            for (operation_id, status, name), link in LINKS.items():
                if operation["operationId"] == operation_id:
                    operation["responses"][status].setdefault("links", {})[name] = link
            for name in _applicable_problems(path, method, operation):
                status = str(common[name].status.value)
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})
            for status, response in operation["responses"].items():
                if response.get("description") == "":
                    response["description"] = HTTPStatus(int(status)).phrase
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _require_forms(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Mark bodies that have several forms as required, because none of the forms is empty."""
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if "oneOf" in schemas.get(name, {}):
            body["required"] = True


def _applicable_problems(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    has_body = "requestBody" in operation
    has_query = any(each.get("in") == "query" for each in operation.get("parameters", []))
    # A repeated request is answered 404 if the result of the first has been deleted.
    may_be_repeated = any(each.get("name") == "Idempotency-Key" for each in operation.get("parameters", []))
    # Operations without authentication have a single empty requirement or none.
    takes_login = any(operation.get("security", []))
    applies = {
        BAD_REQUEST: has_body or has_query,
        "Unauthorized": takes_login,
        "Forbidden": takes_login and method in UNSAFE,
        "NotFound": "{" in path or may_be_repeated,
        "NotAcceptable": True,
        "BodyTooLarge": has_body,
        "UnsupportedMediaType": has_body,
        "TooManyRequests": True,
        "DatabaseAway": True,
    }
    return [name for name, applied in applies.items() if applied]
