"""`manage.py make_env`: write a `.env` for production, with random secrets."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.environment import env_file
from config.environment.answers import BASE_DIR, QUESTIONS, Question, collect


class Command(BaseCommand):
    """Runs before there are settings: manage.py does not read them for this command."""

    help = "Write a .env for production: make random secrets, and ask for what is not given by an option."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, default=BASE_DIR / ".env", help="the file (default: .env)")
        parser.add_argument("--overwrite", action="store_true", help="replace the file if there is one")
        parser.add_argument("--no-input", action="store_true", help="ask nothing; fail if an answer is missing")
        for question in QUESTIONS:
            parser.add_argument(f"--{question.option}", metavar="ANSWER", help=question.text.replace("%", "%%"))

    def handle(self, *, output: Path, overwrite: bool, no_input: bool, **options: Any) -> None:
        if output.exists() and not overwrite:
            raise CommandError(
                f"{output} exists. Its secrets may be in use: --overwrite replaces them, which logs everybody out and "
                "locks the site out of its database until the database has the new password."
            )
        given = {each.option: options[each.option.replace("-", "_")] for each in QUESTIONS}
        given = {option: answer for option, answer in given.items() if answer is not None}
        missing = [f"--{each.option}" for each in QUESTIONS if each.option not in given and each.default is None]
        if no_input and missing:
            raise CommandError(f"Missing: {', '.join(missing)}. --help says what they mean.")
        try:
            values = collect(given, (lambda _question: "") if no_input else self._ask, self.stderr.write)
            text = env_file.filled((BASE_DIR / ".env.example").read_text(encoding="utf-8"), values)
            (env_file.replace if overwrite else env_file.create)(output, text)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {output}, which only you can read. Set in it: {', '.join(sorted(values))}.")

    def _ask(self, question: Question) -> str:
        try:
            return input(f"{question.text}\n> ")
        except EOFError:
            raise CommandError(f"The input has ended. Give --{question.option}, or use a terminal.") from None
