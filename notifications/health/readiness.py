"""Whether a background process is ready, for `/readyz` on its METRICS_PORT."""

from typing import Any

from django.db import Error as DatabaseError
from django.db import close_old_connections

from config.database import database_now
from notifications.health.processes import Kind, State
from notifications.health.sweeps import sweep_health


def readiness(kind: Kind) -> tuple[bool, dict[str, Any]]:
    """Return whether this kind of process is working, and what `/readyz` answers.

    It is called by a thread of the server, which has database connections of its own.
    """
    try:
        state = sweep_health(database_now()).state_of(kind)
    except DatabaseError:
        return False, {"database": False, "state": None}
    finally:
        close_old_connections()
    return state == State.WORKING, {"database": True, "state": state}
