"""Holds what was metered against what the platform itself counted, figure by figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from accounts.models import Account, Resource
from demo.platform.play import Play
from demo.platform.played_time import PlayedTime
from demo.platform.tally import TallyKey
from usage.operations.settling import settled
from usage.queries.quantities import UsageWindow, metered_quantities

# Dimensions that only explain; the price does not see them.
_PRESENTATION = frozenset({"process_type"})

Figures = dict[TallyKey, Decimal]


@dataclass(frozen=True, slots=True)
class ReckonedDifference:
    """A figure on which platform and engine do not agree; an absent one counts as none."""

    total: TallyKey
    platform: Decimal | None
    engine: Decimal | None

    def __str__(self) -> str:
        subject = f"{self.total.meter} of {self.total.subject} {dict(self.total.dimensions)}"
        return f"{self.total.account}: {subject}: platform {self.platform}, engine {self.engine}"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How many figures of the finished month were compared, and those that differ."""

    figure_count: int
    differences: Sequence[ReckonedDifference]


def reckon(play: Play, accounts: Mapping[str, Account]) -> Reckoning:
    """Compare every figure of the finished month; `accounts` by the platform's key."""
    platform = _priced_figures(play.finished_month())
    engine = _metered(play.time, accounts)
    keys = sorted(platform.keys() | engine.keys())
    return Reckoning(
        len(keys),
        [
            ReckonedDifference(key, platform.get(key), engine.get(key))
            for key in keys
            if platform.get(key, Decimal(0)) != engine.get(key, Decimal(0))
        ],
    )


def _priced_figures(totals: Mapping[TallyKey, Decimal]) -> Figures:
    """The tally without the dimensions that only explain."""
    figures: Figures = {}
    for total, quantity in totals.items():
        dimensions = tuple(pair for pair in total.dimensions if pair[0] not in _PRESENTATION)
        key = TallyKey(total.account, total.meter, total.subject, dimensions)
        figures[key] = figures.get(key, Decimal(0)) + quantity
    return figures


def _metered(time: PlayedTime, accounts: Mapping[str, Account]) -> Figures:
    keys = {account.pk: key for key, account in accounts.items()}
    windows = [UsageWindow(pk, time.month_on, time.next_month_on) for pk in keys]
    found = settled(keys, partial(metered_quantities, windows))
    subjects = dict(
        Resource.objects.filter(pk__in={each.resource_id for each in found})
        .values_list("pk", "platform_id")
    )  # fmt: skip
    return {
        TallyKey(
            keys[each.account_id],
            each.meter_code,
            subjects[each.resource_id],
            tuple(sorted(each.dimensions.items())),
        ): each.quantity
        for each in found
        if each.resource_id is not None
    }
