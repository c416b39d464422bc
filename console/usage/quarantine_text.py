"""What can be done with held events, and how its outcome is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from billing.overview.queries.quarantine import reason_text
from usage.models import HeldSettlement


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


def settlement_text(settlement: HeldSettlement) -> str:
    """3 events went through and count now. 2 are still held: no price covers it (2)."""
    count, gone, still = settlement.settled_count, settlement.gone_count, settlement.still_held
    if not count and not still:
        return "Nothing was left to do: none of these events is held any more."
    past = _agreeing(DECISIONS[settlement.verb].past, count)
    said = [f"{events_text(count)} {past}." if count else "No event went through."]
    if still:
        left = sum(still.values())
        said.append(f"{left:,} {'is' if left == 1 else 'are'} still held: {still_text(still)}.")
    if gone:
        was = "was" if gone == 1 else "were"
        said.append(f"{events_text(gone)} {was} settled by others by then.")
    return " ".join(said)


def still_text(still: Mapping[str, int]) -> str:
    """Why events stay held, by the codes of the reasons: no price covers it (2)."""
    words = sorted((reason_text(code), count) for code, count in still.items())
    return "; ".join(f"{text[:1].lower()}{text[1:]} ({count:,})" for text, count in words)


def events_text(count: int) -> str:
    """1 event, 12,345 events, no event."""
    return "No event" if not count else f"{count:,} event{'' if count == 1 else 's'}"


def _agreeing(past: str, count: int) -> str:
    if count > 1:
        return past
    return past.replace("were ", "was ").replace("count now", "counts now")
