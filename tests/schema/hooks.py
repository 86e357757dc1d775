"""What schemathesis does not know of the API, and looks closer at: loaded by it, not by pytest.

`is_refusal_of_a_rule` knows the only reasons for a 400 to what the schema calls valid; `SEEN` is a file of what was
asked and answered.
"""

import itertools
import os
from pathlib import Path
from uuid import uuid4
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies as st

SEEN = Path(os.environ["SCHEMATHESIS_SEEN"])
# Events of somebody else, who can be followed.
EVENTS = itertools.cycle(map(int, os.environ["SCHEMATHESIS_EVENTS"].split(",")))
REFRESH_TOKENS: list[str] = []
# Not who the calls are made as: a refresh token that comes twice ends all logins of its user.
LOGIN = {"email": "visitor@example.org", "password": "correct horse battery staple"}
# Of rules that JSON Schema has no words for: about two times, a time and now, a name and those of others.
RULES = {"start_in_past", "end_before_start", "nonexistent_time", "time_out_of_range", "username_taken", "email_taken"}
UNSAYABLE = (
    ["A date without a time is for all-day events."],
    ["Null characters are not allowed."],
    ["Send `language` and `time_zone` together."],
)
# Cursors are good as we made them, passwords by their strength; texts have no control characters.
SEMANTIC_FIELDS = {"cursor", "password", "headline", "description", "location", "message", "reason"}

schemathesis.openapi.format("iana-time-zone", st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})))


def is_refusal_of_a_rule(problem: dict, sent: object) -> bool:
    if problem["code"] == "invalid":
        fields = problem.get("fields", {})
        if isinstance(sent, dict):  # a day that only leap years have
            fields = {name: said for name, said in fields.items() if "-02-29" not in str(sent.get(name))}
        return bool(problem.get("fields")) and all(
            name in SEMANTIC_FIELDS or said in UNSAYABLE for name, said in fields.items()
        )
    # In a property that we do not read: integers of more than 64 bits.
    return problem["code"] in RULES or (problem["code"], problem["detail"]) == (
        "parse_error",
        "The body isn’t valid JSON: a number is too large.",
    )


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, **options: object) -> None:
    """Name somebody, something and tokens that are there, and a key that is free, where the request is meant to be
    right.
    """
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
    """Keep the tokens that a login got."""
    if case.operation.label == "POST /api/v1/auth/login/" and response.status_code == 200 and case.method == "POST":
        REFRESH_TOKENS.append(response.json()["refresh"])


@schemathesis.check
def refusals_are_of_rules(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Hold each 400 to a valid request against the few reasons that there are."""
    with SEEN.open("a") as file:
        file.write(f"{case.operation.label} {response.status_code}\n")
    if response.status_code == 400 and case.meta and case.meta.generation.mode.is_positive:
        problem = response.json()
        assert is_refusal_of_a_rule(problem, case.body), f"valid, and refused: {problem}"
