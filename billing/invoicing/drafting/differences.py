"""What an issued invoice is short of, as charges of a later one.

Owns the choice between the two ways to say it. New usage is a split of its own, which goes on where
the last one ended: "3 more at 10". That is told wherever it comes to exactly what all of the usage
would have come to in time, less what was settled. Where it does not (events looked at singly,
limits that had cut what is now less, terms that had changed within the period), what was settled is
taken back and all of it billed again. So all bills together are always what one would have been.
What limits all charges of a subscription is told what they came to, and lifts or cuts by what is
missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.catalogue.queries.price_book import BookPrice
from billing.invoicing.drafting.charging import DueCharge, item_of
from billing.invoicing.drafting.settled import NOTHING, ChargePart, SettledCharge, late_key
from billing.invoicing.drafting.snapshots import Snapshot, Subscribed, labels_of
from billing.invoicing.models import Invoice, InvoiceLine
from billing.rating import AlreadyBilled, Detail, LimitScope, TakenBack, rate
from core.money import Money


@dataclass(frozen=True, slots=True)
class _Difference:
    """A charge that comes to something else now than to what was settled of it.

    `before` is what it is new to. `added` is only what is new, where the quantity is another.
    """

    item: DueCharge
    before: ChargePart
    due_minor: int
    added: DueCharge | None


def differences(
    invoice: Invoice,
    snapshot: Snapshot,
    charged: Sequence[DueCharge],
    settled: Mapping[str, SettledCharge],
) -> tuple[Snapshot, list[DueCharge]]:
    """What to charge beside what was settled, in the order of the invoice; one query at most.

    `charged` is everything the period would be charged for now. The snapshot comes back with the
    names of what is charged.
    """
    comes_to = _amounts(charged)
    found = {
        item.charge.key: difference
        for item in charged
        if (difference := _difference(invoice, item, comes_to, settled)) is not None
    }
    told = _amounts([each.added for each in found.values() if each.added is not None])
    groups: dict[object, list[DueCharge]] = defaultdict(list)
    for item in charged:
        if not item.price.price.limits_all:
            groups[_sharing(item)].append(item)
    by_key: dict[str, DueCharge] = {}
    for group in groups.values():
        differing = {key: found[key] for item in group if (key := item.charge.key) in found}
        added = {key: each.added for key, each in differing.items() if each.added is not None}
        is_told = sum(told[each.charge.key] for each in added.values())
        if is_told == sum(each.due_minor for each in differing.values()):
            by_key |= added
        else:
            again = [_again(invoice, item, comes_to, differing, settled) for item in group]
            by_key |= {item.charge.key: each for item, each in zip(group, again, strict=True)}
    changed = [by_key[key] for item in charged if (key := item.charge.key) in by_key]
    lost = _lost(settled, {item.charge.key for item in charged})
    named = _naming(snapshot, lost.values())
    back = [
        _taken_back(invoice, gone, settled[key])
        for key, line in lost.items()
        if (gone := _gone(named, line, key)) is not None
    ]
    limits = _limits(invoice, charged, back, comes_to=comes_to, found=found)
    return named, [*changed, *back, *limits]


def _limits(
    invoice: Invoice,
    charged: Sequence[DueCharge],
    back: Sequence[DueCharge],
    *,
    comes_to: Mapping[str, int],
    found: Mapping[str, _Difference],
) -> Iterator[DueCharge]:
    """What limits all charges together, where it lifts or cuts them by something else now; told
    what they came to without the differences that are charged beside it.
    """
    for limit in charged:
        difference = found.get(limit.charge.key)
        if difference is None or not limit.price.price.limits_all:
            continue
        over = (limit.charge.detail and limit.charge.detail.over) or (limit.charge.subscription,)
        now = [item for item in charged if _is_under(item, over)]
        lines = sum(comes_to[item.charge.key] for item in now)
        lines -= sum(found[key].due_minor for item in now if (key := item.charge.key) in found)
        lines += sum(_billed_of(gone, invoice) for gone in back if _is_under(gone, over))
        already = AlreadyBilled(
            amount=_money(lines + difference.before.amount_minor, invoice),
            lines=_money(lines, invoice),
        )
        detail = replace(limit.charge.detail or Detail(), already=already)
        key = late_key(invoice, limit.charge.key)
        yield replace(limit, charge=limit.charge._replace(key=key, detail=detail))


def _is_under(item: DueCharge, over: Sequence[str]) -> bool:
    return item.charge.subscription in over and not item.price.price.limits_all


def _billed_of(gone: DueCharge, invoice: Invoice) -> int:
    """What was billed of a charge of which nothing is left."""
    detail = gone.charge.detail
    assert detail is not None
    assert detail.taken_back is not None
    return Money(detail.taken_back.amount, invoice.currency).minor


def _amounts(items: Sequence[DueCharge]) -> dict[str, int]:
    """What each charge comes to by itself, in minor units, its limits included."""
    amounts: dict[str, int] = defaultdict(int)
    for line in rate([item.charge for item in items]):
        amounts[line.charge_key] += line.amount_minor
    return amounts


def _sharing(item: DueCharge) -> object:
    """The charges whose limits depend on one another have the same."""
    price = item.price.price
    limits = (price.maximum, price.minimum)
    if any(limit is not None and limit.scope is not LimitScope.CHARGE for limit in limits):
        return id(item.charge.price)
    return item.charge.key


def _difference(
    invoice: Invoice,
    item: DueCharge,
    comes_to: Mapping[str, int],
    settled: Mapping[str, SettledCharge],
) -> _Difference | None:
    key, quantity = item.charge.key, item.charge.quantity
    known, limits_all = settled.get(key), item.price.price.limits_all
    is_of_usage = item.price.meter_id is not None or limits_all
    if known is None and not quantity and not comes_to[key] and is_of_usage:
        return None
    by_amount = (known or SettledCharge()).before_amount(comes_to[key])
    if not is_of_usage and known is not None:
        by_amount = None  # a fee is no usage: whoever changes one says what becomes of the past
    if item.price.price.is_told_by_events or limits_all:
        # Many events make no new quantity: one may have been voided, or come before the free ones.
        before, is_added = by_amount, False
    else:
        by_quantity = (known or SettledCharge()).before_quantity(quantity)
        before, is_added = by_quantity or by_amount, by_quantity is not None
    if before is None and known is None:
        before, is_added = NOTHING, not limits_all
    if before is None:
        return None
    added = _added(invoice, item, before if known else None) if is_added else None
    return _Difference(item, before, comes_to[key] - before.amount_minor, added)


def _added(invoice: Invoice, item: DueCharge, before: ChargePart | None) -> DueCharge:
    """The charge with only what is new since it was settled."""
    charge = item.charge._replace(key=late_key(invoice, item.charge.key))
    if before is None:
        return replace(item, charge=charge)
    detail = charge.detail or Detail()
    # Where terms changed within the period, earlier terms billed some of it before.
    earlier = detail.already or AlreadyBilled()
    already = replace(
        earlier,
        quantity=earlier.quantity + before.quantity,
        amount=(earlier.amount or 0) + _money(before.amount_minor, invoice),
    )
    charge = charge._replace(
        quantity=charge.quantity - before.quantity, detail=replace(detail, already=already)
    )
    return replace(item, charge=charge)


def _again(
    invoice: Invoice,
    item: DueCharge,
    comes_to: Mapping[str, int],
    differing: Mapping[str, _Difference],
    settled: Mapping[str, SettledCharge],
) -> DueCharge:
    """The whole charge, with what was settled of it taken back."""
    key, back = item.charge.key, None
    if key in settled:
        same = ChargePart(item.charge.quantity, comes_to[key])
        back = _back(invoice, differing[key].before if key in differing else same)
    detail = replace(item.charge.detail or Detail(), taken_back=back)
    return replace(item, charge=item.charge._replace(key=late_key(invoice, key), detail=detail))


def _taken_back(invoice: Invoice, gone: DueCharge, settled: SettledCharge) -> DueCharge:
    """A charge of which nothing is left: only what was settled of it is taken back."""
    part = settled.before_amount(0) or NOTHING
    detail = Detail(taken_back=replace(_back(invoice, part), replaced=False))
    charge = gone.charge._replace(key=late_key(invoice, gone.charge.key), detail=detail)
    return replace(gone, charge=charge)


def _back(invoice: Invoice, part: ChargePart) -> TakenBack:
    return TakenBack(_money(part.amount_minor, invoice), part.quantity)


def _money(amount_minor: int, invoice: Invoice) -> Decimal:
    return Money.from_minor(amount_minor, invoice.currency).amount


def _lost(settled: Mapping[str, SettledCharge], charged: set[str]) -> dict[str, InvoiceLine]:
    """The charges that were billed and of which nothing is metered any more, each with a line."""
    return {
        key: each.line
        for key, each in settled.items()
        if key not in charged and each.line is not None and each.billed != NOTHING
    }


def _naming(snapshot: Snapshot, lines: Iterable[InvoiceLine]) -> Snapshot:
    """The snapshot with the names of these lines' resources, of which it may hold no usage."""
    named = {line.resource_id for line in lines if line.resource_id is not None}
    missing = named - snapshot.labels.keys()
    if not missing:
        return snapshot
    return replace(snapshot, labels={**snapshot.labels, **labels_of(missing)})


def _gone(snapshot: Snapshot, line: InvoiceLine, charge_key: str) -> DueCharge | None:
    """The charge of a line of which nothing is metered any more."""
    found = _terms_of(snapshot, line)
    if found is None:
        return None
    subscribed, price = found
    group = (line.resource_id, tuple(line.dimensions.items()))
    item = item_of(snapshot, subscribed, price, group, Decimal(0))
    # Terms that changed within the period have keys of their own.
    return replace(item, charge=item.charge._replace(key=charge_key))


def _terms_of(snapshot: Snapshot, line: InvoiceLine) -> tuple[Subscribed, BookPrice] | None:
    """The terms a line was billed under. Terms that stayed the same when a version took over are on
    one line, which begins before the version that it names.
    """
    meant = [
        (subscribed, price)
        for subscribed in snapshot.subscribed
        if subscribed.subscription_id == line.subscription_id
        for price in subscribed.version.prices
        if price.id == line.price_id
    ]
    begun = [each for each in meant if each[0].span.contains(line.period_from)]
    return next(iter([*begun, *meant]), None)
