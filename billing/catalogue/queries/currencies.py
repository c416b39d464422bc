"""The currencies something is sold in."""

from __future__ import annotations

from billing.catalogue.models import Plan


def currencies_sold() -> list[str]:
    """The currencies of all plans; one query over a short table."""
    # An invoice is in the currency of its account's plans, and plans are few.
    codes = Plan.objects.order_by("currency").values_list("currency", flat=True)
    return list(codes.distinct())
