"""Rows and a drawing of the usage behind a charge. Pure: values in, words and positions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.invoicing.queries.billed_evidence import (
    BilledEvidence,
    NamedResource,
    StateBehind,
    ValueBehind,
)
from console.shell import charts, formats
from core.periods import Period
from usage.queries.changes_since import Word
from usage.queries.evidence_days import DayOfEvents


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """A state as the table says it; `counts` is what of it lies in the window and ownership."""

    label: str
    resource: NamedResource
    quantity: Decimal
    counts: Period
    seconds: Decimal
    amount: Decimal
    opened_by: UUID
    closed_by: UUID | None
    started_before: bool
    still_holds: bool
    fate: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """An event as the table says it."""

    key: UUID
    event_id: str
    source: str
    type: str
    resource: NamedResource
    occurred_at: datetime
    billed: Decimal | None
    today: Decimal | None
    says: str
    revised: str
    word: Word | None

    @property
    def is_changed(self) -> bool:
        """Whether it counts otherwise than when it was billed."""
        return self.billed != self.today


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """The evidence of one page."""

    behind: BilledEvidence
    intervals: Sequence[IntervalRow]
    events: Sequence[EvidenceRow]
    gantt: Sequence[charts.GanttRow]
    many_resources: bool
    says_more: bool
    adds_up: bool
    differs: bool
    chart: charts.Bars | None = None
    is_folded: bool = False

    @property
    def of_day(self) -> str:
        """What the open day came to, empty where none is open."""
        bars = self.chart.bars if self.chart else ()
        return next((bar.source.text for bar in bars if bar.source.is_chosen), "")

    @property
    def event_count(self) -> int:
        """How many events the charge was made of."""
        return sum(each.event_count for each in self.behind.days)

    @property
    def is_changed(self) -> bool:
        """Whether anything of it changed since it was billed."""
        return bool(self.behind.changes.words)

    @property
    def corrected_count(self) -> int:
        """Events of this page that were amended or voided after they came in."""
        return sum(1 for each in self.events if each.revised)


def show(
    behind: BilledEvidence, zone: str, *, measured: Decimal | None, unit: str = ""
) -> ShownEvidence:
    """Word and draw a page of evidence; clock times are those of `zone`.

    `measured` is the quantity its parts must add up to, None where they need not; `unit` what the
    values of a day are in, empty where they do not add up. Events are folded below the bars of
    their days, unless one that is shown changed, or somebody opened a day or a page.
    """
    intervals = [_interval(each, behind) for each in behind.intervals]
    events = [_event(each, behind) for each in behind.events]
    many = len(behind.resources) > 1
    is_checked = behind.is_added_up and measured is not None
    chart = _by_day(behind, unit)
    return ShownEvidence(
        behind=behind,
        intervals=intervals,
        events=events,
        gantt=_gantt([row for row in intervals if row.fate != "added"], behind, zone, many=many),
        many_resources=many,
        says_more=any(each.says for each in events),
        adds_up=is_checked and behind.sum == measured,
        differs=is_checked and behind.sum != measured,
        chart=chart,
        is_folded=bool(chart and chart.bars)
        and behind.is_first
        and behind.day is None
        and not any(each.is_changed for each in events),
    )


def _by_day(behind: BilledEvidence, unit: str) -> charts.Bars | None:
    """A bar for each day, which opens its events; nothing where all of them are of one day."""
    if sum(1 for each in behind.days if each.event_count) < 2:
        return None
    days = [
        charts.BarInput(
            day=each.day,
            value=each.quantity if unit else Decimal(each.event_count),
            text=_day_text(each, unit),
            url=f"?day={each.day.isoformat()}#evidence-card" if each.event_count else "",
            is_chosen=each.day == behind.day,
        )
        for each in behind.days
    ]
    what = unit or "events"
    return charts.daily_bars(f"{what[0].upper()}{what[1:]} by day", days)


def _day_text(day: DayOfEvents, unit: str) -> str:
    events = f"{day.event_count:,} event{'' if day.event_count == 1 else 's'}"
    return f"{formats.quantity_text(day.quantity, unit)} in {events}" if unit else events


def _interval(row: StateBehind, behind: BilledEvidence) -> IntervalRow:
    each = row.held
    said = {**each.presentation, **each.dimensions}
    label = ", ".join(said.values()) or ", ".join(each.state_key)
    return IntervalRow(
        label=label,
        resource=behind.resources[each.resource_id],
        quantity=each.quantity,
        counts=Period(each.held_from, each.held_until),
        seconds=each.seconds,
        amount=each.amount,
        opened_by=UUID(each.opened_by),
        closed_by=UUID(each.closed_by) if each.closed_by else None,
        started_before=each.started_at < each.held_from,
        still_holds=each.ended_at is None,
        fate=row.fate,
    )


def _event(row: ValueBehind, behind: BilledEvidence) -> EvidenceRow:
    each = row.event
    said = {**each.dimensions, **each.presentation}
    words = [f"{name} {value}" for name, value in said.items()]
    return EvidenceRow(
        key=UUID(each.key),
        event_id=each.event_id,
        source=each.source,
        type=each.type,
        resource=behind.resources[each.resource_id],
        occurred_at=each.occurred_at,
        billed=row.billed,
        today=row.today,
        says=", ".join([*words, each.member] if each.member else words),
        revised=each.revised or "",
        word=row.word,
    )


def _gantt(
    rows: Sequence[IntervalRow], behind: BilledEvidence, zone: str, *, many: bool
) -> list[charts.GanttRow]:
    grouped: dict[str, list[tuple[Period, Decimal, str]]] = defaultdict(list)
    for row in rows:
        label = f"{row.resource.platform_id} {row.label}" if many else row.label
        text = (
            f"{formats.decimal_text(row.quantity)} × {row.label}, "
            f"{formats.period_text(row.counts, zone)}"
        )
        grouped[label].append((row.counts, row.quantity, text))
    return [
        charts.gantt_row(label, behind.window, spans, behind.peak)
        for label, spans in grouped.items()
    ]
