"""When each kind of change may take effect: the house's own table, and what finance set instead.

Pure but for `policy_of`, which reads the rows. An upgrade is what costs more in fees for a whole
period; what costs the same or less is a downgrade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from billing.catalogue.models import Product
from billing.contracts.models.changes import ChangePolicy, ChangeTiming, SubscriptionVerb
from core.errors import Conflict

_T = ChangeTiming
HOUSE: Final[Mapping[str, Sequence[ChangeTiming]]] = MappingProxyType(
    {
        SubscriptionVerb.UPGRADE: (_T.NOW, _T.PERIOD_END, _T.DATE),
        SubscriptionVerb.DOWNGRADE: (_T.PERIOD_END, _T.DATE),
        SubscriptionVerb.CANCEL: (_T.PERIOD_END, _T.NOW, _T.DATE),
        SubscriptionVerb.PAUSE: (_T.NOW, _T.DATE),
        SubscriptionVerb.RESUME: (_T.NOW, _T.DATE),
        SubscriptionVerb.REACTIVATE: (_T.NOW, _T.DATE),
        SubscriptionVerb.MORE_SEATS: (_T.NOW, _T.PERIOD_END, _T.DATE),
        SubscriptionVerb.FEWER_SEATS: (_T.PERIOD_END, _T.DATE),
        SubscriptionVerb.TRANSFER: (_T.PERIOD_END, _T.NOW, _T.DATE),
    }
)
"""The first of each is what a form begins with."""


class ChangeNotAllowed(Conflict):
    """The policy of the product does not allow this change at this time."""

    code = "change_not_allowed"
    title = "The policy does not allow that"


@dataclass(frozen=True, slots=True)
class AllowedTimings:
    """When a kind of change may take effect for one product, and whose rule that is."""

    kind: SubscriptionVerb
    timings: Sequence[ChangeTiming]
    rule: str

    def require(self, timing: ChangeTiming) -> None:
        """Raises: ChangeNotAllowed."""
        if timing not in self.timings:
            allowed = " or ".join(each.label.lower() for each in self.timings)
            raise ChangeNotAllowed(
                f"A change of this kind ({self.kind.label.lower()}) takes effect {allowed} "
                f"({self.rule}). Nothing was saved.",
                field="when",
            )


def own_rule(product: Product | None, kind: SubscriptionVerb) -> ChangePolicy | None:
    """The row of a product alone, or of every other product where none is named."""
    return ChangePolicy.objects.filter(kind=kind, product=product).first()


def policy_of(product_id: int | None, kind: SubscriptionVerb) -> AllowedTimings:
    """The product's own row, else the row for all, else the house's table; one query."""
    rows = ChangePolicy.objects.filter(kind=kind).select_related("product")
    found: dict[int | None, ChangePolicy] = {row.product_id: row for row in rows}
    row = found.get(product_id) or found.get(None)
    if row is None:
        return AllowedTimings(kind, HOUSE[kind], "the house’s policy")
    given = {
        _T.NOW: row.allows_now,
        _T.PERIOD_END: row.allows_period_end,
        _T.DATE: row.allows_date,
    }
    timings = [each for each in (*HOUSE[kind], *_T) if given[each]]
    return AllowedTimings(kind, list(dict.fromkeys(timings)), f"policy of {row.product or 'all'}")
