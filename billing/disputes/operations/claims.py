"""Work out what a claim comes to: its period drafted again under the fact, by the code that bills.

What the fact is worth is the difference of two drafts of today, so usage that was corrected since
is not credited a second time; what credit notes took off the charge already is subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from billing.catalogue.queries.price_book import Agreed, versions, with_agreed
from billing.disputes.facts import FactNotOfLine, StatedFact, scope_of_line
from billing.disputes.figures import ClaimFigures
from billing.disputes.operations.without_event import drafted_without_event
from billing.disputes.queries.measured import measured_in
from billing.disputes.stated_prices import priced_as_stated
from billing.invoicing.crediting import CreditRequest, credited_charges, credited_taxes
from billing.invoicing.drafting.as_rated import netted
from billing.invoicing.drafting.assumptions import Assumption, Remeasured
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import InvoiceLine
from billing.invoicing.queries.creditable import (
    Creditable,
    CreditableCharge,
    creditable,
    net_charges,
)
from billing.invoicing.queries.explain import charge_key
from billing.invoicing.tax_amounts import tax_within
from core.errors import DomainError
from core.periods import Period
from usage.operations.settling import settled

_STATED: Final = "stated"


def worked_out(line: InvoiceLine, fact: StatedFact, *, at: datetime) -> ClaimFigures:
    """What a claim about a line of an issued invoice comes to; nothing is kept.

    Locks what voiding an event locks where that is the fact, until it is undone. Raises:
    FactNotOfLine, UsageUnsettled (retryable), and what rating refuses.
    """
    scope = scope_of_line(line)
    before, after = settled([scope.account_id], lambda: _drafted(scope, line, fact, at))
    return _figures(line, before, after)


def _drafted(
    scope: AccountPeriod, line: InvoiceLine, fact: StatedFact, at: datetime
) -> tuple[InvoiceDraft, InvoiceDraft]:
    before = drafted(scope)
    if fact.reason.code == "counted_twice":
        return before, drafted_without_event(scope, line, fact, at=at)
    return before, drafted(scope, _assumption(scope, line, fact))


def drafted(scope: AccountPeriod, assuming: Assumption | None = None) -> InvoiceDraft:
    """One draft. Raises: what rating refuses."""
    (draft,) = rated_drafts([scope], assuming or Assumption())
    if isinstance(draft, DomainError):
        raise draft
    return draft


def _assumption(scope: AccountPeriod, line: InvoiceLine, fact: StatedFact) -> Assumption:
    code = fact.reason.code
    if code == "price_differs":
        return _other_price(scope, line, fact)
    if line.price is None or line.price.meter is None:
        raise FactNotOfLine(
            "This line bills no metered usage. Say what its price should be.", field="reason_code"
        )
    if code == "quantity_differs":
        return _other_quantity(scope, line, fact)
    span = scope.period
    if code == "ended_earlier":
        span = _within(fact.instant("ended_at"), span.end, scope, "facts.ended_at")
    if code == "was_down":
        down = fact.instant("down_from"), fact.instant("down_until")
        span = _within(*down, scope, "facts.down_from")
    changes = [
        Remeasured(
            each.meter_id, each.meter_code, each.resource_id, each.dimensions, -each.quantity
        )
        for each in measured_in(line, scope, span)
    ]
    return Assumption(remeasured={(scope.account_id, scope.period.start): changes})


def _within(start: datetime, end: datetime, scope: AccountPeriod, field: str) -> Period:
    """The part of [start, end) that the line's period has."""
    start, end = max(start, scope.period.start), min(end, scope.period.end)
    if start >= end:
        raise FactNotOfLine(
            f"The line is for {scope.period.start:%Y-%m-%d %H:%M} to "
            f"{scope.period.end:%Y-%m-%d %H:%M} UTC; that lies outside.",
            field=field,
        )
    return Period(start, end)


def _other_quantity(scope: AccountPeriod, line: InvoiceLine, fact: StatedFact) -> Assumption:
    assert line.price is not None  # asked before
    assert line.price.meter is not None
    found = measured_in(line, scope, scope.period)
    delta = fact.number("quantity") - sum(each.quantity for each in found)
    matched = {**line.price.match, **line.dimensions}
    meter = line.price.meter
    change = Remeasured(meter.pk, meter.code, line.resource_id, matched, delta)
    return Assumption(remeasured={(scope.account_id, scope.period.start): [change]})


