"""Tell schemathesis what the schema does not say, and check its answers further. It loads this, pytest doesn't.

`is_refusal_of_a_rule` knows the only reasons for a 400 to a call that the schema calls valid; `SEEN` is a file of the
calls and their answers.
"""

import itertools
import os
from pathlib import Path
from uuid import uuid4
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies as st

SEEN = Path(os.environ["SCHEMATHESIS_SEEN"])
# Events of somebody else, to which one can subscribe.
EVENTS = itertools.cycle(map(int, os.environ["SCHEMATHESIS_EVENTS"].split(",")))
REFRESH_TOKENS: list[str] = []
# Not the user of the calls, because a refresh token that is used twice ends all logins of its user.
LOGIN = {"email": "visitor@example.org", "password": "correct horse battery staple"}
# Codes of rules that JSON Schema cannot express: about two times, a time and now, or a name that is taken.
RULES = {"start_in_past", "end_before_start", "nonexistent_time", "time_out_of_range", "username_taken", "email_taken"}
UNSAYABLE = (
    ["A date without a time is for all-day events."],
    ["Null characters are not allowed."],
    ["Send `language` and `time_zone` together."],
)
# Only our own cursors are valid, passwords must be strong, and texts have no control characters.
SEMANTIC_FIELDS = {"cursor", "password", "headline", "description", "location", "message", "reason", "text"}

schemathesis.openapi.format("iana-time-zone", st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})))


def is_refusal_of_a_rule(problem: dict, sent: object) -> bool:
    if problem["code"] == "invalid":
        fields = problem.get("fields", {})
        if isinstance(sent, dict):  # 29 February in other years, and white space, which is trimmed
            values = {name: str(sent.get(name)) for name in fields}
            fields = {
                name: said for name, said in fields.items() if "-02-29" not in values[name] and values[name].strip()
            }
        return bool(problem.get("fields")) and all(
            name in SEMANTIC_FIELDS or said in UNSAYABLE for name, said in fields.items()
        )
    # Integers of more than 64 bits in a property that we do not read.
    return problem["code"] in RULES or (problem["code"], problem["detail"]) == (
        "parse_error",
        "The body isn’t valid JSON: a number is too large.",
    )


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, **options: object) -> None:
    """Use an existing person, object and token, and an unused key, where the request is meant to be valid."""
    if not (case.meta and case.meta.generation.mode.is_positive):
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = f'"{uuid4()}"'
    if case.operation.label == "POST /api/v1/auth/login/":
        case.body = dict(LOGIN)
    elif case.operation.label == "POST /api/v1/events/{id}/subscribe/":
        case.path_parameters = {"id": next(EVENTS)}
    elif case.operation.label in {"POST /api/v1/auth/refresh/", "POST /api/v1/auth/logout/"} and REFRESH_TOKENS:
        case.body = {"refresh": REFRESH_TOKENS.pop()}


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    """Keep the tokens that a login returned."""
    if case.operation.label == "POST /api/v1/auth/login/" and response.status_code == 200 and case.method == "POST":
        REFRESH_TOKENS.append(response.json()["refresh"])


@schemathesis.check
def refusals_are_of_rules(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Check that each 400 to a valid request has one of the few known reasons."""
    with SEEN.open("a") as file:
        file.write(f"{case.operation.label} {response.status_code}\n")
    if response.status_code == 400 and case.meta and case.meta.generation.mode.is_positive:
        problem = response.json()
        assert is_refusal_of_a_rule(problem, case.body), f"valid, and refused: {problem}"
