"""The bounds that bills are kept within: those in force, in words, and how they came about."""

from collections.abc import Sequence
from decimal import Decimal

from billing.invoicing.models import SanityPolicy
from core.decimals import decimal_text
from core.money import Money

BOUNDS_SHOWN = 50


def bounds_stamp(policy: SanityPolicy | None) -> str:
    """What a change of the bounds is made from."""
    return str(policy.pk if policy else 0)


def bounds_texts(policy: SanityPolicy | None) -> dict[str, str]:
    """What a policy bounds, by name; an empty text bounds nothing."""
    if policy is None:
        return {}

    def money(minor: int | None) -> str:
        return "" if minor is None else str(Money.from_minor(minor, policy.currency))

    def times(factor: Decimal | None) -> str:
        return "" if factor is None else f"{decimal_text(factor)} ×"

    return {
        "A line": money(policy.line_max_minor),
        "An invoice": money(policy.invoice_max_minor),
        "A run": money(policy.run_max_minor),
        "Against the usual": times(policy.times_usual),
        "Against the forecast": times(policy.times_forecast),
        "Both from": money(policy.usual_from_minor),
    }


def bounds_of(currency: str) -> Sequence[SanityPolicy]:
    """The policies of a currency, the one in force first; one query."""
    rows = SanityPolicy.objects.filter(currency=currency).order_by("-set_at", "-pk")
    return list(rows[:BOUNDS_SHOWN])
