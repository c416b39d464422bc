"""Keep what a simulation finds: rows batch by batch, sealed one by one, and the outcome last.

A question is a row with work beside it. Whoever holds the work's lease rates a batch and stores it
with what was counted so far, in one transaction; a worker that dies loses its batch and nothing
else. What is asked is in `billing.whatif.operations.simulations`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from billing.catalogue.models import PlanVersion
from billing.invoicing.documents.content import digest
from billing.whatif.impact import SEALED, Examined, LineDifference, sealed
from billing.whatif.models import Simulation, SimulationOutcome, SimulationRow, SimulationWork
from core import leases
from core.actor import Actor, require_said
from core.db.bulk_rows import copy_rows
from core.db.locks import alone
from core.db.transactions import transaction
from core.errors import Conflict
from core.isolating import isolated
from core.money import Money
from core.parking import why
from eventing.publish import publish
from usage.derivation.refresh import refresh
from usage.models import Meter

COLUMNS = ("simulation_id", *SEALED)
BATCH = 250
"""Account periods that are rated and stored together."""
LEASE = timedelta(seconds=15)
"""How soon a dead worker's simulation goes on; a living one holds the row lock for its batch."""


class ChangedMeanwhile(Conflict):
    """What is simulated is no longer what it was when the simulation began."""

    code = "simulation_changed_meanwhile"
    title = "What is simulated changed meanwhile"


@dataclass(frozen=True, slots=True)
class SimulationQuestion:
    """What a simulation asks; `payload` is plain JSON."""

    kind: Simulation.Kind
    payload: Mapping[str, Any]
    version: PlanVersion | None = None
    meter: Meter | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """The account periods a question looks at, in order, and how some of them are examined."""

    account_ids: Sequence[int]
    examine: Callable[[int, int], Iterator[Examined]]
    """Those from a position to before another."""


@dataclass(slots=True)
class _Tally:
    """What was stored so far, in plain JSON; `seal` chains the digests of the rows."""

    seal: str
    invoices: int = 0
    affected_invoices: int = 0
    rows: int = 0
    unrated: int = 0
    minor: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, examined: Examined) -> None:
        self.invoices += examined.invoice is not None
        if examined.problem is not None:
            self.unrated += 1
            return
        if examined.differences:
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


def ask(question: SimulationQuestion, *, at: datetime, by: Actor, reason: str) -> Simulation:
    """Store a question with its work, due at once.

    The same question of the same person for the same reason, while it is not answered, is not asked
    twice. Raises: ReasonMissing.
    """
    require_said(reason, "Say what the simulation is for.")
    payload = {"kind": question.kind.value, **question.payload}
    same = Simulation.objects.filter(
        payload_sha256=digest(payload), started_by=by.name, reason=reason, outcome__isnull=True
    ).exclude(work__state=SimulationWork.State.PARKED)
    with transaction():
        alone(f"simulation {digest(payload)}")
        if (asked := same.first()) is not None:
            return asked
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
        SimulationWork.objects.create(simulation=simulation, not_before=at)
    return simulation


def claim(*, at: datetime, simulation: Simulation | None = None) -> SimulationWork | None:
    """Lease the oldest due simulation, or the one named; None when it is not due."""
    items = SimulationWork.objects.select_related("simulation__plan_version__plan")
    if simulation is not None:
        items = items.filter(simulation=simulation)
    claimed = leases.claim(items, limit=1, at=at, lease_for=LEASE)
    return claimed[0] if claimed else None


def work(item: SimulationWork, examination: Examination, *, at: datetime) -> bool:
    """Rate and store the next batch of a claimed simulation; true when that was the last.

    Raises: LeaseLost, ChangedMeanwhile, or what the rating cannot do; then the batch left nothing.
    """
    simulation, total = item.simulation, len(examination.account_ids)
    # Before anything is locked: whoever sends events waits for no simulation.
    refresh(set(examination.account_ids[item.examined_count : item.examined_count + BATCH]))
    with transaction():
        leases.hold(item)
        if item.total_count not in (None, total):
            raise ChangedMeanwhile("Other account periods are in question now than at its start.")
        tally = _Tally(**(item.tally or {"seal": simulation.payload_sha256}))
        until = min(item.examined_count + BATCH, total)
        _store(simulation, examination.examine(item.examined_count, until), tally)
        item.examined_count, item.total_count, item.tally = until, total, asdict(tally)
        # An attempt that got somewhere is none of those that wear an item out.
        item.attempts = 0
        item.save(update_fields=["examined_count", "total_count", "tally", "attempts"])
        is_last = until == total
        if is_last:
            _conclude(simulation, tally, account_count=len(set(examination.account_ids)), at=at)
            leases.complete(item, at=at)
        else:
            leases.extend(item, at=at, lease_for=LEASE)
    return is_last


def give_up(item: SimulationWork, problem: Exception, *, at: datetime) -> None:
    """Settle a failed attempt: tried again later, or parked with the reason where that is no use.

    Raises: LeaseLost.
    """
    said = why(problem, simulation=item.simulation_id).sentence
    with transaction():
        if isinstance(problem, ChangedMeanwhile):
            leases.park(item, reason=said)
        else:
            leases.fail(item, error=said, at=at)


def work_through(
    item: SimulationWork,
    examination_of: Callable[[Simulation], Examination],
    *,
    clock: Callable[[], datetime],
    until: datetime,
) -> None:
    """Work a claimed simulation to its end or until that instant, or settle why it cannot.

    Raises: LeaseLost.
    """

    def go_on(claimed: Sequence[SimulationWork]) -> None:
        (item,) = claimed
        examination = examination_of(item.simulation)
        while not work(item, examination, at=clock()):
            if clock() >= until:
                leases.put_back(item, at=clock())
                return

    isolated(
        [item],
        go_on,
        set_aside=lambda item, problem: give_up(item, problem, at=clock()),
        raises=(leases.LeaseLost,),
    )


def _conclude(simulation: Simulation, tally: _Tally, *, account_count: int, at: datetime) -> None:
    affected = simulation.rows.filter(problem_code="").values("account").distinct().count()
    SimulationOutcome.objects.create(
        simulation=simulation,
        finished_at=at,
        account_count=account_count,
        affected_account_count=affected,
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
        payload={"kind": simulation.kind, "rows": tally.rows, "totals": tally.totals},
        at=at,
    )


def _store(simulation: Simulation, batch: Iterator[Examined], tally: _Tally) -> None:
    rows = []
    for examined in batch:
        tally.add(examined)
        for values in _rows(examined):
            tally.rows += 1
            row = (simulation.pk, tally.rows, *values)
            tally.seal = sealed(tally.seal, dict(zip(SEALED, row[1:], strict=True)))
            rows.append(row)
    copy_rows(SimulationRow, COLUMNS, rows)


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


def _values(difference: LineDifference, currency: str) -> tuple[Any, ...]:
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
