"""All checks of `manage.py doctor`, in their order."""

from functools import partial

from django.conf import settings

from config.doctor import (
    configuration,
    database,
    delivery,
    machine,
    mail_server,
    processes,
    public_address,
    redis_server,
    static_files,
)
from config.doctor.advice import starting
from config.doctor.findings import Check

DATABASE_ADVICE = "Start the database, and check DATABASE_URL: host, user, password and name."
REDIS_ADVICE = "Start Redis, and check REDIS_URL. Meanwhile reminders still arrive, but open pages get them later."
PUBLIC_ADVICE = "Read the logs of the proxy and of web."


def all_checks(connect_to: tuple[str, int] | None) -> list[Check]:
    """Return the checks. `connect_to` is where to connect instead of the site's public host and port."""
    site = public_address.Site(settings.ALLOWED_ORIGINS[0], connect_to)
    return [
        Check("settings", configuration.settings_finding, "manage.py check --deploy"),
        Check("secrets", configuration.secrets_finding, "Read docs/configuration.md, “Renewing keys”."),
        Check("versions", configuration.versions_finding, "Install the pinned packages again."),
        Check("database", database.server_finding, DATABASE_ADVICE),
        Check("isolation level", database.isolation_finding, DATABASE_ADVICE, needs=("database",)),
        Check("migrations", database.migrations_finding, "manage.py migrate", needs=("database",)),
        Check("database clock", database.clock_finding, DATABASE_ADVICE, needs=("database",)),
        Check("Redis", redis_server.server_finding, REDIS_ADVICE),
        Check("pushes", redis_server.pushes_finding, REDIS_ADVICE, needs=("Redis",)),
        Check("worker", processes.worker_finding, starting("worker"), needs=("Redis",)),
        Check(
            "beat",
            processes.beat_finding,
            starting("beat"),
            needs=("Redis",),
            seconds=10 + processes.BEAT_SECONDS,
        ),
        Check("sweeps", delivery.sweep_finding, delivery.SWEEP_ADVICE, needs=("database", "migrations")),
        Check("sweeper", delivery.sweeper_finding, starting("sweeper"), needs=("database", "migrations")),
        Check("mailer", delivery.mailer_finding, starting("mailer"), needs=("database", "migrations")),
        Check("mail server", mail_server.mail_finding, "Check EMAIL_URL, and whether a firewall blocks the port."),
        Check("public address", partial(public_address.address_finding, site), PUBLIC_ADVICE),
        Check("pages", partial(public_address.pages_finding, site), PUBLIC_ADVICE, needs=("public address",)),
        Check(
            "feed",
            partial(public_address.feed_finding, site),
            starting("feed"),
            needs=() if settings.FEED_PORT else ("public address",),
        ),
        Check("static files", static_files.static_finding, static_files.ADVICE),
        Check("disk", machine.disk_finding, "Check the folders that VAR_DIR and DATABASE_URL name."),
        Check("database disk", machine.database_disk_finding, DATABASE_ADVICE, needs=("database",)),
        Check("memory", machine.memory_finding, "Find out what uses it."),
        Check("open files", machine.files_finding, "Raise the limit of open files."),
        Check("time zone rules", machine.zone_rules_finding, "Install tzdata."),
    ]
