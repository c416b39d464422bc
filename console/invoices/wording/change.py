"""Why a bill differs from the one before it: a row for each part, and a sentence to send.

Owns the words and how many parts are told singly. Pure: values in, words and positions out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.bill_change.summaries import FOLLOWS, PartSummary
from billing.invoicing.queries.kept_changes import ChangeSummary
from console.invoices.wording import change_notes as notes
from console.shell import formats
from console.shell.waterfall import HangingBar, Waterfall, waterfall
from core.money import Money
from core.periods import Period, local_day

SAID: Final = 3

_REST: Final = {
    ChangeKind.NEW: "what is new",
    ChangeKind.ENDED: "what ended",
    ChangeKind.SWAPPED: "what was swapped",
    ChangeKind.USE: "use",
    ChangeKind.PRICE: "price",
    ChangeKind.DAYS: "the length of the month",
    ChangeKind.LIMITS: "limits",
    ChangeKind.LATE: "late usage",
    ChangeKind.STATEMENT: "other accounts",
    ChangeKind.CREDIT: "credits",
    ChangeKind.DISCOUNT: "discounts",
    ChangeKind.TAX_BASE: "tax",
    ChangeKind.TAX_RATE: "tax rates",
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A part of the difference as it is read; `part` is empty for what is told together."""

    title: str
    note: str
    delta: Money
    bar: HangingBar
    part: str = ""


@dataclass(frozen=True, slots=True)
class ToldChange:
    """The way from the invoice before to this one; the rows sum to the difference."""

    change: ChangeSummary
    rows: Sequence[ChangeRow]
    picture: Waterfall
    left: str
    right: str
    sentence: str


def tell_change(change: ChangeSummary) -> ToldChange:
    """Word and draw the difference; the smallest parts are told together."""
    rest = change.others
    deltas = [part.minor for part in change.parts]
    if rest.count:
        deltas.append(rest.minor)
    picture = waterfall(change.before.minor, deltas)
    words = _Words(change)
    rows = [
        ChangeRow(words.title(part), words.note(part), words.money(part.minor), bar, part.id)
        for part, bar in zip(change.parts, picture.steps, strict=False)
    ]
    if rest.count:
        name = f"{rest.count:,} smaller parts"
        rows.append(ChangeRow(name, "together", words.money(deltas[-1]), picture.steps[-1]))
    return ToldChange(
        change=change,
        rows=rows,
        picture=picture,
        left=formats.money_text(words.money(int(picture.left))),
        right=formats.money_text(words.money(int(picture.right))),
        sentence=words.sentence(),
    )


