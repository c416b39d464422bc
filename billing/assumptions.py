"""What a simulation assumes to be otherwise than the rows say.

Given to the same functions that bill, so a what-if differs from a bill in nothing but this. Owns
the values only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.pricebook import BookVersion
from core.periods import Period


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Usage of a meter that is taken as never reported: what it measured in a span of time."""

    meter_id: int
    span: Period


@dataclass(frozen=True, slots=True)
class Assumption:
    """Terms put in the place of others, and usage left out. Prices agreed with one subscription
    stay in force on top of whatever version is assumed.

    `versions`: instead of the version with this primary key. `plans`: instead of whichever version
    of the plan with this primary key.
    """

    versions: Mapping[int, BookVersion] = field(default_factory=dict)
    plans: Mapping[int, BookVersion] = field(default_factory=dict)
    left_out: LeftOut | None = None

    def book(
        self, *, plan_id: int, version_id: int, books: Mapping[int, BookVersion]
    ) -> BookVersion:
        """The terms a subscription is taken to have."""
        assumed = self.plans.get(plan_id) or self.versions.get(version_id)
        return books[version_id] if assumed is None else assumed


NOTHING_ASSUMED = Assumption()
