"""The admin of events, of the rows that belong to them, of reports about them, and of their organisers."""

from events.admin import events, organisers, reports, rows

__all__ = ["events", "organisers", "reports", "rows"]
