"""What a check finds, and running checks so that none of them can hold up or end the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from queue import Empty, SimpleQueue
from threading import Thread

from django.conf import settings
from django.db import connections
from django.utils import translation

from config.logs.outages import reason
from config.logs.redaction import Redaction


class Status(StrEnum):
    OK = "ok"
    # It works, but will not always, or not as well as it could.
    WARNING = "warning"
    FAILED = "failed"
    # There is nothing to check in this deployment, or what it depends on has failed.
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What a check has found, in one line, and what to do about it."""

    status: Status
    text: str
    advice: str = ""
    # Whether the checks that need this one are skipped, as after a failure.
    ends_here: bool = False


def ok(text: str) -> Finding:
    return Finding(Status.OK, text)


def warning(text: str, advice: str) -> Finding:
    return Finding(Status.WARNING, text, advice)


def failed(text: str, advice: str) -> Finding:
    return Finding(Status.FAILED, text, advice)


def unknown(text: str, advice: str) -> Finding:
    """Return that this cannot be checked from here, nor what needs it."""
    return Finding(Status.WARNING, text, advice, ends_here=True)


def skipped(text: str) -> Finding:
    return Finding(Status.SKIPPED, text)


@dataclass(frozen=True)
class Check:
    """One check. It is skipped if one of the subjects in `needs` has failed, and given up after `seconds`."""

    subject: str
    examine: Callable[[], Finding]
    # What to do if it raises an error or does not end.
    advice: str
    needs: tuple[str, ...] = ()
    seconds: float = 10.0


def examined(checks: Sequence[Check]) -> Iterator[tuple[str, Finding]]:
    """Run checks one after the other; yield the subject of each and what it found, without any secret."""
    redaction = Redaction(settings.LOG_SECRETS)
    ended: set[str] = set()
    for check in checks:
        if lacking := [each for each in check.needs if each in ended]:
            finding = Finding(Status.SKIPPED, f"not checked, because of: {', '.join(lacking)}", ends_here=True)
        else:
            finding = _bounded(check)
        if finding.status == Status.FAILED or finding.ends_here:
            ended.add(check.subject)
        text, advice = redaction.of_text(finding.text), redaction.of_text(finding.advice)
        yield check.subject, replace(finding, text=text, advice=advice)


def _bounded(check: Check) -> Finding:
    """Run a check in a thread, which is abandoned after the time that the check may take."""
    answers: SimpleQueue[Finding] = SimpleQueue()
    Thread(target=lambda: answers.put(_guarded(check)), daemon=True).start()
    try:
        return answers.get(timeout=check.seconds)
    except Empty:
        return failed(f"no answer within {check.seconds:g} s", check.advice)


def _guarded(check: Check) -> Finding:
    try:
        # In English, like all that commands print.
        with translation.override(None):
            return check.examine()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what this check has found
        return failed(reason(error), check.advice)
    finally:
        connections.close_all()