class _Words:
    """The words of one change: its currency, its two months."""

    def __init__(self, change: ChangeSummary) -> None:
        self._change = change
        earlier, now = change.earlier, change.invoice
        self._days_before = _days_of(earlier.period, earlier.zone)
        self._days_now = _days_of(now.period, now.zone)

    def money(self, minor: int) -> Money:
        """An amount in the currency of both."""
        return Money.from_minor(minor, self._change.after.currency)

    def title(self, part: PartSummary) -> str:
        """What a part is called."""
        name = part.name or "the whole account"
        more = part.minor > 0
        titles: dict[ChangeKind, Callable[[], str]] = {
            ChangeKind.NEW: lambda: f"New: {name}",
            ChangeKind.ENDED: lambda: f"Ended: {name}",
            ChangeKind.SWAPPED: lambda: f"Changed: {name}",
            ChangeKind.USE: lambda: f"{'More' if more else 'Less'} use: {name}",
            ChangeKind.PRICE: lambda: f"Price change: {name}",
            ChangeKind.DAYS: self._days,
            ChangeKind.LIMITS: lambda: "Limits that charges share",
            ChangeKind.LATE: lambda: "Late usage of earlier periods",
            ChangeKind.STATEMENT: lambda: (
                f"{'More' if more else 'Less'} on the statement of {name}"
            ),
            ChangeKind.CREDIT: lambda: part.name or "Credit of earlier invoices",
            ChangeKind.DISCOUNT: lambda: "Discounts",
            ChangeKind.TAX_BASE: lambda: "Tax",
            ChangeKind.TAX_RATE: lambda: "Tax rate",
        }
        return titles[part.kind]()

    def _days(self) -> str:
        days = self._days_now - self._days_before
        if not days:
            return "Time it was billed for"
        size = "One day" if abs(days) == 1 else f"{abs(days)} days"
        return f"{size} {'more' if days > 0 else 'less'}"

    def note(self, part: PartSummary) -> str:
        """What is worth knowing of a part, in a few words; may be empty."""
        kind = part.kind
        if kind is ChangeKind.DAYS and self._days_now != self._days_before:
            return f"{self._days_now} days against {self._days_before}, for what is billed by time"
        if kind in FOLLOWS:
            return notes.percents(part) + ("more" if self._grows() else "less") + " to take it of"
        if kind is ChangeKind.TAX_RATE:
            return notes.rates(part)
        if kind is ChangeKind.PRICE:
            return notes.prices(part, self._change.after.currency)
        if kind is ChangeKind.SWAPPED:
            return notes.swapped(part)
        if kind is ChangeKind.USE:
            return " ".join(filter(None, [notes.quantities(part), notes.where(part)]))
        return notes.where(part) if kind in (ChangeKind.NEW, ChangeKind.ENDED) else ""

    def _grows(self) -> bool:
        return self._change.reasons_minor >= 0

    def sentence(self) -> str:
        """The whole difference in one sentence that a customer can be sent as it is."""
        change = self._change
        now, before = formats.money_text(change.after), formats.money_text(change.before)
        this, that = (
            formats.period_text(each.period, each.zone) for each in (change.invoice, change.earlier)
        )
        if not change.parts:
            return f"Your invoice for {this} is {now}, as the one for {that} was."
        size = formats.money_text(abs(change.delta))
        lead = f"{size} {'higher' if change.delta.minor > 0 else 'lower'} than"
        if not change.delta.minor:
            lead = "as high as"
        said = self._said()
        adds = [f"{self._subject(part)} adds {self._size(part)}" for part in said if part.minor > 0]
        saves = [
            f"{self._subject(part)} saves {self._size(part)}" for part in said if part.minor < 0
        ]
        first, second = (adds, saves) if change.delta.minor >= 0 else (saves, adds)
        reasons = [notes.joined(side) for side in (first, second) if side]
        kinds = [part.kind for part in change.parts if part not in said] + [*change.others.kinds]
        rest = list(dict.fromkeys(_REST[kind] for kind in kinds))
        end = f"; the rest is {notes.joined(rest)}" if rest else ""
        return (
            f"Your invoice for {this} is {lead} the one for {that} ({now} after {before}), "
            f"because {', while '.join(reasons)}{end}."
        )

    def _said(self) -> list[PartSummary]:
        """The reasons that are named: the largest, and what follows from them only if alone."""
        parts = [part for part in self._change.parts if part.kind not in FOLLOWS]
        parts = parts or list(self._change.parts)
        return sorted(parts, key=lambda part: -abs(part.minor))[:SAID]

    def _size(self, part: PartSummary) -> str:
        return formats.money_text(self.money(abs(part.minor)))

    def _subject(self, part: PartSummary) -> str:
        name = part.name or "the whole account"
        where = notes.where(part)
        more = "more" if part.minor > 0 else "less"
        subjects = {
            ChangeKind.NEW: f"new {name} {where}".strip(),
            ChangeKind.ENDED: f"the end of {name} {where}".strip(),
            ChangeKind.SWAPPED: f"the change of {name}",
            ChangeKind.USE: f"{more} use of {name} {where}".strip(),
            ChangeKind.PRICE: f"the new price of {name}",
            ChangeKind.DAYS: f"the {'longer' if part.minor > 0 else 'shorter'} time",
            ChangeKind.LIMITS: "a limit that charges share",
            ChangeKind.LATE: "late usage of earlier periods",
            ChangeKind.STATEMENT: f"the statement of {name}",
            ChangeKind.CREDIT: f"{part.name or 'credit of earlier invoices'}, not the same again,",
            ChangeKind.DISCOUNT: "the discount",
            ChangeKind.TAX_BASE: "tax",
            ChangeKind.TAX_RATE: "the tax rate",
        }
        return subjects[part.kind]


def _days_of(period: Period, zone: str) -> int:
    return (local_day(period.end, zone) - local_day(period.start, zone)).days
