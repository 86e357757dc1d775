"""What the database says about delivery, emails and processes, as metrics."""

from collections.abc import Iterable

from django.db import Error as DatabaseError
from django.db.models import Count, Q
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.database import database_now
from notifications.health.figures import open_report_count
from notifications.health.mails import KINDS, MAX_COUNTED, MailHealth, mail_health
from notifications.health.processes import ProcessHealth, State
from notifications.health.sweeps import SweepHealth, sweep_health


class DeliveryMetrics(Collector):
    """Reads them at each scrape, with at most thirteen queries, which use indexes and are bounded."""

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering this collector does not query the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        try:
            return [_gauge("event_manager_database_up", "Whether the database can be read", 1), *_metrics()]
        except DatabaseError:
            return [_gauge("event_manager_database_up", "Whether the database can be read", 0)]


def _metrics() -> list[Metric]:
    at = database_now()
    health = sweep_health(at)
    mail = mail_health(at, health.processes)
    missed = CounterMetricFamily("event_manager_missed_reminders", "Reminders missed since installation")
    missed.add_metric([], health.missed_count)
    return [
        _gauge("event_manager_delivery_lag_seconds", "Delay of the oldest overdue fact", health.lag_seconds),
        _gauge("event_manager_due_reminders", "Reminders that are due and not sent", health.due_count),
        missed,
        _gauge("event_manager_open_reports", "Reports about events that staff have not resolved", open_report_count()),
        _states(health, mail),
        *_of_processes(health.processes),
        *_of_mails(mail),
    ]


def _states(health: SweepHealth, mail: MailHealth) -> Metric:
    states = {
        "delivery": health.state,
        "mail": mail.state,
        **{str(each.kind): health.state_of(each.kind) for each in health.processes},
    }
    state = GaugeMetricFamily(
        "event_manager_state",
        "1 for the present state of delivery, of emails and of each process",
        labels=["of", "state"],
    )
    for of, present in states.items():
        for each in State:
            state.add_metric([of, str(each)], float(each == present))
    return state


def _of_processes(processes: Iterable[ProcessHealth]) -> list[Metric]:
    age = GaugeMetricFamily(
        "event_manager_heartbeat_age_seconds", "Seconds since a kind of process last worked", labels=["process"]
    )
    failing = GaugeMetricFamily(
        "event_manager_failing_batches", "Failed batches since a kind of process began to fail", labels=["process"]
    )
    for process in processes:
        if process.seconds_since_work is not None:
            age.add_metric([process.kind], process.seconds_since_work)
        failing.add_metric([process.kind], process.failure_count)
    return [age, failing]


def _of_mails(mail: MailHealth) -> list[Metric]:
    metrics = {
        name: GaugeMetricFamily(f"event_manager_mails_{name}", text, labels=["kind"])
        for name, text in {
            "owed": "Emails still to be sent",
            "retried": "Emails still to be sent that have failed at least once",
            "lag_seconds": "Age of the oldest email to be sent that no server has refused for good",
            "given_up": "Emails given up, among the newest of their kind",
        }.items()
    }
    for kind, model in KINDS.items():
        newest = model.objects.order_by("-pk")[:MAX_COUNTED]
        given_up = newest.aggregate(count=Count("pk", filter=Q(given_up_at__isnull=False)))["count"]
        metrics["owed"].add_metric([kind], mail.owed[kind].count)
        metrics["retried"].add_metric([kind], mail.owed[kind].retried_count)
        metrics["lag_seconds"].add_metric([kind], mail.owed[kind].lag_seconds)
        metrics["given_up"].add_metric([kind], given_up)
    return list(metrics.values())


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)
