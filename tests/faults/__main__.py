"""python -m tests.faults --url URL: strikes, waits until all is well, and looks at the books."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.faults.load import Load
    from tests.faults.programme import Fault


def main() -> int:
    parser = ArgumentParser(prog="faults")
    parser.add_argument("--url", required=True)
    url: str = parser.parse_args().url
    django.setup()

    from core.clock import now
    from tests.faults.load import Load
    from tests.faults.programme import programme
    from tests.faults.world import ACCOUNTS, World

    print("Telling the world …", flush=True)
    world = World(now())
    load = Load(url, world.issue_credential(), ACCOUNTS)
    load.start()
    began = time.monotonic()
    try:
        reports = [_struck(fault, load) for fault in programme(url, world)]
    finally:
        load.stop()
    wrong = [report for report in reports if report.is_wrong] + _books(load)
    found = "All is well" if not wrong else f"{len(wrong)} findings"
    print(f"{found} after {time.monotonic() - began:.0f} s.", flush=True)
    return 1 if wrong else 0


@dataclass(frozen=True)
class Report:
    """How one fault went."""

    name: str
    said: str
    is_wrong: bool


def _struck(fault: Fault, load: Load) -> Report:
    from django.db import connection

    from tests.faults.load import ALLOWED

    connection.close()  # the fault before may have cut it off
    before, load.longest_silence_s = Counter(load.answers), 0.0
    try:
        said, is_wrong = fault.strike(), False
    except AssertionError as finding:
        said, is_wrong = f"WRONG: {finding}", True
    over_at, seen = time.monotonic(), list(load.acknowledged)
    while not all(count > old for count, old in zip(load.acknowledged, seen, strict=True)):
        if time.monotonic() - over_at > 120:
            said, is_wrong = f"{said} WRONG: no event was taken for two minutes", True
            break
        time.sleep(0.05)
    recovered = time.monotonic() - over_at
    answers = load.answers - before
    if strange := {answer: count for answer, count in answers.items() if answer not in ALLOWED}:
        said, is_wrong = f"{said} WRONG: answered {strange}", True
    counts = ", ".join(f"{answers[answer]} × {answer}" for answer in sorted(answers))
    print(
        f"{fault.name:<38} well after {recovered:5.1f} s, silent at most"
        f" {load.longest_silence_s:4.1f} s; {counts}. {said}",
        flush=True,
    )
    return Report(fault.name, said, is_wrong)


def _books(load: Load) -> list[Report]:
    """Everything acknowledged is there, once, and all that must hold does."""
    from django.core.management import CommandError, call_command
    from django.db import connection

    from billing.invoicing.models import BillRun, Invoice
    from usage.models import Event, EventKey

    connection.close()
    found = []
    for name, have, want in (
        ("events are kept, each once", Event.objects.count(), load.event_count),
        ("identities are known", EventKey.objects.count(), load.event_count),
        (
            "invoices for as many billed months",
            Invoice.objects.count(),
            sum(run.items.filter(state="billed").count() for run in BillRun.objects.all()),
        ),
    ):
        print(f"{have:,} {name}; {want:,} expected", flush=True)
        if have != want:
            found.append(Report(name, f"{have} for {want}", True))
    try:
        call_command("check_invariants")
    except (CommandError, SystemExit) as error:
        if not isinstance(error, SystemExit) or error.code:
            found.append(Report("the invariants", str(error), True))
    return found


if __name__ == "__main__":
    sys.exit(main())
