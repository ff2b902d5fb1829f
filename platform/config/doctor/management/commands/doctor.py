"""`manage.py doctor`: what is wrong with this installation, and what to do."""

import json
import textwrap
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from config.doctor.examination import examine
from config.doctor.finding import Finding, Level, Role

WIDTH = 100
INDENT = " " * 9


class Command(BaseCommand):
    """Look at everything that Loupe needs; ends with status 1 where a fault is found."""

    help = "Say what is wrong with this installation, why it matters and what to do."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer, and what this machine does."""
        parser.add_argument(
            "--role",
            choices=[role.value for role in Role],
            help="what this machine does alone; else both",
        )
        parser.add_argument("--json", action="store_true", help="answer in JSON")

    def handle(self, *args: Any, json: bool, role: str | None, **options: Any) -> None:
        """Write each finding; change nothing."""
        roles = [Role(role)] if role else list(Role)
        levels = []
        if json:
            findings = list(examine(roles))
            levels = [each.level for each in findings]
            self.stdout.write(_as_json(findings))
        else:
            for finding in examine(roles):
                levels.append(finding.level)
                self.stdout.write(_as_text(finding))
            self.stdout.write(_summary(levels))
        if Level.FAULT in levels:
            raise SystemExit(1)


def _as_json(findings: list[Finding]) -> str:
    faulty = any(each.level is Level.FAULT for each in findings)
    status = "faulty" if faulty else "ok"
    return json.dumps({"status": status, "findings": [asdict(each) for each in findings]}, indent=2)


def _as_text(finding: Finding) -> str:
    said = [f"{finding.level:<8} {finding.part}: {finding.what}"]
    said += [f"{INDENT}Why: {finding.why}"] if finding.why else []
    said += [f"{INDENT}Do:  {finding.mend}"] if finding.mend else []
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            subsequent_indent=INDENT + " " * 5 * line.startswith(INDENT),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in said
    )


def _summary(levels: list[Level]) -> str:
    counts = {level: levels.count(level) for level in (Level.FAULT, Level.WARNING)}
    words = [f"{n} {level}{'' if n == 1 else 's'}" for level, n in counts.items()]
    return f"{' and '.join(words)}; {levels.count(Level.OK)} things are as they should be."
