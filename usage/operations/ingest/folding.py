"""What events add to the roll-up of a day, first summed in memory, then folded in one statement.

Owns how two figures of a day become one. Rows go in sorted by their key, for the sake of others
that fold the same days in another order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from core.db.arrays import array, bigints, dates
from usage.aggregate.exact import exactly
from usage.aggregate.rules import Aggregation
from usage.derivation.period_totals import DROP_BOOKED
from usage.operations.ingest.placing import Placed

_FOLD = f"""
    WITH dropped AS ({DROP_BOOKED})
    INSERT INTO usage_usageday AS kept
        (day, account_id, resource_id, meter_id, dimension_set_id, quantity, event_count, moment,
         is_carried)
    SELECT * FROM unnest(%(days)s::date[], %(accounts)s::bigint[], %(resources)s::bigint[],
                         %(meters)s::bigint[], %(sets)s::bigint[], %(quantities)s::numeric[],
                         %(counts)s::bigint[], %(moments)s::numeric[], %(carried)s::bool[])
    ON CONFLICT (day, account_id, resource_id, meter_id, dimension_set_id) DO UPDATE
    SET quantity = {{combined}}, event_count = kept.event_count + excluded.event_count,
        moment = kept.moment + excluded.moment
"""  # noqa: S608  composed of statements of ours
_ADDED = "kept.quantity + excluded.quantity"
_COMBINED = {
    Aggregation.MIN: "least(kept.quantity, excluded.quantity)",
    Aggregation.MAX: "greatest(kept.quantity, excluded.quantity)",
}

Fold = tuple[str, Mapping[str, object]]

# Day, account, resource, meter, dimension set; and quantity, count, moment, is carried.
_Key = tuple[date, int, int, int, int]
_Sums = dict[_Key, list[Any]]


def folds_of(placed: Sequence[Placed], dimension_sets: Mapping[str, int]) -> Iterator[Fold]:
    """What adds these events to the roll-ups: a statement for each way of combining, its rows
    sorted. Every dimension set must be known, and the accounts' stripes held."""
    groups: dict[str, _Sums] = {}
    with exactly():
        for each in placed:
            day, account_id, resource_id = each.day, each.account_id, each.resource_id
            for addition in each.additions:
                combined = _COMBINED.get(addition.aggregation, _ADDED)
                sums = groups.get(combined)
                if sums is None:
                    sums = groups[combined] = {}
                quantity = addition.quantity
                if quantity is None:
                    quantity = each.draft.quantity
                set_id = dimension_sets[addition.dimensions]
                key = day, account_id, resource_id, addition.meter_id, set_id
                kept = sums.get(key)
                if kept is None:
                    sums[key] = [quantity, 1, addition.moment, addition.is_carried]
                else:
                    kept[0] = _combine(addition.aggregation, kept[0], quantity)
                    kept[1] += 1
                    if addition.moment is not None:
                        kept[2] += addition.moment
    for combined, sums in groups.items():
        yield _FOLD.format(combined=combined), _columns(sums)


def _columns(sums: _Sums) -> Mapping[str, object]:
    keys = sorted(sums)
    days, accounts, resources, meters, sets = zip(*keys, strict=True)
    figures = zip(*[sums[key] for key in keys], strict=True)
    quantities, counts, moments, carried = figures
    return {
        "days": dates(days),
        "accounts": bigints(accounts),
        "resources": bigints(resources),
        "meters": bigints(meters),
        "sets": bigints(sets),
        "quantities": array(quantities),
        "counts": bigints(counts),
        "moments": array(moments),
        "carried": array(carried),
        "first": days[0],
    }


def _combine(aggregation: Aggregation, kept: Decimal, quantity: Decimal | None) -> Decimal:
    assert quantity is not None  # an addition without one is the event's own, which it then has
    if aggregation is Aggregation.MIN:
        return min(kept, quantity)
    if aggregation is Aggregation.MAX:
        return max(kept, quantity)
    return kept + quantity
