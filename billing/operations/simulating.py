"""Keep what a simulation finds: rows batch by batch, sealed one by one, and the outcome last.

Each batch is stored in a transaction of its own, so a long simulation holds none open, and one
without an outcome has not ended. What is asked is in `billing.operations.simulations`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from psycopg.types.json import Jsonb

from billing.blast import SEALED, Difference, Examined, sealed
from billing.bulk import copy_rows
from billing.content import digest
from billing.models import PlanVersion, Simulation, SimulationOutcome, SimulationRow
from core.actor import Actor, ReasonRequired, is_said
from core.db.transactions import transaction
from core.money import Money
from eventing.publish import publish
from usage.models import Meter

COLUMNS = ("simulation_id", *SEALED)
BATCH = 500
"""Account periods whose rows are stored together."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a simulation asks; `payload` is plain JSON."""

    kind: Simulation.Kind
    payload: Mapping[str, Any]
    version: PlanVersion | None = None
    meter: Meter | None = None


@dataclass(slots=True)
class _Tally:
    """What was stored so far; `seal` chains the digests of the rows."""

    seal: str
    accounts: set[int] = field(default_factory=set)
    affected_accounts: set[int] = field(default_factory=set)
    invoices: int = 0
    affected_invoices: int = 0
    rows: int = 0
    unrated: int = 0
    minor: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, examined: Examined) -> None:
        account = examined.scope.account_id
        self.accounts.add(account)
        self.invoices += examined.invoice is not None
        if examined.problem is not None:
            self.unrated += 1
            return
        if examined.differences:
            self.affected_accounts.add(account)
            self.affected_invoices += examined.invoice is not None
        totals = self.minor.setdefault(examined.currency, {"billed": 0, "before": 0, "after": 0})
        totals["billed"] += examined.billed_minor
        totals["before"] += examined.before_minor
        totals["after"] += examined.after_minor

    @property
    def totals(self) -> list[dict[str, str]]:
        """Totals of everything compared, by currency, as decimal texts."""
        return [
            {"currency": currency}
            | {
                name: str(Money.from_minor(minor, currency).amount)
                for name, minor in (totals | {"delta": totals["after"] - totals["before"]}).items()
            }
            for currency, totals in sorted(self.minor.items())
        ]


def run(
    question: Question, examined: Iterable[Examined], *, at: datetime, by: Actor, reason: str
) -> Simulation:
    if not is_said(reason):
        raise ReasonRequired("A simulation says what it is for.")
    payload = {"kind": question.kind.value, **question.payload}
    simulation = Simulation.objects.create(
        kind=question.kind,
        payload=payload,
        payload_sha256=digest(payload),
        plan_version=question.version,
        meter=question.meter,
        started_at=at,
        started_by=by.name,
        reason=reason,
    )
    tally = _Tally(seal=simulation.payload_sha256)
    source = iter(examined)
    while batch := list(islice(source, BATCH)):
        _store(simulation, batch, tally)
    with transaction():
        SimulationOutcome.objects.create(
            simulation=simulation,
            finished_at=at,
            account_count=len(tally.accounts),
            affected_account_count=len(tally.affected_accounts),
            invoice_count=tally.invoices,
            affected_invoice_count=tally.affected_invoices,
            row_count=tally.rows,
            unrated_count=tally.unrated,
            totals=tally.totals,
            content_sha256=tally.seal,
        )
        publish(
            "simulation.finished",
            subject=simulation.public_id,
            payload={"kind": question.kind.value, "rows": tally.rows, "totals": tally.totals},
            at=at,
        )
    return simulation


def _store(simulation: Simulation, batch: Sequence[Examined], tally: _Tally) -> None:
    rows = []
    for examined in batch:
        tally.add(examined)
        for values in _rows(examined):
            tally.rows += 1
            row = (simulation.pk, tally.rows, *values)
            tally.seal = sealed(tally.seal, dict(zip(SEALED, row[1:], strict=True)))
            rows.append(row)
    with transaction():
        copy_rows(SimulationRow, COLUMNS, (_stored(row) for row in rows))


def _rows(examined: Examined) -> Iterator[tuple[Any, ...]]:
    scope, invoice = examined.scope, examined.invoice
    place = (
        scope.account_id,
        invoice.pk if invoice else None,
        scope.period.start,
        scope.period.end,
    )
    if examined.problem is not None:
        nothing = (None, None, None, 0, None, None, None)
        problem = (examined.problem.code, examined.problem.message)
        yield (*place, "", "", examined.currency, *nothing, *problem)
    for each in examined.differences:
        yield (*place, *_values(each, examined.currency), "", "")


def _values(difference: Difference, currency: str) -> tuple[Any, ...]:
    return (
        difference.key,
        difference.description,
        currency,
        difference.billed_minor,
        difference.before_minor,
        difference.after_minor,
        difference.delta_minor,
        difference.before_quantity,
        difference.after_quantity,
        difference.line,
    )


def _stored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    place = COLUMNS.index("line")
    line = row[place]
    return (*row[:place], None if line is None else Jsonb(line), *row[place + 1 :])
