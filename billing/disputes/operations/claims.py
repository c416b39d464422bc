"""Work out what a claim comes to: its period drafted again under the fact, by the code that bills.

What the fact is worth is the difference of two drafts of today, so usage that was corrected since
is not credited a second time; what credit notes took off the charge already is subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from billing.disputes.contested import ContestedTarget
from billing.disputes.facts import StatedFact
from billing.disputes.figures import ClaimFigures
from billing.disputes.models import DisputeLine
from billing.disputes.operations.assuming import (
    ContestedUsage,
    as_remeasured,
    assumption_of,
    contested_usage,
    granted_changes,
)
from billing.disputes.operations.without_event import drafted_without_event
from billing.disputes.queries.granted_before import GrantedBefore, granted_before
from billing.disputes.targets import charge_of, span_of
from billing.invoicing.crediting import CreditRequest, credited_charges, credited_taxes
from billing.invoicing.drafting.as_rated import netted
from billing.invoicing.drafting.assumptions import Assumption
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
from usage.operations.settling import settled


def worked_out(target: ContestedTarget, fact: StatedFact, *, at: datetime) -> ClaimFigures:
    """What a claim about a target comes to; nothing is kept.

    Locks what voiding an event locks where that is the fact, until it is undone. Raises:
    FactNotOfLine, NothingLate, UsageUnsettled (retryable), and what rating refuses.
    """
    line = charge_of(target)
    usage = contested_usage(line, span_of(target, line), target.resource)
    earlier = granted_before(target)
    before, after = settled(
        [usage.scope.account_id], lambda: _drafted(usage, earlier.others, fact, at)
    )
    if target.is_late:
        return _late_figures(line, before, after)
    return _figures(line, before, after, earlier)


def _drafted(
    usage: ContestedUsage, others: Sequence[DisputeLine], fact: StatedFact, at: datetime
) -> tuple[InvoiceDraft, InvoiceDraft]:
    granted = granted_changes(others, usage.line)
    known = as_remeasured(usage.scope, granted) if granted else None
    before = drafted(usage.scope, known)
    if fact.reason.code == "counted_twice":
        return before, drafted_without_event(usage, fact, assuming=known, at=at)
    return before, drafted(usage.scope, assumption_of(usage, fact, granted))


def drafted(scope: AccountPeriod, assuming: Assumption | None = None) -> InvoiceDraft:
    """One draft. Raises: what rating refuses."""
    (draft,) = rated_drafts([scope], assuming or Assumption())
    if isinstance(draft, DomainError):
        raise draft
    return draft


def _late_figures(line: InvoiceLine, before: InvoiceDraft, after: InvoiceDraft) -> ClaimFigures:
    """Of usage that came late nothing is billed, so no more than what came late can fall away."""
    key = charge_key_of(line.key)
    fell = _charged(before, key) - _charged(after, key)
    credit = min(fell, max(line.amount_minor, 0))
    return ClaimFigures(
        billed_minor=line.amount_minor,
        drafted_minor=line.amount_minor - credit,
        corrected_minor=0,
        elsewhere_minor=0,
        credit_minor=credit,
        gross_minor=max(credit, 0),
        ceiling_minor=max(line.amount_minor, 0),
        credits={},
    )


def _figures(
    line: InvoiceLine, before: InvoiceDraft, after: InvoiceDraft, earlier: GrantedBefore
) -> ClaimFigures:
    key = charge_key(line.key)
    meant = charge_key_of(line.key) if line.corrects_id else key
    left = _net_of(creditable(line.invoice), key, earlier)
    own = next((each for each in left.charges if each.key == key), None)
    billed = _sum(dict(line.invoice.lines.values_list("key", "amount_minor")), key)
    drafted_minor = billed - _charged(before, meant) + _charged(after, meant)
    worth = _nets(before), _nets(after)
    total = sum(worth[0].values()) - sum(worth[1].values())
    corrected = _corrected(own, earlier) if own else 0
    net = partial(_before_tax, own, left)
    credits = _credits(line, key, total, netted(*worth), left, earlier) if total > corrected else {}
    credit = sum(credits.values()) if total > corrected else net(total - corrected)
    billed_minor, stands = net(billed), net(drafted_minor)
    corrected_minor = own.credited_minor - earlier.spared_minor if own else 0
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


def _net_of(left: Creditable, key: str, earlier: GrantedBefore) -> Creditable:
    """What is left, less what was given for the charge beside its credit notes."""
    if not earlier.given_minor:
        return left
    given = earlier.given_minor
    charges = [
        replace(
            each,
            credited_minor=each.credited_minor + given,
            credited_gross_minor=each.credited_gross_minor + given,
        )
        if each.key == key
        else each
        for each in left.charges
    ]
    return replace(left, charges=charges)


def _credits(
    line: InvoiceLine,
    key: str,
    total: int,
    falls: Mapping[str, int],
    left: Creditable,
    earlier: GrantedBefore,
) -> dict[str, int]:
    """By charge of the invoice, what is credited before tax; never more than is left of it."""
    if line.corrects_id:
        falls = {key: total}
    found = {}
    for charge in left.charges:
        wanted = falls.get(charge.key, 0)
        if charge.key == key:
            wanted -= _corrected(charge, earlier)
        credited = min(_before_tax(charge, left, wanted), charge.left_minor)
        if credited > 0:
            found[charge.key] = credited
    return found


def _corrected(charge: CreditableCharge, earlier: GrantedBefore) -> int:
    """What was credited of a charge for the same, as its amounts were rated: with tax where it is
    in them.
    """
    if charge.billed_gross_minor is None:
        return charge.credited_minor - earlier.spared_minor
    return charge.credited_gross_minor - earlier.spared_gross_minor


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
