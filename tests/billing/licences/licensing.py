"""An enterprise with teams, its licences and their pools, told in days and units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Account
from accounts.operations import accounts
from accounts.operations.accounts import NewAccount
from accounts.operations.profiles import ProfileTerms
from billing.catalogue.operations.plans import PriceTerms
from billing.licences.models import License, Movement, PoolBucket, PoolCommitment
from billing.licences.operations import quotes, window_closing
from billing.licences.operations.quotes import AcceptedBy
from billing.licences.terms import read_terms
from core.decimals import decimal_text
from tests.people import ADA
from tests.story import WHY, Customer, Story
from usage.models import Meter

UNITS = {
    "basic": "0.28",
    "standard-1x": "1",
    "standard-2x": "2",
    "performance-m": "8",
    "performance-l": "16",
}
"""What a dyno of a size is for a whole month, in dyno units (wH3)."""


def dyno_units(meter: Meter, value: str = "27.50") -> PriceTerms:
    """Dynos by size into dyno units, and what a unit costs beyond any licence."""
    return PriceTerms(
        code="dyno-units",
        name="Dyno units",
        meter=meter,
        group_by=["resource", "size"],
        definition={
            "model": "matrix",
            "unit": "dyno-month",
            "convert": {"divide_by": "period_seconds"},
            "dimensions": ["size"],
            "cells": [
                {"match": {"size": size}, "unit_price": units} for size, units in UNITS.items()
            ],
            "priced_in": {"unit": "dyno unit", "value": value},
        },
    )


def pool(**given: Any) -> dict[str, Any]:
    """A commitment of dyno units each month, unless said otherwise."""
    return {
        "product": "units",
        "name": "Dyno units",
        "unit": "dyno unit",
        "window": "month",
        "quantity": "80",
    } | given


def product(**given: Any) -> dict[str, Any]:
    """Dyno units at 22.00 each, 27.50 beyond."""
    return {
        "code": "units",
        "name": "Dyno units",
        "quantity": "0",
        "unit": "dyno unit",
        "unit_price": "22",
        "overage_price": "27.5",
        "billed": "monthly",
    } | given


@dataclass
class Enterprise(Customer):
    """An enterprise of the story, and its teams."""

    teams: dict[str, Customer] = field(default_factory=dict)

    def team(self, name: str) -> Customer:
        """Open a team below it now."""
        made = Customer(self.story, opened(self.story, name, "team", parent=self.account))
        self.teams[name] = made
        return made

    def quotes(self, number: str, *, starts: str, until: str, **terms: Any) -> Any:
        """Offer a version of a quote now, good for 30 days."""
        document = {"name": "Licence", "starts_on": starts, "until": until} | terms
        return quotes.offer(
            account=self.account,
            number=number,
            terms=read_terms({"products": [product()]} | document),
            valid_until=self.story.at + timedelta(days=30),
            at=self.story.at,
            by=ADA,
            reason=WHY,
        )

    def agrees(self, number: str, *, starts: str, until: str, **terms: Any) -> License:
        """Quote and accept now."""
        quote = self.quotes(number, starts=starts, until=until, **terms)
        return quotes.accept(
            quote=quote,
            accepted=AcceptedBy("Mara Holt", date(2026, 1, 1), quote.digest),
            at=self.story.at,
            by=ADA,
            reason=WHY,
        )


def opened(story: Story, name: str, kind: str, *, parent: Account | None = None) -> Account:
    """An account opened now, with a profile."""
    return accounts.open(
        new=NewAccount(
            name=name, kind=kind, currency="USD", anchor_on=date(2020, 1, 1), parent=parent
        ),
        profile=ProfileTerms(legal_name=f"{name} Ltd", zone="UTC"),
        at=story.at,
        by=ADA,
        reason=WHY,
    )


def enterprise(story: Story, name: str = "Meridian") -> Enterprise:
    """Open an enterprise now."""
    return Enterprise(story, opened(story, name, "enterprise"))


def closes_windows(story: Story) -> None:
    """Have the windows that ended closed."""
    window_closing.close_ended(at=story.at, by=ADA)


def book(commitment: PoolCommitment) -> str:
    """The movements of a commitment as a statement: window, kind, units, what is left of it."""
    left: dict[int, Decimal] = {}
    rows = []
    for each in in_order(commitment):
        left[each.bucket_id] = left.get(each.bucket_id, Decimal(0)) + each.units
        carried = "+" if each.bucket.is_carried else ""
        rows.append(
            f"{each.bucket.number}{carried}  {each.kind}  {decimal_text(each.units)}  "
            f"{decimal_text(left[each.bucket_id])}"
        )
    return "\n".join(rows)


def in_order(commitment: PoolCommitment) -> list[Movement]:
    """Movements in the order they were written."""
    rows = Movement.objects.filter(bucket__commitment=commitment).select_related("bucket")
    return list(rows.order_by("pk"))


def left(commitment: PoolCommitment) -> dict[str, str]:
    """What is left by window; those carried into one have a plus."""
    rows = PoolBucket.objects.filter(commitment=commitment).order_by("number", "is_carried")
    return {
        f"{each.number}{'+' if each.is_carried else ''}": decimal_text(each.balance)
        for each in rows
    }
