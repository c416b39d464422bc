"""Charges of a price code that an account has in parts: its terms change within the period, or it
leaves and comes back.

What is once a period is counted per account and price code, whatever the parts. Where usage is
billed, its price goes on where the last part ended: tiers, allowances, packages, commitments and
caps continue, a minimum is due with the last part only, and a price that looks at the whole
period's quantity (volume, stairstep) is worked out by the terms in force at its end. A fee that is
not prorated is due once, by the first terms (in arrears, by the last). What is prorated is due for
the time of each part, but not on top of a fee, or of units, that were billed for all of the period
before it. Time without the price, between leaving and coming back, is none of its time. What limits
all charges together does so once. Subscriptions that run beside one another are no parts of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from billing.catalogue.queries.price_book import BookPrice
from billing.invoicing.drafting.billed_so_far import BilledSoFar
from billing.invoicing.drafting.charging import (
    WHOLE_ACCOUNT,
    ChargeGroup,
    DueCharge,
    Groups,
    due,
    item_of,
    place,
)
from billing.invoicing.drafting.price_spans import PriceSpan, chains, gaps
from billing.invoicing.drafting.snapshots import Snapshot
from billing.rating import (
    Detail,
    Proration,
    RatedLine,
    rate,
    waits_for_the_end,
)
from core.periods import Period

Value = TypeVar("Value")


def split_items(
    snapshot: Snapshot, groups: Groups, positions: Sequence[int]
) -> Iterator[DueCharge]:
    """What is charged of the parts that stand at these positions, by code, time.

    Raises: what the rating package refuses, as later parts depend on what earlier ones come to.
    """
    for code in _codes(snapshot, positions):
        for chain in chains(snapshot, groups, positions, code):
            stretches: dict[object, list[PriceSpan]] = {}
            for run in chain:
                stretches.setdefault(run.continues, []).append(run)
            for runs in stretches.values():
                if runs[0].price.price.limits_all:
                    yield _limit_of(snapshot, runs)
                else:
                    yield from _in_parts(snapshot, runs)


def _limit_of(snapshot: Snapshot, runs: Sequence[PriceSpan]) -> DueCharge:
    """What limits all charges together does so once: by the last terms, for the time of all."""
    last = runs[-1]
    span = Period(runs[0].subscribed.span.start, last.subscribed.span.end)
    subscribed = replace(last.subscribed, span=span)
    item = item_of(snapshot, subscribed, last.price, WHOLE_ACCOUNT, Decimal(0))
    over = tuple(dict.fromkeys(str(run.subscribed.subscription_id) for run in runs))
    detail = _timed(snapshot, runs, span, over=over if len(over) > 1 else ())
    return replace(item, charge=item.charge._replace(detail=detail))


def _timed(snapshot: Snapshot, runs: Sequence[PriceSpan], span: Period, **more: Any) -> Detail:
    """The time of these runs, which what is prorated grows with; the gaps between them are none."""
    away = gaps(runs)
    is_whole = span == snapshot.scope.period and not away
    return Detail(active=None if is_whole else span, away=away, **more)


def _codes(snapshot: Snapshot, positions: Sequence[int]) -> list[str]:
    """In the order of the last version's prices; those it no longer has come after."""
    parts = [snapshot.subscribed[position] for position in reversed(positions)]
    return list(dict.fromkeys(price.code for part in parts for price in part.version.prices))


Members = list[tuple[BilledSoFar, DueCharge]]
"""The charges of a run, each with what was billed of its group before."""


def _in_parts(snapshot: Snapshot, runs: Sequence[PriceSpan]) -> list[DueCharge]:
    """What each run charges, told what those before it billed.

    Terms that are due once a period and terms that are due for their time may follow one another:
    what was billed for all of the period is not billed for a part of it again.
    """
    billed: dict[ChargeGroup, BilledSoFar] = {}
    whole = [run for run in runs if not run.price.is_prorated]
    found: list[DueCharge] = []
    for position, run in enumerate(runs, start=1):
        is_last = position == len(runs)
        if run.price.is_prorated:
            members = _for_its_time(snapshot, run, billed, is_final=is_last)
        else:
            so_far = runs[:position]
            ends = is_last, run is whole[-1]
            members = _for_all_so_far(snapshot, so_far, billed, ends=ends)
        found += [item for _, item in members] if is_last else _note(run, members)
    return found


