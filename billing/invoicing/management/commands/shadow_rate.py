"""Work issued invoices out again with the second rater; the difference must be 0.00."""

import json
import sys
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from billing.invoicing.models import Invoice
from billing.invoicing.proofs.shadow import Shadowed, shadowed
from core.commands import day_option
from core.money import Money

SHOWN = 20


class Command(BaseCommand):
    """Ends with 0 when every line agrees, with 1 otherwise. Reads only."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which invoices; all of them without options."""
        parser.add_argument("--account", help="Only invoices of this account, by public id.")
        parser.add_argument("--since", type=day_option, help="Issued on this UTC day on.")
        parser.add_argument("--until", type=day_option, help="Issued before this UTC day.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, print what differs and the sums."""
        report = _Report()
        for found in shadowed(_chosen(options)):
            report.add(found)
        self.stdout.write(report.as_json() if options["json"] else report.as_text())
        if report.differing:
            sys.exit(1)


def _chosen(options: dict[str, Any]) -> list[int]:
    invoices = Invoice.objects.filter(state=Invoice.State.ISSUED, kind=Invoice.Kind.PERIOD)
    if options["account"]:
        invoices = invoices.filter(account__public_id=options["account"])
    if options["since"]:
        invoices = invoices.filter(issued_at__date__gte=options["since"])
    if options["until"]:
        invoices = invoices.filter(issued_at__date__lt=options["until"])
    return list(invoices.order_by("pk").values_list("pk", flat=True))


class _Report:
    """What was compared so far."""

    def __init__(self) -> None:
        self.invoices = self.lines = 0
        self.differing: list[Shadowed] = []
        self.minor: dict[str, int] = defaultdict(int)

    def add(self, found: Shadowed) -> None:
        self.invoices += 1
        self.lines += found.line_count
        self.minor[found.invoice.currency] += found.delta.minor
        if not found.agrees:
            self.differing.append(found)

    @property
    def differences(self) -> Sequence[Money]:
        found = [Money.from_minor(minor, code) for code, minor in sorted(self.minor.items())]
        return found or [Money.zero("USD")]

    def as_text(self) -> str:
        texts = [
            f"{found.invoice.number} {each.key}: invoice {each.stored_minor}, second rater "
            f"{each.shadow_minor} {each.detail}".rstrip()
            for found in self.differing[:SHOWN]
            for each in found.differences
        ]
        sums = ", ".join(f"{each.amount} {each.currency}" for each in self.differences)
        texts.append(
            f"{self.invoices} invoices, {self.lines} lines, {len(self.differing)} differ; "
            f"difference {sums}"
        )
        return "\n".join(texts)

    def as_json(self) -> str:
        return json.dumps(
            {
                "invoices": self.invoices,
                "lines": self.lines,
                "differing": [found.invoice.number for found in self.differing],
                "difference": {each.currency: str(each.amount) for each in self.differences},
            }
        )
