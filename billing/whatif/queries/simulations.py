"""Simulations to read: what was asked, what it came to, by account and line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Abs

from billing.invoicing.queries.invoices import Party
from billing.whatif.impact import SEALED, sealed
from billing.whatif.models import Simulation, SimulationOutcome, SimulationRow
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money, MoneyChange
from core.periods import Period

NEWEST_FIRST = PageOrder("started_at")
ROW_ORDER = PageOrder("position", descending=False, cursor="position")
TOP = 20


class SimulationNotFound(NotFound):
    """No simulation has this id."""

    code = "simulation_not_found"
    title = "No such simulation"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationTotal(MoneyChange):
    """What everything compared comes to in one currency; `billed` is what was issued for it."""

    billed: Money


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """Counts and totals; `affected` have a line that differs, `unrated` could not be compared."""

    account_count: int
    affected_account_count: int
    invoice_count: int
    affected_invoice_count: int
    row_count: int
    unrated_count: int
    totals: Sequence[SimulationTotal]
    content_sha256: str


@dataclass(frozen=True, slots=True)
class SimulationProgress:
    """How far the work is. `total_count` is None before the first worker has counted; `problem`
    says why it stopped, and is empty while it goes on.
    """

    examined_count: int
    total_count: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class SimulationSummary:
    """One simulation; `outcome` is None while it is not finished.

    `state` is waiting, running, stopped or finished.
    """

    public_id: str
    kind: str
    kind_label: str
    payload: Mapping[str, Any]
    version: str
    started_at: datetime
    started_by: str
    reason: str
    outcome: SimulationResult | None
    progress: SimulationProgress

    @property
    def state(self) -> str:
        """Where it stands."""
        if self.outcome is not None:
            return "finished"
        if self.progress.problem:
            return "stopped"
        return "waiting" if self.progress.total_count is None else "running"


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One line that differs; amounts are None where there is no such line. `problem` instead says
    why the period could not be compared. `zone` is the one an issued invoice was cut in.
    """

    position: int
    account: Party
    invoice_id: str
    invoice_number: str
    period: Period
    zone: str
    key: str
    description: str
    billed: Money | None
    before: Money | None
    after: Money | None
    delta: Money
    before_quantity: Decimal | None
    after_quantity: Decimal | None
    problem: str


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """What all differing lines of one account come to in one currency."""

    account: Party
    delta: Money
    row_count: int


def simulations(*, position: Position) -> Page[SimulationSummary]:
    """All simulations, newest first; at most two queries. Raises: UnknownCursor."""
    rows = Simulation.objects.select_related("outcome", "work", "plan_version__plan")
    return page_of(rows, order=NEWEST_FIRST, position=position).showing(_summary)


def simulation(public_id: str) -> SimulationSummary:
    """One simulation; one query. Raises: SimulationNotFound."""
    return _summary(_find(public_id))


def difference_rows(
    public_id: str, *, position: Position, account: str = ""
) -> Page[DifferenceRow]:
    """The rows of a simulation in order, of one account where its public id is given; at most three
    queries. Raises: SimulationNotFound, UnknownCursor.
    """
    rows: QuerySet[SimulationRow] = SimulationRow.objects.filter(
        simulation=_find(public_id)
    ).select_related("account", "invoice")
    if account:
        rows = rows.filter(account__public_id=account[:64])
    return page_of(rows, order=ROW_ORDER, position=position).showing(_row)


def every_row(public_id: str) -> Iterator[DifferenceRow]:
    """All rows in order, read a few hundred at a time; for a file. Raises: SimulationNotFound."""
    rows = SimulationRow.objects.filter(simulation=_find(public_id))
    ordered = rows.select_related("account", "invoice").order_by("position")
    return map(_row, ordered.iterator(chunk_size=500))


def account_differences(public_id: str, *, top: int = TOP) -> list[AccountDifference]:
    """The accounts with the largest difference, either way; two queries.

    Raises: SimulationNotFound.
    """
    sums = (
        SimulationRow.objects.filter(~Q(key=""), simulation=_find(public_id))
        .values_list("account__public_id", "account__name", "currency")
        .annotate(delta=Sum("delta_minor"), rows=Count("pk"))
        .order_by(Abs("delta").desc(), "account__public_id", "currency")[:top]
    )
    return [
        AccountDifference(Party(account_id, name), Money.from_minor(delta, currency), rows)
        for account_id, name, currency, delta, rows in sums
    ]


def content_of(simulation: Simulation) -> str:
    """The digest of what is stored of a simulation, worked out again from every row.

    That of its outcome, unless somebody changed a row behind the back of the database.
    """
    seal = simulation.payload_sha256
    for row in simulation.rows.order_by("position").values(*SEALED).iterator():
        seal = sealed(seal, row)
    return seal


def _find(public_id: str) -> Simulation:
    rows = Simulation.objects.select_related("outcome", "work", "plan_version__plan")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise SimulationNotFound(f"There is no simulation {public_id[:64]}.", wanted=public_id[:64])
    return found


def _summary(found: Simulation) -> SimulationSummary:
    outcome = getattr(found, "outcome", None)
    return SimulationSummary(
        public_id=found.public_id,
        kind=found.kind,
        kind_label=found.get_kind_display(),
        payload=found.payload,
        version=str(found.plan_version) if found.plan_version else "",
        started_at=found.started_at,
        started_by=found.started_by,
        reason=found.reason,
        outcome=_outcome(outcome) if outcome is not None else None,
        progress=SimulationProgress(
            found.work.examined_count, found.work.total_count, found.work.parked_reason
        ),
    )


def _outcome(outcome: SimulationOutcome) -> SimulationResult:
    return SimulationResult(
        account_count=outcome.account_count,
        affected_account_count=outcome.affected_account_count,
        invoice_count=outcome.invoice_count,
        affected_invoice_count=outcome.affected_invoice_count,
        row_count=outcome.row_count,
        unrated_count=outcome.unrated_count,
        totals=[
            SimulationTotal(
                **{name: Money(Decimal(each[name]), each["currency"]) for name in _TOTALS}
            )
            for each in outcome.totals
        ],
        content_sha256=outcome.content_sha256,
    )


_TOTALS = ("billed", "before", "after")


def _row(row: SimulationRow) -> DifferenceRow:
    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money.from_minor(minor, row.currency)

    return DifferenceRow(
        position=row.position,
        account=Party(row.account.public_id, row.account.name),
        invoice_id=row.invoice.public_id if row.invoice else "",
        invoice_number=(row.invoice.number or "") if row.invoice else "",
        period=Period(row.period_from, row.period_until),
        zone=row.invoice.zone if row.invoice else "UTC",
        key=row.key,
        description=row.description,
        billed=money(row.billed_minor),
        before=money(row.before_minor),
        after=money(row.after_minor),
        delta=Money.from_minor(row.delta_minor, row.currency),
        before_quantity=row.before_quantity,
        after_quantity=row.after_quantity,
        problem=row.problem,
    )
