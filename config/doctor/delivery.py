"""Check delivery: sweeps, the sweeper, and the mailer, as the health checks of these processes judge them."""

from config.database import database_now
from config.doctor.advice import starting
from config.doctor.findings import Finding, failed, ok, skipped
from notifications.health.mails import mail_health
from notifications.health.processes import Kind, State, expected_kinds, process_healths
from notifications.health.sweeps import sweep_health

SWEEP_ADVICE = "Read the logs of worker and sweeper. `manage.py sweep` sweeps once and shows what fails."
FAILING_ADVICE = "Read its log for what fails."


def sweep_finding() -> Finding:
    """Check that sweeps run, whichever process does it, and that what they have to send is not late."""
    health = sweep_health(database_now())
    missed = f" {health.missed_count} missed since the first sweep." if health.missed_count else ""
    if health.state == State.WORKING:
        return ok(f"{health.overdue_text}{missed}")
    if health.seconds_since_sweep is None:
        return failed("no sweep has run yet", SWEEP_ADVICE)
    failures = [f"{each.kind.label}: {each.text}" for each in health.processes if each.state == State.FAILING]
    reasons = failures if health.state == State.FAILING else [health.overdue_text]
    said = f"the last sweep ran {health.seconds_since_sweep:.0f} s ago"
    return failed(f"{health.state.value}; {said}. {' '.join(reasons)}", SWEEP_ADVICE)


def sweeper_finding() -> Finding:
    """Check the process that sweeps without Redis."""
    if Kind.SWEEPER not in expected_kinds():
        return skipped("only production has one")
    [process] = [each for each in process_healths(database_now()) if each.kind == Kind.SWEEPER]
    if process.state == State.STOPPED:
        return failed(f"stopped. {process.text}", starting("sweeper"))
    return ok(process.text) if process.state == State.WORKING else failed(f"failing. {process.text}", FAILING_ADVICE)


def mailer_finding() -> Finding:
    """Check that the mailer runs, and that no email waits for long."""
    at = database_now()
    health = mail_health(at, process_healths(at))
    text, owed = health.mailer.text, health.owed.values()
    if health.state == State.WORKING:
        return ok(text)
    if health.state == State.STOPPED:
        return failed(f"stopped. {text}", starting("mailer"))
    count, lag = sum(each.count for each in owed), max(each.lag_seconds for each in owed)
    waiting = f"Waiting: {count}, the oldest for {lag:.0f} s."
    return failed(
        f"{health.state.value}. {text} {waiting}",
        "The admin’s lists of emails show the last error of each. Check the mail server, too.",
    )
