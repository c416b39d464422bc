"""Fees of cycles as charges: what is due, and what an earlier bill said of the same taken back.

What is taken back is what was charged, as rounded and after the discounts of the price, so that no
cent is given back that was not charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from billing.catalogue.queries.price_book import compiled
from billing.invoicing.drafting.charging import DueCharge
from billing.invoicing.drafting.cycle_fees import CycleFee, CyclePart
from billing.invoicing.drafting.snapshots import Snapshot
from billing.rating import Charge, Detail, TakenBack, rate
from core.money import Money

BACK = "back@"
"""In the key of a charge that takes back what was billed of a cycle, before when that began."""


def cycle_items(snapshot: Snapshot) -> Iterator[DueCharge]:
    """What is charged of cycles in a period, in order of the subscriptions."""
    for fee in snapshot.cycle_fees:
        now = _charge(snapshot, fee, fee.now)
        if fee.before is not None:
            before = _charge(snapshot, fee, fee.before)
            minor = sum(line.amount_minor for line in rate([before.charge]))
            if not minor and not fee.before.quantity:
                yield now
                continue
            yield _taken_back(snapshot, before, minor)
        yield now


def original_key(key: str) -> str:
    """The key of what a charge takes back; the key itself of one that takes nothing back."""
    return key.replace(f"|{BACK}", "|@")


def _charge(snapshot: Snapshot, fee: CycleFee, part: CyclePart) -> DueCharge:
    ready = compiled(fee.price, snapshot.customer.currency, fee.cycle, snapshot.scope.zone)
    since = part.span.start.isoformat().replace("+00:00", "Z")
    active = None if part.span == fee.cycle else part.span
    subscription = str(fee.subscription_id)
    charge = Charge(
        f"{subscription}|{fee.price.code}|@{since}",
        ready,
        part.quantity,
        detail=Detail(active=active, cycle=fee.cycle),
        subscription=subscription,
    )
    return DueCharge(charge, fee.price, fee.subscribed(part), None, {})


def _taken_back(snapshot: Snapshot, before: DueCharge, minor: int) -> DueCharge:
    amount = Money.from_minor(minor, snapshot.customer.currency).amount
    charge, detail = before.charge, before.charge.detail
    assert detail is not None
    back = Detail(
        active=detail.active,
        cycle=detail.cycle,
        taken_back=TakenBack(amount, charge.quantity, replaced=False),
    )
    return DueCharge(
        charge._replace(key=charge.key.replace("|@", f"|{BACK}"), quantity=Decimal(0), detail=back),
        before.price,
        before.subscribed,
        None,
        {},
    )
