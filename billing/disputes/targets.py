"""What can be contested: a charge of an issued invoice, some days of it, or what came late of one.

Owns what a target is and how it is named in rows. What a claim about one comes to is worked out by
`operations.claims`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts.models import Resource
from accounts.queries.profiles import zones_of
from billing.catalogue.models.plans import Price
from billing.disputes.contested import ContestedTarget
from billing.disputes.facts import FactNotOfLine, scope_of_line
from billing.disputes.models import DisputeLine
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.operations.late_usage import NothingLate
from core.money import Money
from core.periods import Period
from usage.days import day_starts


@dataclass(frozen=True, slots=True)
class LateCharge:
    """What came late of one charge, before tax."""

    key: str
    description: str
    amount: Money


def whole(line: InvoiceLine) -> ContestedTarget:
    """All of a charge."""
    return ContestedTarget(line.invoice, line)


def some_days(
    line: InvoiceLine, days: tuple[date, date], resource: Resource | None = None
) -> ContestedTarget:
    """Some days of a charge of a meter; its own resource, or one of those it sums up.

    Raises: FactNotOfLine.
    """
    if line.price is None or line.price.meter is None:
        raise FactNotOfLine("Days are contested of metered usage only.", field="days_from")
    if line.resource is not None and resource not in (None, line.resource):
        raise FactNotOfLine(f"The line is of {line.resource}.", field="resource")
    of = resource or line.resource
    if of is None:
        raise FactNotOfLine("The line sums up more than one app: say which.", field="resource")
    target = ContestedTarget(line.invoice, line, days, of)
    span_of(target, line)
    return target


def late_of(invoice: Invoice, charge_key: str) -> ContestedTarget:
    """What came late of a charge of an issued invoice and is not billed."""
    return ContestedTarget(invoice, late_charge=charge_key)


def target_of(line: DisputeLine) -> ContestedTarget:
    """The target of a line as it is kept."""
    return ContestedTarget(
        line.charged.invoice,
        line.invoice_line,
        line.days,
        line.resource,
        line.late_charge,
    )


def span_of(target: ContestedTarget, line: InvoiceLine) -> Period | None:
    """The days of a target as instants; None is all of the line's period.

    Raises: FactNotOfLine.
    """
    if target.days is None:
        return None
    scope = scope_of_line(line)
    first, until = target.days
    if first >= until:
        raise FactNotOfLine("The last day is before the first.", field="days_until")
    zones = zones_of([scope.account_id])[scope.account_id]
    start, end = day_starts(zones, first), day_starts(zones, until)
    if not scope.period.start <= start < end <= scope.period.end:
        raise FactNotOfLine(
            f"The line is for {scope.period.start:%Y-%m-%d %H:%M} to "
            f"{scope.period.end:%Y-%m-%d %H:%M} UTC; these days are not all inside.",
            field="days_from",
        )
    return Period(start, end)


def late_charges(invoice: Invoice) -> list[LateCharge]:
    """What came late of each charge of an issued invoice, the largest first.

    Raises: UsageUnsettled, and what rating refuses.
    """
    (late,) = late_usage([invoice])
    if late.problem is not None:
        raise late.problem
    names: dict[str, str] = {}
    minors: dict[str, int] = {}
    for each in late.lines:
        key = charge_key_of(each.key)
        names[key] = each.description
        minors[key] = minors.get(key, 0) + each.amount_minor
    found = [
        LateCharge(key, names[key], Money.from_minor(minor, invoice.currency))
        for key, minor in minors.items()
    ]
    return sorted(found, key=lambda each: (-each.amount.minor, each.key))


def charge_of(target: ContestedTarget) -> InvoiceLine:
    """The charge of a target; of late usage, as it would be billed now, and never stored.

    Raises: NothingLate, UsageUnsettled, and what rating refuses.
    """
    if target.line is not None:
        return target.line
    (late,) = late_usage([target.invoice])
    if late.problem is not None:
        raise late.problem
    own = [each for each in late.lines if charge_key_of(each.key) == target.late_charge]
    if not own:
        raise NothingLate("Nothing of this charge came late, or it is billed or waived.")
    # What is billed anew stands for the charge; what is taken back with it only lowers the sum.
    shown = max(own, key=lambda each: each.amount_minor)
    prices = Price.objects.select_related("meter").in_bulk(
        {each.price_id for each in own if each.price_id is not None}
    )
    resource = Resource.objects.filter(pk=shown.resource_id or 0).first()
    return InvoiceLine(
        invoice=target.invoice,
        corrects=target.invoice,
        key=shown.key,
        kind=shown.kind,
        price=prices.get(shown.price_id or 0),
        price_override_id=shown.price_override_id,
        resource=resource,
        description=shown.description,
        quantity=shown.quantity,
        unit=shown.unit,
        unit_price=shown.unit_price,  # type: ignore[misc]  # null has no generic
        amount_minor=sum(each.amount_minor for each in own),
        dimensions=dict(shown.dimensions),
        explanation=shown.explanation,
        period_from=shown.period.start,
        period_until=shown.period.end,
    )
