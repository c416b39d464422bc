"""What the usage of one event cost: the line it is part of, or the reason it cost nothing.

The billing part of why / why not. Amounts are those of lines that were rated; an event is one of
many in the quantity of its line, so a line is named, never a share of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Account
from billing.catalogue.models import Price
from billing.invoicing.models import Invoice, InvoiceLine, LateUsageDecision
from billing.invoicing.models.late_usage import stands
from billing.invoicing.queries.invoices import Party
from billing.invoicing.queries.month_to_date import month_to_date
from billing.rating import expand
from core.money import Money
from core.periods import Period
from usage.models import Meter
from usage.queries.fate import Fate, MeterView, Read

_NOTHING = "It cost nothing."


@dataclass(frozen=True, slots=True)
class LineRef:
    """A line the usage is part of; `invoice` is empty for a line of the bill so far."""

    invoice: str
    position: int
    description: str
    amount: Money
    is_pooled: bool
    why_nothing: str


@dataclass(frozen=True, slots=True)
class Late:
    """The usage came after its invoice was issued, and what became of it."""

    invoice: str
    fate: str
    decided_by: str
    reason: str
    billed_on: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What came of one meter's reading: `unit` is its value's, `text` a sentence."""

    reading: MeterView
    name: str
    unit: str
    text: str
    lines: Sequence[LineRef] = ()


@dataclass(frozen=True, slots=True)
class EventCost:
    """What an event cost, by meter; `late` where its invoice was issued before it came.

    `invoice` is that of the period the event belongs to, empty while there is none.
    """

    owner: Party | None
    period: Period | None
    zone: str
    invoice: str
    costs: Sequence[Cost]
    late: Late | None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an invoice or of the bill so far, as far as matching goes."""

    invoice: str
    position: int
    description: str
    amount: Money
    meter_id: int | None
    resource_id: int | None
    dimensions: Mapping[str, str]
    explanation: Any


@dataclass(frozen=True, slots=True)
class _Bill:
    """The invoice or the bill so far that the event's period has."""

    period: Period
    zone: str
    invoice: Invoice | None
    lines: Sequence[_Line]
    problem: str = ""


def cost_of(fate: Fate, *, at: datetime) -> EventCost:
    """What became of the event's usage in money. No more than two dozen queries, whatever it is."""
    meters = Meter.objects.in_bulk({each.meter_id for each in fate.readings})
    named = {pk: (meter.name, meter.event_unit) for pk, meter in meters.items()}
    owner = Account.objects.filter(pk=fate.owner_id).first() if fate.owner_id else None
    if owner is None:
        nothing = [Cost(each, *named[each.meter_id], _unread(each)) for each in fate.readings]
        return EventCost(None, None, "UTC", "", nothing, None)
    bill = _bill(owner, fate.occurred_at, at)
    invoice = bill.invoice if bill else None
    late = _late(invoice, fate.received_at) if invoice is not None else None
    return EventCost(
        owner=Party(owner.public_id, owner.name),
        period=bill.period if bill else None,
        zone=bill.zone if bill else "UTC",
        invoice=_ref(invoice) if invoice is not None else "",
        costs=[
            Cost(each, *named[each.meter_id], *_came_of(each, fate.resource_id, bill, late))
            for each in fate.readings
        ],
        late=late,
    )


def _bill(owner: Account, occurred_at: datetime, at: datetime) -> _Bill | None:
    invoice = Invoice.objects.filter(
        kind=Invoice.Kind.PERIOD,
        account=owner,
        period_from__lte=occurred_at,
        period_until__gt=occurred_at,
    ).first()
    if invoice is not None:
        own = InvoiceLine.objects.filter(invoice=invoice, corrects=None)
        rows = (own | InvoiceLine.objects.filter(corrects=invoice)).select_related(
            "invoice", "price"
        )
        lines = [_invoice_line(row) for row in rows.order_by("invoice_id", "position")]
        return _Bill(invoice.period, invoice.zone, invoice, lines)
    running = month_to_date(owner, at=at)
    if running is None or not running.period.contains(occurred_at):
        return None
    meters: dict[int | None, int | None] = dict(
        Price.objects.filter(pk__in={line.price_id for line in running.lines}).values_list(
            "pk", "meter_id"
        )
    )
    found = [
        _Line(
            "",
            position,
            line.description,
            Money.from_minor(line.amount_minor, owner.currency),
            meters.get(line.price_id),
            line.resource_id,
            line.dimensions,
            line.explanation,
        )
        for position, line in enumerate(running.lines, start=1)
    ]
    problem = running.problem.message if running.problem else ""
    return _Bill(running.period, running.zone, None, found, problem)


def _invoice_line(row: InvoiceLine) -> _Line:
    return _Line(
        _ref(row.invoice),
        row.position,
        row.description,
        Money.from_minor(row.amount_minor, row.invoice.currency),
        row.price.meter_id if row.price else None,
        row.resource_id,
        row.dimensions,
        row.explanation,
    )


def _came_of(
    reading: MeterView, resource_id: int | None, bill: _Bill | None, late: Late | None
) -> tuple[str, Sequence[LineRef]]:
    """The sentence, and the lines the reading is part of."""
    if reading.outcome is not Read.COUNTED:
        return _unread(reading), ()
    if bill is None:
        return "Its billing period has ended and is not billed yet.", ()
    if bill.problem:
        return f"The bill so far cannot be worked out: {bill.problem}", ()
    lines = [_line_ref(line) for line in bill.lines if _is_of(reading, resource_id, line)]
    if lines:
        return "Part of the quantity of", lines
    if late is not None:
        return "It came after its invoice was issued and is on no line so far.", ()
    return f"{_NOTHING} The allowance or the free tier covers the period's quantity.", ()


def _is_of(reading: MeterView, resource_id: int | None, line: _Line) -> bool:
    """Whether the reading is in the line's quantity: same meter, resource and dimensions."""
    if line.meter_id != reading.meter_id or line.resource_id not in (None, resource_id):
        return False
    said: Mapping[str, str] = json.loads(reading.dimensions)[0] if reading.dimensions else {}
    return all(said.get(name, value) == value for name, value in line.dimensions.items())


def _line_ref(line: _Line) -> LineRef:
    return LineRef(
        line.invoice,
        line.position,
        line.description,
        line.amount,
        is_pooled=line.resource_id is None,
        why_nothing="" if line.amount.minor else _why_nothing(line.explanation),
    )


def _why_nothing(explanation: Any) -> str:
    steps = {step["step"] for step in expand(explanation).steps}
    if "maximum" in steps:
        return "The cap was reached before."
    return "The allowance covers it." if "allowance" in steps else "It fell where the price is 0."


def _unread(reading: MeterView) -> str:
    return f"{_NOTHING} {reading.detail}"


def _late(invoice: Invoice, received_at: datetime) -> Late | None:
    """What was decided about usage received after the invoice was rated; None when it was not."""
    if invoice.is_draft or received_at <= invoice.rated_at:
        return None
    decision = (
        LateUsageDecision.objects.filter(stands(), invoice=invoice, through_at__gte=received_at)
        .select_related("billed_on")
        .order_by("through_at", "pk")
        .first()
    )
    if decision is None:
        return Late(_ref(invoice), "open", "", "", "")
    billed_on = _ref(decision.billed_on) if decision.billed_on else ""
    return Late(_ref(invoice), decision.fate, decision.decided_by, decision.reason, billed_on)


def _ref(invoice: Invoice) -> str:
    return invoice.number or invoice.public_id
