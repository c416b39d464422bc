"""Can this usage be billed? Asked by ingest for every event, so answered from memory.

Knows subscriptions, prices and issued invoices, which usage must not. What it keeps is at most
`STALE_AFTER` old, and before an event is held the account is read again, so a subscription that
has just started never sends its usage to the quarantine.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from accounts.queries.profiles import zones_of
from billing.issued import issued_until
from billing.pricebook import BookVersion, versions
from billing.tenures import versions_held
from usage.days import DEFAULT_ZONE
from usage.operations.ingest import Finding

STALE_AFTER = 5.0
"""Seconds; a subscription that ends is noticed by its next event after that."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an account is subscribed to, oldest first, and the end of its last issued period."""

    spans: tuple[tuple[datetime, datetime | None, BookVersion], ...]
    issued_until: datetime | None

    def judge(
        self, meter_id: int, dimensions: Mapping[str, str], occurred_at: datetime
    ) -> Finding | None:
        """What stands in the way of billing this usage, or a note, or nothing."""
        begun = [span for span in self.spans if span[0] <= occurred_at]
        if not begun:
            return Finding("no_subscription", "The owner had no subscription by then.", holds=True)
        active = [span for span in begun if span[1] is None or occurred_at < span[1]]
        if not active:
            return Finding("after_termination", "The subscription had ended by then.", holds=True)
        if not any(span[2].price_of(meter_id, dimensions) for span in active):
            named = ", ".join(f"{name} {value}" for name, value in sorted(dimensions.items()))
            return Finding("no_price", f"No price covers it ({named or 'any'}).", holds=True)
        if self.issued_until is not None and occurred_at < self.issued_until:
            return Finding("late", "The invoice of its period is issued already.", holds=False)
        return None


class BillableGate:
    """The gate ingest asks; see `usage.operations.ingest.Gate`."""

    def __init__(self) -> None:
        self._known: dict[int, Coverage] = {}
        self._read_at = 0.0

    def refresh(self) -> None:
        """Read again what is known, in at most five queries, when it has grown stale."""
        if self._known and monotonic() - self._read_at > STALE_AFTER:
            self._known = _read(self._known)
            self._read_at = monotonic()

    def __call__(
        self,
        *,
        account_id: int,
        meter_id: int,
        dimensions: Mapping[str, str],
        occurred_at: datetime,
    ) -> Finding | None:
        """Judge one use of a meter by an account."""
        coverage = self._known.get(account_id)
        if coverage is not None:
            finding = coverage.judge(meter_id, dimensions, occurred_at)
            if finding is None or not finding.holds:
                return finding
        self._known |= _read([account_id])
        return self._known[account_id].judge(meter_id, dimensions, occurred_at)


def _read(account_ids: Collection[int]) -> dict[int, Coverage]:
    held = versions_held(account_ids)
    books = versions(held.version_ids)
    # A day is asked for only where a version takes over existing subscriptions on one.
    zones = zones_of(account_ids) if held.moves else {}
    spans: dict[int, list[tuple[datetime, datetime | None, BookVersion]]] = defaultdict(list)
    for account_id, tenures in held.by_account.items():
        known = zones.get(account_id)
        zone = known[-1].zone if known else DEFAULT_ZONE
        for tenure in tenures:
            for span in held.versions_of(tenure, zone):
                spans[account_id].append((span.start, span.end, books[span.version_id]))
    issued = issued_until(account_ids)
    return {pk: Coverage(tuple(spans[pk]), issued.get(pk)) for pk in account_ids}


_gate = BillableGate()


def billable_gate() -> BillableGate:
    """The gate of this process, fresh enough for one request."""
    _gate.refresh()
    return _gate
