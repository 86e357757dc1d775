"""`manage.py doctor`: check every part of the site, and say what to do about each that does not work."""

import json
import logging
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from config.doctor.checks import all_checks
from config.doctor.findings import Finding, Status, examined


def host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not (host and port.isdecimal()):
        raise ArgumentTypeError("write HOST:PORT, such as 10.0.0.1:443")
    return host.strip("[]"), int(port)


class Command(BaseCommand):
    help = "Check every part of the site. Exit with 1 if a check has failed; warnings don’t count."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="for_programs", help="print JSON, for programs")
        parser.add_argument(
            "--connect-to",
            type=host_and_port,
            metavar="HOST:PORT",
            help="where to find the public address, if others can reach it by its name but this machine can’t",
        )

    def handle(self, *, for_programs: bool, connect_to: tuple[str, int] | None, **options: Any) -> None:
        # The checks report what libraries would log.
        logging.disable(logging.CRITICAL)
        checks = all_checks(connect_to)
        width = max(len(check.subject) for check in checks)
        findings: dict[str, Finding] = {}
        for subject, finding in examined(checks):
            findings[subject] = finding
            if not for_programs:
                self._show(subject.ljust(width), finding)
        self.stdout.write(as_json(findings) if for_programs else summary(findings))
        sys.exit(1 if any(finding.status == Status.FAILED for finding in findings.values()) else 0)

    def _show(self, subject: str, finding: Finding) -> None:
        """Write one line as soon as it is known, and below it what to do."""
        style = {Status.FAILED: self.style.ERROR, Status.WARNING: self.style.WARNING, Status.OK: self.style.SUCCESS}
        mark = style.get(finding.status, str)(f"{finding.status:<7}")
        self.stdout.write(f"{mark}  {subject}  {finding.text}")
        if finding.advice:
            self.stdout.write(f"           {finding.advice}")
        self.stdout.flush()


def summary(findings: dict[str, Finding]) -> str:
    counts = Counter(finding.status for finding in findings.values())
    bad = [subject for subject, finding in findings.items() if finding.status == Status.FAILED]
    if bad:
        return f"{len(bad)} of {len(findings)} checks failed: {', '.join(bad)}."
    return f"No check failed: {', '.join(f'{counts[status]} {status}' for status in Status if counts[status])}."


def as_json(findings: dict[str, Finding]) -> str:
    checks = [
        {"subject": subject, "status": finding.status, "finding": finding.text, "advice": finding.advice}
        for subject, finding in findings.items()
    ]
    failed = [each["subject"] for each in checks if each["status"] == Status.FAILED]
    return json.dumps({"failed": failed, "checks": checks}, indent=2, ensure_ascii=False)
