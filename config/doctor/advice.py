"""How the people who run the site start a process and read its log, in each deployment."""

from django.conf import settings


def starting(name: str) -> str:
    """Return how to start a process, as docker-compose.yml and the units call it, and where its log is."""
    if settings.EMBEDDED:
        return f"Run `make run`, which starts {name}, shows its log, and ends if one of its processes does."
    return (
        f"docker compose up --detach {name}, docker compose logs {name}; without Docker: "
        f"systemctl restart event-manager-{name}, journalctl --unit event-manager-{name}"
    )
