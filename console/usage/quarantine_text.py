"""What can be done with held events, and how its outcome is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldDecision:
    """One thing to do; `decides` when it sets a rule aside instead of applying it again."""

    code: str
    verb: str
    past: str
    decides: bool
    meaning: str


DECISIONS: Mapping[str, HeldDecision] = {
    each.code: each
    for each in (
        HeldDecision(
            "retry",
            "Try again",
            "went through and count now",
            decides=False,
            meaning="Each event is judged by the rules of today, as of when it was received. What"
            " can be billed is booked once, under the identity it came with; the rest stays here"
            " with the reason that applies now.",
        ),
        HeldDecision(
            "release",
            "Release",
            "were released and count now",
            decides=True,
            meaning="The events are booked although this reason still applies. Another reason"
            " still holds them back.",
        ),
        HeldDecision(
            "drop",
            "Drop",
            "were dropped and will never be billed",
            decides=True,
            meaning="The events stay visible for ever, with your reason, and are never billed."
            " This cannot be undone.",
        ),
    )
}


def outcome_text(count: int, code: str, still: Mapping[str, int]) -> str:
    """3 events went through and count now. 2 are still held: no price covers it (2)."""
    if not count and not still:
        return "Nothing was left to do: none of these events is held any more."
    past = _agreeing(DECISIONS[code].past, count)
    said = f"{events_text(count)} {past}." if count else "No event went through."
    if not still:
        return said
    left = sum(still.values())
    reasons = "; ".join(
        f"{text[:1].lower()}{text[1:]} ({number:,})" for text, number in sorted(still.items())
    )
    return f"{said} {left:,} {'is' if left == 1 else 'are'} still held: {reasons}."


def events_text(count: int) -> str:
    """1 event, 12,345 events, no event."""
    return "No event" if not count else f"{count:,} event{'' if count == 1 else 's'}"


def _agreeing(past: str, count: int) -> str:
    if count > 1:
        return past
    return past.replace("were ", "was ").replace("count now", "counts now")