def _other_price(scope: AccountPeriod, line: InvoiceLine, fact: StatedFact) -> Assumption:
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


def _figures(line: InvoiceLine, before: InvoiceDraft, after: InvoiceDraft) -> ClaimFigures:
    key = charge_key(line.key)
    meant = charge_key_of(line.key) if line.corrects_id else key
    left = creditable(line.invoice)
    own = next((each for each in left.charges if each.key == key), None)
    billed = _sum(dict(line.invoice.lines.values_list("key", "amount_minor")), key)
    drafted_minor = billed - _charged(before, meant) + _charged(after, meant)
    worth = _nets(before), _nets(after)
    total = sum(worth[0].values()) - sum(worth[1].values())
    corrected = _corrected(own) if own else 0
    net = partial(_before_tax, own, left)
    credits = _credits(line, key, total, netted(*worth), left) if total > corrected else {}
    credit = sum(credits.values()) if total > corrected else net(total - corrected)
    billed_minor, stands = net(billed), net(drafted_minor)
    corrected_minor = own.credited_minor if own else 0
    return ClaimFigures(
        billed_minor=billed_minor,
        drafted_minor=stands,
        corrected_minor=corrected_minor,
        elsewhere_minor=billed_minor - stands - corrected_minor - credit,
        credit_minor=credit,
        gross_minor=with_tax(credits, left),
        ceiling_minor=own.left_minor if own else 0,
        credits=credits,
    )


def _credits(
    line: InvoiceLine, key: str, total: int, falls: Mapping[str, int], left: Creditable
) -> dict[str, int]:
    """By charge of the invoice, what is credited before tax; never more than is left of it."""
    if line.corrects_id:
        falls = {key: total}
    found = {}
    for charge in left.charges:
        wanted = falls.get(charge.key, 0)
        if charge.key == key:
            wanted -= _corrected(charge)
        credited = min(_before_tax(charge, left, wanted), charge.left_minor)
        if credited > 0:
            found[charge.key] = credited
    return found


def _corrected(charge: CreditableCharge) -> int:
    """What was credited of a charge, as its amounts were rated: with tax where it is in them."""
    if charge.billed_gross_minor is None:
        return charge.credited_minor
    return charge.credited_gross_minor


def _before_tax(charge: CreditableCharge | None, left: Creditable, minor: int) -> int:
    """An amount as it was rated, without the tax that the prices of its charge have in them."""
    if charge is None or charge.billed_gross_minor is None:
        return minor
    (tax,) = (each for each in left.taxes if each.group == charge.tax_group)
    return minor - tax_within(minor, tax.rate, tax.rounding)


def with_tax(credits: Mapping[str, int], left: Creditable) -> int:
    """What credits before tax come to with their tax, in minor units."""
    if not credits:
        return 0
    asked = [CreditRequest(key, amount_minor=minor) for key, minor in credits.items()]
    charged = credited_charges(asked, left)
    taxes = credited_taxes(charged, left.taxes)
    return sum(credits.values()) + sum(each.tax_minor for each in taxes)


def only_part(figures: ClaimFigures, key: str, minor: int, left: Creditable) -> ClaimFigures:
    """The same claim with a stated amount of its own charge credited, before tax."""
    credits = {key: minor}
    return replace(
        figures,
        credit_minor=minor,
        elsewhere_minor=figures.difference_minor - minor,
        gross_minor=with_tax(credits, left),
        credits=credits,
    )


def _charged(draft: InvoiceDraft, key: str) -> int:
    return _sum({line.key: line.amount_minor for line in draft.lines}, key)


def _sum(amounts: Mapping[str, int], key: str) -> int:
    """A charge with the lines of its own discounts and limits."""
    return sum(
        minor for each, minor in amounts.items() if each == key or each.startswith(f"{key}/")
    )


def _nets(draft: InvoiceDraft) -> dict[str, int]:
    return {key: minor for key, _, minor in net_charges(draft.lines)}
