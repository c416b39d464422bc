"""What a fact assumes of a bill: other usage, or another price, for the code that bills.

Of days, the fact is assumed within them alone. A price is of the whole charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import Resource
from billing.catalogue.queries.price_book import Agreed, versions, with_agreed
from billing.disputes.facts import FactNotOfLine, StatedFact, kept_fact, scope_of_line
from billing.disputes.models import DisputeLine
from billing.disputes.queries.measured import measured_in
from billing.disputes.stated_prices import priced_as_stated
from billing.disputes.targets import span_of, target_of
from billing.invoicing.drafting.assumptions import Assumption, Remeasured
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import InvoiceLine
from core.periods import Period

_STATED: Final = "stated"


@dataclass(frozen=True, slots=True)
class ContestedUsage:
    """The usage that is contested: of a charge, in a span of its period, of one resource or all."""

    line: InvoiceLine
    scope: AccountPeriod
    span: Period
    resource: Resource | None = None
    is_part: bool = False


def contested_usage(
    line: InvoiceLine, span: Period | None, resource: Resource | None
) -> ContestedUsage:
    """The usage of a charge, all of it where no span is said."""
    scope = scope_of_line(line)
    return ContestedUsage(line, scope, span or scope.period, resource, span is not None)


def assumption_of(
    usage: ContestedUsage, fact: StatedFact, granted: Sequence[Remeasured]
) -> Assumption:
    """What a fact assumes, beside what was granted before. Raises: FactNotOfLine."""
    if fact.reason.code == "price_differs":
        return _other_price(usage, fact)
    return as_remeasured(usage.scope, [*granted, *_changes(usage, fact)])


def as_remeasured(scope: AccountPeriod, changes: Sequence[Remeasured]) -> Assumption:
    """Usage that was measured otherwise in a period."""
    return Assumption(remeasured={(scope.account_id, scope.period.start): changes})


def granted_changes(others: Sequence[DisputeLine], line: InvoiceLine) -> list[Remeasured]:
    """What lines about other days of a charge, which were granted, say of its usage."""
    changes: list[Remeasured] = []
    for each in others:
        fact = kept_fact(each.reason_code, each.facts)
        if fact.reason.code != "counted_twice":
            span = span_of(target_of(each), line)
            changes += _changes(contested_usage(line, span, each.resource), fact)
    return changes


def _changes(usage: ContestedUsage, fact: StatedFact) -> list[Remeasured]:
    code, line = fact.reason.code, usage.line
    if line.price is None or line.price.meter is None:
        raise FactNotOfLine(
            "This line bills no metered usage. Say what its price should be.", field="reason_code"
        )
    if code == "quantity_differs":
        return [_other_quantity(usage, fact)]
    span = usage.span
    if code == "ended_earlier":
        span = _within(fact.instant("ended_at"), span.end, span, "facts.ended_at")
    if code == "was_down":
        down = fact.instant("down_from"), fact.instant("down_until")
        span = _within(*down, span, "facts.down_from")
    return [
        Remeasured(
            each.meter_id, each.meter_code, each.resource_id, each.dimensions, -each.quantity
        )
        for each in measured_in(line, usage.scope, span, usage.resource)
    ]


def _within(start: datetime, end: datetime, contested: Period, field: str) -> Period:
    """The part of [start, end) that is contested."""
    start, end = max(start, contested.start), min(end, contested.end)
    if start >= end:
        raise FactNotOfLine(
            f"The line is for {contested.start:%Y-%m-%d %H:%M} to "
            f"{contested.end:%Y-%m-%d %H:%M} UTC; that lies outside.",
            field=field,
        )
    return Period(start, end)


def _other_quantity(usage: ContestedUsage, fact: StatedFact) -> Remeasured:
    line = usage.line
    assert line.price is not None  # asked before
    assert line.price.meter is not None
    found = measured_in(line, usage.scope, usage.span, usage.resource)
    delta = fact.number("quantity") - sum(each.quantity for each in found)
    matched = {**line.price.match, **line.dimensions}
    meter = line.price.meter
    return Remeasured(meter.pk, meter.code, line.resource_id, matched, delta)


def _other_price(usage: ContestedUsage, fact: StatedFact) -> Assumption:
    line, scope = usage.line, usage.scope
    if usage.is_part:
        raise FactNotOfLine("A price is of the whole charge: contest all of it.", field="days_from")
    if line.price is None or line.price_override_id is not None:
        raise FactNotOfLine(
            "The price was agreed with the customer alone; look at the agreement."
            if line.price_override_id is not None
            else "This line has no price of its own.",
            field="reason_code",
        )
    price = fact.values["unit_price"]
    definition = priced_as_stated(line.price.definition, price)
    if definition is None:
        raise FactNotOfLine(
            "The price is of another kind: say one number for a price with one, tiers such as "
            "100 at 0.50, rest at 0.40 for one with tiers; else say the quantity.",
            field="reason_code",
        )
    stated = Agreed(
        id=0,
        # Books are remembered by what was agreed; this one is of the number alone.
        public_id=f"{_STATED}:{line.price.pk}:{price}",
        price_code=line.price.code,
        definition=definition,
        valid_from=scope.period.start,
        valid_until=None,
        agreed_by=_STATED,
        reason=_STATED,
    )
    version_id = line.price.plan_version_id
    book = versions([version_id])[version_id]
    return Assumption(versions={version_id: with_agreed(book, (stated,))})
