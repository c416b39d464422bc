"""What a simulation assumes to be otherwise than the rows say.

Given to the same functions that bill, so a what-if differs from a bill in nothing but this. Owns
the values only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from billing.catalogue.queries.price_book import BookVersion
from core.periods import Period


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Usage of a meter that is taken as never reported: what it measured in a span of time."""

    meter_id: int
    span: Period


@dataclass(frozen=True, slots=True)
class Remeasured:
    """By how much a meter's quantity of a resource and dimensions would be another.

    `resource_id` is None where the price does not tell resources apart.
    """

    meter_id: int
    meter_code: str
    resource_id: int | None
    dimensions: Mapping[str, str]
    delta: Decimal


@dataclass(frozen=True, slots=True)
class Assumption:
    """Terms put in the place of others, usage left out or measured otherwise. Prices agreed with
    one subscription stay in force on top of whatever version is assumed.

    `versions`: instead of the version with this primary key. `plans`: instead of whichever version
    of the plan with this primary key. `remeasured`: by account and start of the period; where terms
    change within it, the difference falls to those in force at its end.
    """

    versions: Mapping[int, BookVersion] = field(default_factory=dict)
    plans: Mapping[int, BookVersion] = field(default_factory=dict)
    left_out: LeftOut | None = None
    remeasured: Mapping[tuple[int, datetime], Sequence[Remeasured]] = field(default_factory=dict)

    def book(
        self, *, plan_id: int, version_id: int, books: Mapping[int, BookVersion]
    ) -> BookVersion:
        """The terms a subscription is taken to have."""
        assumed = self.plans.get(plan_id) or self.versions.get(version_id)
        return books[version_id] if assumed is None else assumed


NOTHING_ASSUMED = Assumption()
