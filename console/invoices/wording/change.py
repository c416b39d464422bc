"""Why a bill differs from the one before it: a row for each part, and a sentence.

Owns the words and how many parts are told singly. Pure: values in, words and positions out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing.invoicing.queries.month_change import MonthChange, PartChange
from console.shell import formats
from console.shell.waterfall import HangingBar, Waterfall, waterfall
from core.money import Money

TOLD_SINGLY = 12
SAID = 3


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A part of the difference: `tag` says where it is on one of the invoices only."""

    name: str
    note: str
    tag: str
    delta: Money
    bar: HangingBar


@dataclass(frozen=True, slots=True)
class ToldChange:
    """The way from the invoice before to this one; the rows sum to the difference."""

    change: MonthChange
    rows: Sequence[ChangeRow]
    picture: Waterfall
    same_count: int
    left: str
    right: str
    sentence: str


def tell_change(change: MonthChange) -> ToldChange:
    """Word and draw the difference; parts that came to the same are only counted."""
    moved = [each for each in change.rows if each.delta.minor]
    shown, rest = moved[:TOLD_SINGLY], moved[TOLD_SINGLY:]
    deltas = [each.delta for each in shown]
    if rest:
        deltas.append(sum((each.delta for each in rest), Money.zero(change.after.currency)))
    picture = waterfall(change.before.minor, [delta.minor for delta in deltas])
    rows = [
        ChangeRow(each.name, _note(each), _tag(each), each.delta, bar)
        for each, bar in zip(shown, picture.steps, strict=False)
    ]
    if rest:
        name = f"{len(rest)} smaller differences"
        rows.append(ChangeRow(name, "together", "", deltas[-1], picture.steps[-1]))
    return ToldChange(
        change=change,
        rows=rows,
        picture=picture,
        same_count=len(change.rows) - len(moved),
        left=_axis_text(int(picture.left), change.after.currency),
        right=_axis_text(int(picture.right), change.after.currency),
        sentence=_sentence(change, moved),
    )


def _note(part: PartChange) -> str:
    before, now = formats.money_text(part.before), formats.money_text(part.after)
    if part.is_new:
        return ""
    return f"{before} before" if part.is_ended else f"{before} before, {now} now"


def _tag(part: PartChange) -> str:
    if part.is_new:
        return "new"
    return "ended" if part.is_ended else ""


def _axis_text(minor: int, currency: str) -> str:
    return formats.money_text(Money.from_minor(minor, currency))


def _sentence(change: MonthChange, moved: Sequence[PartChange]) -> str:
    now, before = formats.money_text(change.after), formats.money_text(change.before)
    if not moved:
        return f"Before tax, everything came to what it came to before: {now}."
    lead = _size(change.delta) if change.delta.minor else "the same"
    parts = [f"{_subject(each)} {_size(each.delta)}" for each in moved[:SAID]]
    others = len(moved) - len(parts)
    if others:
        parts.append("one smaller difference" if others == 1 else f"{others} smaller differences")
    return f"Before tax, this bill is {lead} ({now} after {before}): {_listed(parts)}."


def _subject(part: PartChange) -> str:
    tag = _tag(part)
    return f"{part.name} ({tag})" if tag else part.name


def _size(delta: Money) -> str:
    """$12.00 more, in words because a minus is easily lost in a letter."""
    size = formats.money_text(Money.from_minor(abs(delta.minor), delta.currency))
    return f"{size} {'more' if delta.minor > 0 else 'less'}"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
