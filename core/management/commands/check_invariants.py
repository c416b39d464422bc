"""Run the named invariants over the stored rows and say which hold."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.db.transactions import one_snapshot
from core.invariants import Invariant, InvariantResult, invariants


@dataclass(frozen=True, slots=True)
class InvariantFinding:
    """One invariant and what its check saw."""

    invariant: Invariant
    result: InvariantResult

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.invariant.id,
            "text": self.invariant.text,
            "holds": self.result.holds,
            **asdict(self.result),
        }


class Command(BaseCommand):
    help = "Check the invariants of the stored rows. Exits with 1 when one does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", default="", help="Ids separated by commas, such as I1,I18.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        only = [id.strip() for id in options["only"].split(",") if id.strip()]
        try:
            chosen = invariants(only)
        except KeyError as unknown:
            raise CommandError(f"No such invariant: {unknown.args[0]}") from unknown
        findings = _look(chosen)
        self.stdout.write(_as_json(findings) if options["json"] else _as_table(findings))
        if not all(finding.result.holds for finding in findings):
            sys.exit(1)


def _look(chosen: list[Invariant]) -> list[InvariantFinding]:
    """Run all checks on one snapshot, so that work going on meanwhile breaks nothing."""
    with one_snapshot(only_reads=True):
        return [InvariantFinding(each, each.check()) for each in chosen]


def _as_json(findings: list[InvariantFinding]) -> str:
    return json.dumps(
        {
            "holds": all(finding.result.holds for finding in findings),
            "invariants": [finding.as_dict() for finding in findings],
        },
        indent=2,
    )


def _as_table(findings: list[InvariantFinding]) -> str:
    lines = [f"{'id':<5} {'examined':>10} {'violations':>10}  rule"]
    for finding in findings:
        known, result = finding.invariant, finding.result
        lines.append(f"{known.id:<5} {result.examined:>10,} {result.violations:>10,}  {known.text}")
        if not result.holds:
            lines.append(f"{'':<29}for example {', '.join(result.sample_ids)}")
    broken = sum(not finding.result.holds for finding in findings)
    said = "all hold" if not broken else f"{broken} do not hold"
    lines.append(f"{len(findings)} invariants checked, {said}.")
    return "\n".join(lines)
