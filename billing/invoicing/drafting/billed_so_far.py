"""What parts of a period billed of a price code, as later parts have to be told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from billing.catalogue.queries.price_book import BookPrice
from billing.invoicing.drafting.charging import DueCharge
from billing.rating import AlreadyBilled, LineKind, OtherTerms, RatedLine, expand
from core.money import Money
from usage.queries.single_events import SingleEvent


@dataclass(slots=True)
class BilledSoFar:
    """What the runs so far billed of a group, and what still waits for the end of the period.

    `quantity` is what was billed for all of the period, `timed_minor` what of the amount was for
    the time of a run alone. `by` are the prices of those runs, `has_fees` and `discounts` what they
    billed of what is once a period. `events` are the single events of the present run, with those
    that waited.
    """

    quantity: Decimal = Decimal(0)
    event_count: int = 0
    amount_minor: int = 0
    timed_minor: int = 0
    waiting: Decimal = Decimal(0)
    is_begun: bool = False
    has_fees: bool = False
    discounts_minor: int = 0
    by: list[BookPrice] = field(default_factory=list)
    events: Sequence[SingleEvent] = ()
    waiting_events: Sequence[SingleEvent] = ()

    def already(self, price: BookPrice, currency: str) -> AlreadyBilled | None:
        """What was billed, as a charge by this price is told; None of a first one."""
        if not self.is_begun:
            return None
        terms = price.price
        # What is worked out again for all of the period takes back what was billed for all of it.
        minor = self.amount_minor - (self.timed_minor if terms.model.is_final_only else 0)
        amount = Money.from_minor(minor, currency).amount
        is_by_this = all(each.price == terms for each in self.by)
        is_known = is_by_this and not (terms.is_prorated or terms.model.takes_events)
        if is_known or not (terms.has_amounts_once or any(each.is_prorated for each in self.by)):
            return AlreadyBilled(self.quantity, amount, self.event_count)
        discounts = Money.from_minor(self.discounts_minor, currency).amount
        other_terms = OtherTerms(self.has_fees, discounts)
        return AlreadyBilled(self.quantity, amount, self.event_count, other_terms)

    def note(self, item: DueCharge, lines: Sequence[RatedLine]) -> None:
        """Keep what the lines of a charge came to."""
        amount = sum(line.amount_minor for line in lines)
        self.amount_minor += amount
        self.timed_minor += amount if item.price.is_prorated else 0
        self.has_fees = self.has_fees or any(map(_has_tier_fee, lines))
        self.discounts_minor -= sum(line.amount_minor for line in lines if _is_fixed(line))
        self.by.append(item.price)
        self.is_begun = True


def _has_tier_fee(line: RatedLine) -> bool:
    priced = expand(line.explanation).step("price")
    if priced is None or not str(priced["model"]).startswith("graduated"):
        return False
    return any("fee" in row for row in priced["rows"])


def _is_fixed(line: RatedLine) -> bool:
    is_discount = line.kind is LineKind.DISCOUNT
    return is_discount and expand(line.explanation).step("fixed_discount") is not None
