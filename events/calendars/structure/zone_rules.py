"""Refuse time zone definitions of a calendar that would be expensive to evaluate.

They can be, because the library computes all earlier changes of the UTC offset for each time that it converts.
"""

import re
from calendar import monthrange
from collections.abc import Sequence

# Some calendars list every change of the UTC offset as a date, which takes 10,000 characters for a century.
MAX_ZONE_LENGTH = 50_000
MAX_RULES = 20
# A real time zone has one for winter and one for summer.
MAX_ENDLESS_RULES = 4
# The parts that a rule may have. A rule names one day of each year, such as "the last Sunday of March" or "the first
# Sunday on or after 8 March".
PARTS = {
    "FREQ": "YEARLY",
    "INTERVAL": "1",
    "COUNT": r"\d{1,3}",
    "UNTIL": r"[\dTZ]{8,16}",
    "WKST": "[A-Z]{2}",
    "BYMONTH": "0?[1-9]|1[0-2]",
    "BYMONTHDAY": r"-?\d\d?(,-?\d\d?){0,6}",
    "BYDAY": r"([+-]?[1-5])?[A-Z]{2}",
    **dict.fromkeys(["BYHOUR", "BYMINUTE", "BYSECOND"], r"\d\d?"),
}
# The year in which rules that began earlier begin. It is a leap year, as any start may be on a 29 February.
FIRST_YEAR = 1972
START = re.compile(r"^(\s*DTSTART\s*:\s*)(?:0\d{3}|1[0-8]\d\d|19[0-6]\d)(\d{4}T)", re.IGNORECASE)
# Any leap year, for the lengths of its months.
LEAP_YEAR = 2024


def is_affordable(lines: Sequence[str]) -> bool:
    """Return whether a VTIMEZONE, given as content lines, changes its UTC offset no more often than real time zones."""
    if sum(map(len, lines)) > MAX_ZONE_LENGTH:
        return False
    # The library splits lines at every kind of line break and ignores spaces, so this check must do the same.
    split = ["".join(line.upper().split()) for line in "\n".join(lines).splitlines()]
    rules = [line for line in split if line.startswith(("RRULE", "EXRULE"))]
    endless = [rule for rule in rules if "UNTIL=" not in rule and "COUNT=" not in rule]
    if len(rules) > MAX_RULES or len(endless) > MAX_ENDLESS_RULES:
        return False
    return all(rule.startswith("RRULE:") and _is_yearly(rule[6:]) for rule in rules)


def with_late_starts(lines: Sequence[str]) -> list[str]:
    """Return the lines of a VTIMEZONE, whose rules begin no earlier than in `FIRST_YEAR`.

    Many begin in 1601, and the library would pass all years since then for each time that it converts. Times before
    that year have the zone's standard offset. A rule with a COUNT keeps its start.
    """
    rules = [line for line in lines if "RRULE" in line.upper()]
    if any("COUNT" in rule.upper() for rule in rules) or not rules:
        return list(lines)
    return [START.sub(rf"\g<1>{FIRST_YEAR}\g<2>", line) for line in lines]


def _is_yearly(rule: str) -> bool:
    """Return whether a recurrence rule names a day or week that every leap year has.

    Otherwise the library would search all years up to 9999, for example for a 30 February.
    """
    pairs = [part.partition("=")[::2] for part in rule.rstrip(";").split(";")]
    parts = dict(pairs)
    if len(parts) < len(pairs) or "FREQ" not in parts:
        return False
    if not all(name in PARTS and re.fullmatch(PARTS[name], value) for name, value in pairs):
        return False
    if "BYMONTHDAY" not in parts:
        return "BYMONTH" in parts or "BYDAY" not in parts
    if "BYMONTH" not in parts or len(parts.get("BYDAY", "")) > len("SU"):
        return False
    _, length = monthrange(LEAP_YEAR, int(parts["BYMONTH"]))
    return any(1 <= abs(int(day)) <= length for day in parts["BYMONTHDAY"].split(","))