def _for_its_time(
    snapshot: Snapshot, run: PriceSpan, billed: dict[ChargeGroup, BilledSoFar], *, is_final: bool
) -> Members:
    """The run for its own time. What is once a period all the same, such as a fixed discount, goes
    on. A level, such as seats, is what it had reached by its end.
    """
    price, members = run.price, []
    found = due(price, run.quantities if price.adds_up else run.level)
    for group, quantity in _in_order(snapshot, found):
        state = billed.setdefault(group, BilledSoFar())
        if price.is_fee and state.quantity:
            continue
        is_beyond = bool(state.quantity) and not price.adds_up
        if is_beyond:
            quantity = max(quantity - state.quantity, Decimal(0))
        events = run.events.get(group, ())
        item = item_of(snapshot, run.subscribed, price, group, quantity, events)
        if _shares_with_others(price) or (is_beyond and not price.price.model.is_final_only):
            detail = replace(
                item.charge.detail or Detail(),
                already=state.already(price, snapshot.customer.currency),
                is_final=is_final,
            )
            item = replace(item, charge=item.charge._replace(detail=detail))
        members.append((state, _keyed(item, run)))
    return members


def _shares_with_others(price: BookPrice) -> bool:
    """Whether parts that are due for their own time have something between them all the same."""
    terms = price.price
    limits = [limit for limit in (terms.maximum, terms.minimum) if limit is not None]
    is_once = any(discount.amount is not None for discount in terms.discounts) or bool(limits)
    by_time = any(limit.proration is not Proration.NONE for limit in limits)
    model = terms.model
    return is_once and not (by_time or model.is_final_only or model.takes_events)


def _for_all_so_far(
    snapshot: Snapshot,
    runs: Sequence[PriceSpan],
    billed: dict[ChargeGroup, BilledSoFar],
    *,
    ends: tuple[bool, bool],
) -> Members:
    """The last of these runs, going on where those before it ended; `ends` says whether it is the
    last of all, and of those that are due once a period.
    """
    for group in due(runs[-1].price, runs[-1].quantities):
        billed.setdefault(group, BilledSoFar())
    return [
        (state, _continuing(snapshot, runs, group, state, ends=ends))
        for group, state in _in_order(snapshot, billed)
    ]


def _continuing(
    snapshot: Snapshot,
    runs: Sequence[PriceSpan],
    group: ChargeGroup,
    state: BilledSoFar,
    *,
    ends: tuple[bool, bool],
) -> DueCharge:
    run, nothing = runs[-1], Decimal(0)
    quantity = run.quantities.get(group, nothing) + state.waiting
    if not run.price.adds_up:
        quantity = run.level.get(group, nothing) - state.quantity
    span = Period(runs[0].subscribed.span.start, run.subscribed.span.end)
    # What waited for the end is billed with it: the line is for all that time.
    subscribed = replace(run.subscribed, span=span) if state.waiting else run.subscribed
    state.events = [*state.waiting_events, *run.events.get(group, ())]
    item = _keyed(item_of(snapshot, subscribed, run.price, group, quantity, state.events), run)
    is_last, is_last_whole = ends
    # Allowances and limits that are prorated grow with the time from the first run on.
    detail = _timed(
        snapshot,
        runs,
        span,
        already=state.already(run.price, snapshot.customer.currency),
        is_final=is_last or (is_last_whole and waits_for_the_end(item.charge)),
        events=item.charge.detail.events if item.charge.detail else (),
    )
    return replace(item, charge=item.charge._replace(detail=detail))


def _note(run: PriceSpan, members: Members) -> list[DueCharge]:
    """Keep what the charges of a run come to.

    Returns those that bill something now; the others wait for the last run.
    """
    lines = _lines_of(members)
    billing = []
    for state, item in members:
        charge = item.charge
        if not run.price.is_prorated:
            is_final = charge.detail is None or charge.detail.is_final
            if waits_for_the_end(charge) and not is_final:
                state.waiting, state.waiting_events = charge.measured, state.events
                continue
            # Of a fee, one is billed.
            state.quantity += (not state.quantity) if item.price.is_fee else charge.measured
            state.event_count += len(state.events)
            state.waiting, state.waiting_events = Decimal(0), ()
        state.note(item, lines.get(charge.key, ()))
        billing.append(item)
    return billing


def _lines_of(members: Members) -> Mapping[str, list[RatedLine]]:
    """The lines of the charges of a run, rated together, as limits may span them."""
    found: dict[str, list[RatedLine]] = {}
    for line in rate([item.charge for _, item in members]):
        found.setdefault(line.charge_key, []).append(line)
    return found


def _keyed(item: DueCharge, run: PriceSpan) -> DueCharge:
    """A charge of this run alone. The first run of a subscription has the key it has without a
    change; later ones name when they begin.
    """
    charge = item.charge._replace(price=run.own(item.charge.price))
    if run.number:
        since = run.subscribed.span.start.isoformat().replace("+00:00", "Z")
        charge = charge._replace(key=f"{charge.key}@{since}")
    return replace(item, charge=charge)


def _in_order(
    snapshot: Snapshot, found: Mapping[ChargeGroup, Value]
) -> list[tuple[ChargeGroup, Value]]:
    return sorted(found.items(), key=lambda each: place(snapshot, each[0]))
