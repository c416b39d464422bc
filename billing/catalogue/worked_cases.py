"""Worked cases read: an example bill of a plan version, and what it must come to.

Owns the form of a case: `given` is a period and usage by meter; `expected` is a total, and lines
where they matter. Working one out is `billing.publishing.worked_cases`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.rating import PricedEvent
from billing.rating.instants import read_period, read_span
from billing.rating.reading import QUANTITY_SCALE, DocumentProblems, Fields
from core.periods import Period
from usage.models import Meter

RESOURCE = "app-1"
"""What a usage of a case belongs to where it does not say."""


@dataclass(frozen=True, slots=True)
class MeasuredUse:
    """What a meter measured of a resource in the case's period.

    `events` are the single events it counted or summed, in the order they happened, where the case
    says them.
    """

    meter: str
    quantity: Decimal
    dimensions: Mapping[str, str]
    resource: str
    events: Sequence[PricedEvent] = ()


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """A line there must be; what is None is not looked at. `price` is the code of a price."""

    price: str
    amount: Decimal
    quantity: Decimal | None
    kind: str | None
    resource: str | None
    dimensions: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Case:
    """A case, read. `subscribed` is the part of the period the plan was had; None is all."""

    name: str
    period: Period
    zone: str
    subscribed: Period | None
    usage: Sequence[MeasuredUse]
    total: Decimal | None
    lines: Sequence[ExpectedLine] | None


def read_case(name: str, given: object, expected: object, *, meters: Mapping[str, int]) -> Case:
    """Read a case; `meters` are the ids of the meters there are, by code.

    Raises: DocumentRefused with every problem and its JSON pointer.
    """
    problems = DocumentProblems()
    fields = Fields(given, "/given", problems)
    if "period" not in fields:
        fields.problem("period", "required", "A case has a period.")
    period, zone = read_period(fields)
    subscribed = read_span(fields, "subscribed", zone)
    usage = [_read_use(entry, meters) for entry in fields.objects("usage")]
    fields.close()
    wanted = Fields(expected, "/expected", problems)
    total = wanted.optional_decimal("total")
    lines = None
    if "lines" in wanted:
        lines = [_read_line(entry) for entry in wanted.objects("lines")]
    elif total is None:
        wanted.problem("total", "required", "Say what the case must come to.")
    wanted.close()
    problems.raise_if_any()
    assert period is not None
    return Case(name, period, zone, subscribed, usage, total, lines)


def meter_ids() -> dict[str, int]:
    """The meters there are, by code; one query."""
    return dict(Meter.objects.values_list("code", "pk"))


def _read_use(entry: Fields, meters: Mapping[str, int]) -> MeasuredUse:
    events = [_read_event(each) for each in entry.objects("events")]
    if "events" not in entry:
        quantity = entry.decimal("quantity", scale=QUANTITY_SCALE)
    else:
        quantity = sum((each.quantity for each in events), Decimal(0))
        if entry.raw("quantity") is not None:
            entry.problem("quantity", "choice", "Give a quantity or its events, not both.")
    use = MeasuredUse(
        meter=entry.text("meter"),
        quantity=quantity,
        dimensions=entry.text_map("dimensions"),
        resource=entry.text("resource", default=RESOURCE),
        events=events,
    )
    if use.meter and use.meter not in meters:
        entry.problem("meter", "meter_unknown", f"There is no meter {use.meter}.")
    entry.close()
    return use


def _read_event(entry: Fields) -> PricedEvent:
    event = PricedEvent(
        quantity=entry.decimal("quantity", default="1", scale=QUANTITY_SCALE),
        amount=entry.optional_decimal("amount", scale=QUANTITY_SCALE),
        id=entry.optional_text("id"),
    )
    entry.close()
    return event


def _read_line(entry: Fields) -> ExpectedLine:
    line = ExpectedLine(
        price=entry.text("price"),
        amount=entry.decimal("amount"),
        quantity=entry.optional_decimal("quantity", scale=QUANTITY_SCALE),
        kind=entry.optional_text("kind"),
        resource=entry.optional_text("resource"),
        dimensions=entry.text_map("dimensions") if "dimensions" in entry else None,
    )
    entry.raw("dimensions")
    entry.close()
    return line
