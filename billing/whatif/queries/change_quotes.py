"""Quotes of changes to read: by id, and their fees before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.contracts.models import Subscription, SubscriptionChange
from billing.whatif.models import ChangeQuote
from core.errors import NotFound
from core.money import Money

QUOTES_SHOWN = 100


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


def quotes_of(subscription: Subscription) -> list[ChangeQuote]:
    """The quotes of one subscription, the newest first; one query."""
    rows = ChangeQuote.objects.filter(subscription=subscription)
    related = rows.select_related("subscription", "to_plan", "to_account")
    return list(related.order_by("-quoted_at", "-pk")[:QUOTES_SHOWN])


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A quote in a list: what it would change, and what became of it."""

    quote: ChangeQuote
    state: str
    """carried_out, expired or open."""
    before: Money
    after: Money


def account_quotes(account: Account, *, at: datetime) -> list[QuoteRow]:
    """The quotes of an account's subscriptions, the newest first; two queries."""
    rows = ChangeQuote.objects.filter(subscription__account=account)
    related = rows.select_related("subscription__plan", "to_plan", "to_account")
    quotes = list(related.order_by("-quoted_at", "-pk")[:QUOTES_SHOWN])
    used = set(
        SubscriptionChange.objects.filter(
            quote__in=[each.public_id for each in quotes]
        ).values_list("quote", flat=True)
    )
    return [
        QuoteRow(
            each,
            "carried_out"
            if each.public_id in used
            else "expired"
            if each.expires_at <= at
            else "open",
            Money.from_minor(each.before_minor, each.currency),
            Money.from_minor(each.after_minor, each.currency),
        )
        for each in quotes
    ]


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
