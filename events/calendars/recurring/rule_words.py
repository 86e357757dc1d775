"""Say in words how an event recurs: “Every week on Wednesday until 31 March 2027”."""

from collections.abc import Sequence
from datetime import date

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format
from django.utils.text import Truncator, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from events.calendars.recurring.rules import Rule, Weekday
from events.calendars.timing.dates import quoted

EVERY_DAY = tuple(range(7))
WORKING_DAYS = tuple(range(5))
# How many characters the words for all rules of an event have at most.
MAX_LENGTH = 300
# Frequencies whose parts have words.
DATED = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")


def recurrence_in_words(rules: Sequence[Rule], unknown: Sequence[str], *, start: date, dates: int) -> str:
    """Return how an event recurs, in the active language; "" if it does not.

    `unknown` are rules that can't be read, and `dates` is how many dates are listed besides the start.
    """
    parts = [_in_words(rule, start) for rule in rules if rule.count != 1]
    parts += [_("Repeats (%(rule)s)") % {"rule": quoted(rule)} for rule in unknown]
    if dates and not parts:
        return ngettext("On %(count)s date", "On %(count)s dates", dates + 1) % {"count": dates + 1}
    if dates:
        more = ngettext("on %(count)s more date", "on %(count)s more dates", dates)
        parts.append(more % {"count": dates})
    return str(Truncator("; ".join(parts)).chars(MAX_LENGTH))


def _in_words(rule: Rule, start: date) -> str:
    days = _days_in_words(rule, start)
    if days is None:
        words = _("Repeats (%(rule)s)") % {"rule": quoted(rule.text)}
    else:
        words = " ".join(filter(None, [_every(rule), days]))
    if days is not None and rule.until:
        until = date_format(rule.until.day, "DATE_FORMAT")
        words = _("%(rule)s until %(day)s") % {"rule": words, "day": until}
    if days is not None and rule.count:
        times = ngettext("%(rule)s, %(count)s time", "%(rule)s, %(count)s times", rule.count)
        words = times % {"rule": words, "count": rule.count}
    return words


def _every(rule: Rule) -> str:
    # On some days of each week, not on each day.
    frequency = "WEEKLY" if rule.frequency == "DAILY" and rule.days else rule.frequency
    if rule.interval == 1:
        every = {
            "DAILY": _("Every day"),
            "WEEKLY": _("Every week"),
            "MONTHLY": _("Every month"),
            "YEARLY": _("Every year"),
        }
        return every[frequency]
    count = rule.interval
    every = {
        "DAILY": ngettext("Every %(count)s day", "Every %(count)s days", count),
        "WEEKLY": ngettext("Every %(count)s week", "Every %(count)s weeks", count),
        "MONTHLY": ngettext("Every %(count)s month", "Every %(count)s months", count),
        "YEARLY": ngettext("Every %(count)s year", "Every %(count)s years", count),
    }
    return every[frequency] % {"count": count}


def _days_in_words(rule: Rule, start: date) -> str | None:
    """Return on which days a rule lets an event recur, "" if on all, or None if there are no words for it."""
    numbers = dict(rule.numbers)
    # The time of day is often repeated, and is that of the start.
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        if len(numbers.pop(part, ())) > 1:
            return None
    positions, months = numbers.pop("BYSETPOS", ()), numbers.pop("BYMONTH", ())
    month_days = numbers.pop("BYMONTHDAY", ())
    if numbers or rule.frequency not in DATED or (rule.days and month_days):
        return None
    match rule.frequency:
        case "DAILY" | "WEEKLY":
            if months or month_days or positions or any(day.position for day in rule.days):
                return None
            if rule.frequency == "DAILY" and not rule.days:
                return ""
            if rule.frequency == "DAILY" and rule.interval > 1:
                return None
            return _weekdays([day.weekday for day in rule.days] or [start.weekday()])
        case "MONTHLY":
            return None if months else _in_month(rule.days, month_days or (start.day,), positions)
        case _:
            return _in_year(rule, months, month_days, positions, start)


def _in_year(
    rule: Rule, months: Sequence[int], month_days: Sequence[int], positions: Sequence[int], start: date
) -> str | None:
    if rule.days:
        # Without a month, weekdays are counted in the whole year.
        days = _in_month(rule.days, (), positions) if months else None
        names = _listed([str(MONTHS[month]) for month in months])
        return _("%(days)s in %(months)s") % {"days": days, "months": names} if days else None
    if positions or len(months) > 1 or len(month_days) > 1 or min(month_days, default=1) < 0:
        return None
    if month_days and not months:
        return None
    month, day = (months or (start.month,))[0], (month_days or (start.day,))[0]
    try:
        found = date(2024, month, day)  # a leap year
    except ValueError:
        return None
    return pgettext("a day of each year", "on %(day)s") % {"day": date_format(found, "MONTH_DAY_FORMAT")}


def _in_month(days: Sequence[Weekday], month_days: Sequence[int], positions: Sequence[int]) -> str | None:
    if not days:
        return None if positions else _month_days(month_days)
    weekdays = tuple(sorted(day.weekday for day in days))
    has_positions = any(day.position for day in days)
    if positions:
        if has_positions:
            return None
        return _positioned([(position, _kind_of_day(weekdays)) for position in positions])
    if not has_positions:
        return _("on every %(day)s") % {"day": WEEKDAYS[weekdays[0]]} if len(weekdays) == 1 else _weekdays(weekdays)
    return _positioned([(day.position, str(WEEKDAYS[day.weekday])) for day in days])


def _kind_of_day(weekdays: tuple[int, ...]) -> str | None:
    if weekdays == EVERY_DAY:
        return pgettext("the first … of the month", "day")
    if weekdays == WORKING_DAYS:
        return pgettext("the first … of the month", "weekday")
    return str(WEEKDAYS[weekdays[0]]) if len(weekdays) == 1 else None


def _positioned(days: Sequence[tuple[int, str | None]]) -> str | None:
    ordinals = {
        1: pgettext("on the … of the month", "first %(day)s"),
        2: pgettext("on the … of the month", "second %(day)s"),
        3: pgettext("on the … of the month", "third %(day)s"),
        4: pgettext("on the … of the month", "fourth %(day)s"),
        5: pgettext("on the … of the month", "fifth %(day)s"),
        -1: pgettext("on the … of the month", "last %(day)s"),
        -2: pgettext("on the … of the month", "second-to-last %(day)s"),
    }
    named = [ordinals[position] % {"day": day} for position, day in days if position in ordinals and day]
    return _("on the %(days)s") % {"days": _listed(named)} if len(named) == len(days) else None


def _weekdays(weekdays: Sequence[int]) -> str:
    found = tuple(sorted(set(weekdays)))
    if found == EVERY_DAY:
        return pgettext("every week", "on all days")
    if found == WORKING_DAYS:
        return _("from Monday to Friday")
    return pgettext("days of the week", "on %(days)s") % {"days": _listed([str(WEEKDAYS[day]) for day in found])}


def _month_days(days: Sequence[int]) -> str | None:
    if any(day < -1 for day in days):
        return None
    last = pgettext("on … of the month", "the last day")
    numbered = pgettext("on … of the month", "day %(day)s")
    ordered = sorted(day for day in days if day > 0) + [day for day in days if day < 0]
    named = [numbered % {"day": day} if day > 0 else last for day in ordered]
    return pgettext("days of the month", "on %(days)s") % {"days": _listed(named)}


def _listed(texts: list[str]) -> str:
    return get_text_list(texts, _("and"))
