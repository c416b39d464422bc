"""What the licence pages say beside stored figures: teams with their apps, and what renewing costs.

Owns the arithmetic of "what if we renew at": from the pace of the window and the licence's prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from billing.invoicing.queries.license_use import PoolUse, UsedByApp
from billing.licences.queries.scopes import LicensedAccount
from billing.licences.windows import ZERO, rounded_units
from console.contracts.license_pictures import BurnDown, burn_down
from core.money import Money, to_minor


@dataclass(frozen=True, slots=True)
class TeamUse:
    """A team with its apps; the share is of what all teams used."""

    account: LicensedAccount
    apps: Sequence[UsedByApp]
    percent: Decimal

    @property
    def posted(self) -> Decimal:
        """On issued invoices."""
        return sum((each.posted for each in self.apps), ZERO)

    @property
    def provisional(self) -> Decimal:
        """On none yet."""
        return sum((each.provisional for each in self.apps), ZERO)

    @property
    def together(self) -> Decimal:
        """Both."""
        return self.posted + self.provisional


@dataclass(frozen=True, slots=True)
class ShownPool:
    """A pool as its page shows it."""

    use: PoolUse
    picture: BurnDown
    teams: Sequence[TeamUse]

    @property
    def together(self) -> Decimal:
        """What all teams used."""
        return sum((team.together for team in self.teams), ZERO)

    @property
    def forecast_left(self) -> Decimal:
        """What the forecast leaves; below 0 it is over."""
        return self.use.licensed - (self.use.forecast.units if self.use.forecast else ZERO)


def shown_pool(use: PoolUse) -> ShownPool:
    """A pool with its picture and its teams."""
    whole = sum((each.together for each in use.apps), ZERO)
    teams = [
        TeamUse(account, apps, _share(sum((each.together for each in apps), ZERO), whole))
        for account, found in groupby(use.apps, key=lambda each: each.account)
        for apps in [list(found)]
    ]
    return ShownPool(use, burn_down(use), teams)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return rounded_units(Fraction(part) / Fraction(whole) * 100, 1) if whole else ZERO


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a window costs at a quantity, at the pace of this one."""

    quantity: Decimal
    over: Decimal
    cost: Money


def pace_of(use: PoolUse) -> Decimal:
    """What the next window would use at the present pace."""
    return use.forecast.units if use.forecast else ZERO


def renewals(use: PoolUse, asked: Decimal | None) -> list[Renewal]:
    """What a window would cost at the present quantity, at what it uses, and at what was asked."""
    quantities = {use.licensed, pace_of(use), *([asked] if asked is not None else [])}
    return [_renewal(use, each) for each in sorted(quantities)]


def _renewal(use: PoolUse, quantity: Decimal) -> Renewal:
    product, currency = use.commitment.product, use.commitment.license.currency
    over = max(pace_of(use) - quantity, ZERO)
    beyond = product.price_beyond if product.price_beyond is not None else product.unit_price
    cost = Fraction(quantity) * Fraction(product.unit_price) + Fraction(over) * Fraction(beyond)
    return Renewal(quantity, over, Money.from_minor(to_minor(cost, currency), currency))
