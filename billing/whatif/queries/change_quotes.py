"""Quotes of changes to read: by id, and their fees before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.contracts.models import Subscription
from billing.whatif.models import ChangeQuote
from core.errors import NotFound
from core.money import Money


class QuoteNotFound(NotFound):
    """The subscription has no such quote."""

    code = "quote_not_found"
    title = "No such quote"


@dataclass(frozen=True, slots=True)
class QuotedPeriod:
    """The fees of one billing period, before and after, line by line."""

    start: datetime
    end: datetime
    before: Sequence[tuple[str, Money]]
    after: Sequence[tuple[str, Money]]
    before_total: Money
    after_total: Money

    @property
    def change(self) -> Money:
        """By how much the fees move."""
        return self.after_total - self.before_total


def find_quote(subscription: Subscription, public_id: str) -> ChangeQuote:
    """A quote of the subscription. Raises: QuoteNotFound."""
    rows = ChangeQuote.objects.select_related("subscription__account", "to_plan")
    found = rows.filter(subscription=subscription, public_id=public_id[:64]).first()
    if found is None:
        raise QuoteNotFound(f"There is no quote {public_id[:64]} of this subscription.")
    return found


def told_fees(quote: ChangeQuote) -> list[QuotedPeriod]:
    """The periods of a quote, oldest first."""

    def lines(rows: Sequence[tuple[str, int]]) -> list[tuple[str, Money]]:
        return [(name, Money.from_minor(minor, quote.currency)) for name, minor in rows]

    def total(rows: Sequence[tuple[str, int]]) -> Money:
        return Money.from_minor(sum(minor for _, minor in rows), quote.currency)

    return [
        QuotedPeriod(
            start=datetime.fromisoformat(period["from"]),
            end=datetime.fromisoformat(period["until"]),
            before=lines(period["before"]),
            after=lines(period["after"]),
            before_total=total(period["before"]),
            after_total=total(period["after"]),
        )
        for period in quote.effect
    ]
