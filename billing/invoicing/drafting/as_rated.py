"""What an issued invoice's charges would have been under a fact that somebody states.

The period is drafted twice by the code that bills, as its usage says and as the fact does; what
differs is what the fact is worth. Nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.invoicing.drafting.assumptions import Assumption, Remeasured
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.models import Invoice
from billing.invoicing.queries.creditable import net_charges
from billing.rating import expand
from core.errors import Conflict, DomainError, Invalid
from core.money import Money, allocate


class DearerAsRated(Conflict):
    """Under the stated fact the customer would owe more, or the same."""

    code = "dearer_as_rated"
    title = "It would not have been cheaper"


class FactNotRateable(Invalid):
    """The line is not of metered usage, so a quantity says nothing about it."""

    code = "fact_not_rateable"
    title = "The line cannot be rated again by a quantity"


@dataclass(frozen=True, slots=True)
class StatedQuantity:
    """What somebody says was used of a charge, in the meter's unit."""

    charge_key: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class RatedAgain:
    """What the period comes to before tax, as it is and under the fact; and by charge the credit.

    Amounts are minor units. Where some charges become dearer and others cheaper, the dearer ones
    are taken off the credit of the others in proportion.
    """

    before_minor: int
    after_minor: int
    credits: Mapping[str, int]


def rated_again(invoice: Invoice, fact: StatedQuantity) -> RatedAgain:
    """What a fact is worth to the customer.

    Raises: FactNotRateable, DearerAsRated, UsageUnsettled (retryable), and what rating refuses.
    """
    scope = AccountPeriod(invoice.account_id, invoice.period, invoice.zone)
    changed = {(scope.account_id, scope.period.start): [_change(invoice, fact)]}
    before = _charges(scope, Assumption())
    after = _charges(scope, Assumption(remeasured=changed))
    total, stated = sum(before.values()), sum(after.values())
    if stated >= total:
        was, now, by = (
            Money.from_minor(each, invoice.currency) for each in (total, stated, stated - total)
        )
        raise DearerAsRated(
            f"As it should have been rated it comes to {now} instead of {was}, dearer by {by}. "
            "Nothing is credited."
            if stated > total
            else f"As it should have been rated it comes to {now} as well. Nothing is credited.",
            field="quantity",
            before=str(was),
            after=str(now),
        )
    return RatedAgain(total, stated, netted(before, after))


def _change(invoice: Invoice, fact: StatedQuantity) -> Remeasured:
    lines = invoice.lines.filter(key=fact.charge_key, corrects__isnull=True)
    line = lines.select_related("price__meter").first()
    price = line.price if line is not None else None
    if line is None or price is None or price.meter is None:
        raise FactNotRateable(
            "Choose a line of metered usage of this invoice's own period.", field="charge"
        )
    return Remeasured(
        price.meter.pk,
        price.meter.code,
        line.resource_id,
        {**price.match, **line.dimensions},
        fact.quantity - expand(line.explanation).measured,
    )


def _charges(scope: AccountPeriod, assuming: Assumption) -> dict[str, int]:
    (draft,) = rated_drafts([scope], assuming)
    if isinstance(draft, DomainError):
        raise draft
    return {key: minor for key, _, minor in net_charges(draft.lines)}


def netted(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """By charge, in minor units, what falls; less what rises elsewhere, in proportion."""
    moves = {key: minor - after.get(key, 0) for key, minor in before.items()}
    rises = sum(minor - before.get(key, 0) for key, minor in after.items() if key not in before)
    rises += sum(-minor for minor in moves.values() if minor < 0)
    falls = {key: minor for key, minor in moves.items() if minor > 0}
    less: Sequence[int] = allocate(rises, list(falls.values())) if rises else [0] * len(falls)
    found = {key: minor - part for (key, minor), part in zip(falls.items(), less, strict=True)}
    return {key: minor for key, minor in found.items() if minor}
