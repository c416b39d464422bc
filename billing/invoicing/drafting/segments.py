"""Usage of a period cut where terms change: which windows to ask for, and what lies between them.

Every figure asked for counts from the start of the period, up to one cut or the next; what a
segment used is what the figure grew by. So the segments of a period add up to what the period
measured, whatever the meter does: a maximum grows by what exceeds it, a mean may sink.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.queries.profiles import ZoneSpan
from billing.catalogue.queries.price_book import BookVersion
from billing.invoicing.drafting.assumptions import Assumption, LeftOut, Remeasured
from billing.invoicing.drafting.calendar import AccountPeriod
from core.periods import Period
from usage.days import day_at, day_starts, days_of
from usage.queries.quantities import MeteredQuantity, UsageWindow
from usage.queries.single_events import SingleEvent


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription in a period: its terms, and the part of the period in which it has them.

    A subscription whose terms change within the period is there several times, in order of time.
    """

    subscription_id: int
    version: BookVersion
    span: Period


@dataclass(frozen=True, slots=True)
class Cuts:
    """How the usage of an account's period is asked for.

    `segments` lie between the instants at which what bills the usage changes. A window ends at the
    end of each; before them all stands one that ends at the start of the first where that lies
    within a day. `spans` are those of the subscriptions: what none of them covers is nobody's.
    """

    segments: Sequence[Period]
    windows: Sequence[UsageWindow]
    spans: Sequence[Period]
    left_out: LeftOut | None

    @property
    def is_whole(self) -> bool:
        """Whether the answer to the one window is what is billed, as it is."""
        return len(self.windows) == 1 and self.left_out is None


def cuts_of(
    scope: AccountPeriod,
    subscribed: Sequence[Subscribed],
    assuming: Assumption,
    *,
    zones: Sequence[ZoneSpan],
) -> Cuts | None:
    """Where to cut the usage of a scope, whose account's days are those of `zones`; None without a
    subscription.

    Usage before the first subscription and after the last is nobody's. Terms without a metered
    price cut nothing.
    """
    if not subscribed:
        return None
    first = min(each.span.start for each in subscribed)
    last = max(each.span.end for each in subscribed)
    changes = [each.span for each in subscribed if each.version.by_meter]
    if assuming.left_out is not None:
        changes.append(assuming.left_out.span)
    inner = {at for span in changes for at in (span.start, span.end) if first < at < last}
    window = UsageWindow(
        scope.account_id, *days_of(zones, Period(first, last)), until=scope.until or last
    )
    ends = [*sorted(inner), last if _is_within_day(last, zones) else None]
    if _is_within_day(first, zones):
        ends.insert(0, first)
    if len(ends) == 1 and assuming.left_out is None:
        told_apart = frozenset().union(*(each.version.by_resource for each in subscribed))
        window = window._replace(by_resource=told_apart)
    windows = [window._replace(before=end) for end in ends]
    segments = Period(first, last).split(*inner)
    return Cuts(segments, windows, [each.span for each in subscribed], assuming.left_out)


def between(cuts: Cuts, answers: Sequence[Sequence[MeteredQuantity]]) -> Iterator[MeteredQuantity]:
    """What each segment used, from the answers to the windows; `window` is the segment's position.

    Usage between two subscriptions, and what is left out, is not there.
    """
    figures = [_by_group(answer) for answer in answers]
    if len(figures) == len(cuts.segments):
        figures.insert(0, {})
    for position, segment in enumerate(cuts.segments):
        if not any(span.contains(segment.start) for span in cuts.spans):
            continue
        before, after = figures[position], figures[position + 1]
        for group in after | before:
            if not _is_left_out(cuts.left_out, segment, group):
                grown = _grown(before.get(group), after.get(group), position)
                if grown is not None:
                    yield grown


def events_within(cuts: Cuts, events: Iterable[SingleEvent]) -> Iterator[SingleEvent]:
    """The events of the segments, as `between` has their quantities; `window` is the segment's
    position, 0 without segments.
    """
    starts = [segment.start for segment in cuts.segments]
    begins_within_day = len(cuts.windows) > len(cuts.segments)
    for event in events:
        if cuts.is_whole:
            yield event._replace(window=0)
            continue
        position = bisect_right(starts, event.at) - 1
        if position < 0 and begins_within_day:
            continue
        position = max(position, 0)
        segment = cuts.segments[position]
        is_billed = any(span.contains(segment.start) for span in cuts.spans)
        group = event.meter_id, event.resource_id, ()
        if is_billed and not _is_left_out(cuts.left_out, segment, group):
            yield event._replace(window=position)


SegmentGroup = tuple[int, int | None, tuple[tuple[str, str], ...]]


def _by_group(answer: Iterable[MeteredQuantity]) -> dict[SegmentGroup, MeteredQuantity]:
    return {_group(each): each for each in answer}


def _group(each: MeteredQuantity | Remeasured) -> SegmentGroup:
    return each.meter_id, each.resource_id, tuple(sorted(each.dimensions.items()))


def _grown(
    before: MeteredQuantity | None, after: MeteredQuantity | None, position: int
) -> MeteredQuantity | None:
    if before is None:
        return None if after is None else after._replace(window=position)
    quantity = (after.quantity if after else Decimal(0)) - before.quantity
    if not quantity:
        return None
    count = (after.event_count if after else 0) - before.event_count
    return before._replace(quantity=quantity, event_count=count, window=position)


def remeasured(
    quantities: Iterable[MeteredQuantity],
    changes: Iterable[Remeasured],
    *,
    account_id: int,
    segment: int | None,
) -> list[MeteredQuantity]:
    """The quantities of one segment changed, and what is new added to it; None: of the whole."""
    found = list(quantities)
    places = {
        _group(each): number
        for number, each in enumerate(found)
        if segment is None or each.window == segment
    }
    for change in changes:
        place = places.get(_group(change))
        if place is not None:
            quantity = found[place].quantity + change.delta
            found[place] = found[place]._replace(quantity=quantity)
        else:
            new = (account_id, change.meter_id, change.meter_code, change.resource_id)
            found.append(
                MeteredQuantity(*new, change.dimensions, change.delta, 0, window=segment or 0)
            )
    return found


def _is_left_out(left_out: LeftOut | None, segment: Period, group: SegmentGroup) -> bool:
    return (
        left_out is not None
        and left_out.meter_id == group[0]
        and left_out.span.contains(segment.start)
    )


def _is_within_day(at: datetime, zones: Sequence[ZoneSpan]) -> bool:
    """Whether a local day is cut."""
    return day_starts(zones, day_at(zones, at)) != at
