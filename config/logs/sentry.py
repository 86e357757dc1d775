"""Report errors to Sentry: with tracebacks, and without anything about people but the number of the account.

Everything that is logged as an error is reported, except for requests that Django refuses as suspicious. Reports are
sent by a thread of their own, so an unreachable Sentry delays nothing. What does not fit into its queue is dropped.
"""

import sys
from collections.abc import Collection
from typing import Any, cast

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
from sentry_sdk.integrations.threading import ThreadingIntegration

from config.logs import context
from config.logs.processes import process_kind
from config.logs.redaction import Redaction

# What is reported of a request. Queries, cookies, bodies and all other headers are left out.
REQUEST_FIELDS = {"method", "url"}
# How long a process that ends waits for its last report.
SHUTDOWN_SECONDS = 2


def start(*, secrets: Collection[str] = ()) -> None:
    """Report errors to SENTRY_DSN from now on. A second call does nothing."""
    if sentry_sdk.is_initialized():
        return
    reports = _Reports(secrets)
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=settings.SENTRY_RELEASE or None,
        # The default ones would also report installed packages, arguments and calls to other servers.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=_integrations(reports.kind),
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        auto_session_tracking=False,
        send_client_reports=False,
        shutdown_timeout=SHUTDOWN_SECONDS,
        before_send=cast(Any, reports.prepare),
        before_breadcrumb=cast(Any, reports.prepare_breadcrumb),
    )
    ignore_logger("django.security.*")  # anybody can cause these errors, for example by asking for another host


def _integrations(kind: str) -> list[Integration]:
    integrations: list[Integration] = [
        AtexitIntegration(callback=lambda pending, timeout: None),  # it would print that it waits
        DedupeIntegration(),
        DjangoIntegration(middleware_spans=False, signals_spans=False),
        ExcepthookIntegration(),
        LoggingIntegration(),
        ThreadingIntegration(propagate_hub=False),
    ]
    if kind in {"worker", "beat"}:
        from sentry_sdk.integrations.celery import CeleryIntegration  # the other processes do not need Celery

        integrations.append(CeleryIntegration(propagate_traces=False))
    return integrations


class _Reports:
    """Prepares what is sent: redacted, and with the request id, the user's id and the kind of process."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._redaction = Redaction(secrets)
        self.kind = process_kind(sys.argv)

    def prepare(self, event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
        request = event.pop("request", {})
        event.pop("extra", None)
        user_id = context.user_id()
        kept = {name: value for name, value in request.items() if name in REQUEST_FIELDS}
        event |= {
            "user": {"id": user_id} if user_id is not None else {},
            "tags": {**event.get("tags", {}), "process": self.kind, "request_id": context.request_id() or "none"},
            **({"request": kept} if kept else {}),
        }
        redacted: dict[str, Any] = self._redaction.of_value(event)
        return redacted

    def prepare_breadcrumb(self, crumb: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any] | None:
        """Keep log lines. There are too many database queries, and their values may be what people wrote."""
        if crumb.get("category") == "query":
            return None
        redacted: dict[str, Any] = self._redaction.of_value(crumb)
        return redacted
