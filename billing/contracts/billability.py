"""Can this usage be billed? Asked by ingest for every event, so answered from memory.

Knows subscriptions, prices and billed time, which usage must not. What it keeps is at most
`STALE_AFTER` old, and before an event is held the account is read again, so a subscription that
has just started never sends its usage to the quarantine.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from accounts.billed_time import billed_time
from billing.catalogue.queries.price_book import BookVersion, versions
from billing.contracts.queries.tenures import running_in, versions_held
from core.periods import Period
from usage.aggregate.facts import pricing_of
from usage.operations.ingest import GateFinding

STALE_AFTER = 5.0
"""Seconds; a subscription that ends is noticed by its next event after that."""


_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)

Stretch = tuple[datetime, datetime]
"""The instants from the first up to the second."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an account is subscribed to, oldest first, and what of its time is billed."""

    spans: tuple[tuple[datetime, datetime | None, BookVersion], ...]
    billed: Sequence[Period]

    def judge(
        self, meter_id: int, dimensions: Mapping[str, str], occurred_at: datetime
    ) -> GateFinding | Stretch:
        """What stands in the way of billing this usage, or a note; or in which stretch around the
        instant nothing does."""
        begun = [span for span in self.spans if span[0] <= occurred_at]
        if not begun:
            return GateFinding(
                "no_subscription", "The owner had no subscription by then.", holds=True
            )
        active = [span for span in begun if span[1] is None or occurred_at < span[1]]
        if not active:
            return GateFinding(
                "after_termination", "The subscription had ended by then.", holds=True
            )
        pricing = [span for span in active if span[2].price_of(meter_id, dimensions)]
        if not pricing:
            named = ", ".join(f"{name} {value}" for name, value in sorted(dimensions.items()))
            return GateFinding("no_price", f"No price covers it ({named or 'any'}).", holds=True)
        start, end, _ = pricing[0]
        end = end or _FOR_EVER
        for period in self.billed:
            if period.contains(occurred_at):
                return GateFinding("late", "Its period is billed already.", holds=False)
            if period.end <= occurred_at:
                start = max(start, period.end)
            else:
                end = min(end, period.start)
        return start, end


class BillableGate:
    """The gate ingest asks; see `usage.operations.ingest.Gate`."""

    def __init__(self) -> None:
        self._known: dict[int, Coverage] = {}
        self._asked: set[int] = set()
        self._clear: dict[tuple[int, int, str], Stretch] = {}
        self._read_at = 0.0

    def refresh(self) -> None:
        """When what is known has grown stale, read it again, in at most five queries; forget the
        accounts nobody has asked about since it was read."""
        if monotonic() - self._read_at > STALE_AFTER:
            # The age counts from before the queries, like that of what they do not see.
            self._read_at = monotonic()
            self._known = _read(self._asked) if self._asked else {}
            self._asked = set()
            self._clear.clear()

    def learn(self, account_ids: Collection[int]) -> None:
        """Read what is not known of these accounts, in at most five queries."""
        self._asked.update(account_ids)
        unknown = [account_id for account_id in account_ids if account_id not in self._known]
        if unknown:
            self._known |= _read(unknown)

    def __call__(
        self, *, account_id: int, meter_id: int, dimensions: str, occurred_at: datetime
    ) -> GateFinding | None:
        """Judge one use of a meter by an account."""
        use = account_id, meter_id, dimensions
        clear = self._clear.get(use)
        if clear is not None and clear[0] <= occurred_at < clear[1]:
            return None
        self.learn([account_id])
        pricing = pricing_of(dimensions)
        judged = self._known[account_id].judge(meter_id, pricing, occurred_at)
        if isinstance(judged, GateFinding) and judged.holds:
            self._known |= _read([account_id])
            judged = self._known[account_id].judge(meter_id, pricing, occurred_at)
        if isinstance(judged, GateFinding):
            return judged
        self._clear[use] = judged
        return None


def _read(account_ids: Collection[int]) -> dict[int, Coverage]:
    held = versions_held(account_ids)
    books = versions(held.version_ids)
    spans: dict[int, list[tuple[datetime, datetime | None, BookVersion]]] = defaultdict(list)
    for account_id, tenures in held.by_account.items():
        for tenure in tenures:
            for span in held.versions_of(tenure):
                for start, end in running_in(tenure, span.start, span.end):
                    spans[account_id].append((start, end, books[span.version_id]))
    billed = billed_time(account_ids)
    return {pk: Coverage(tuple(spans[pk]), billed.get(pk, ())) for pk in account_ids}


_gate = BillableGate()


def billable_gate() -> BillableGate:
    """The gate of this process, fresh enough for one request."""
    _gate.refresh()
    return _gate
