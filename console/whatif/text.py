"""What a simulation asks, in words. Pure: the payload in, facts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.whatif.queries.simulations import SimulationSummary
from console.shell import formats
from core.periods import Period


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The question in a sentence, and the facts it names."""

    sentence: str
    facts: Sequence[tuple[str, str]]


def question_words(simulation: SimulationSummary, *, wrong: str = "") -> QuestionWords:
    """What was asked; `wrong` is the name of the wrong version, where there is one."""
    payload = simulation.payload
    facts = list(_facts(payload, simulation.version))
    if "month" in payload:
        month = date.fromisoformat(f"{payload['month']}-01")
        sentence = f"What {month:%B %Y} comes to under {simulation.version}"
    elif "wrong" in payload:
        sentence = f"What invoices priced by {wrong} come to under {simulation.version}"
    elif "terms" in payload:
        sentence = f"What invoices come to if {payload['meter']} read events otherwise"
    elif payload["usage"] == "left_out":
        sentence = f"What invoices come to if {payload['meter']} had measured nothing then"
    else:
        sentence = f"What invoices come to as {payload['meter'] or 'every meter'} stands now"
    return QuestionWords(sentence, facts)


def _facts(payload: Mapping[str, Any], version: str) -> list[tuple[str, str]]:
    found = []
    if version:
        found.append(("Assumed version", version))
    if "accounts" in payload:
        chosen = payload["accounts"]
        found.append(("Whom", "everybody on the plan" if chosen is None else _counted(chosen)))
    if payload.get("from"):
        start, end = (datetime.fromisoformat(payload[name]) for name in ("from", "until"))
        found.append(("Time", formats.period_text(Period(start, end))))
    elif "from" in payload:
        found.append(("Time", "all of it"))
    if "terms" in payload:
        terms = payload["terms"]
        found.append(("Reads", terms["event_type"]))
        found.append(("Value", terms["value_expression"] or terms["value_property"] or "one each"))
        if terms["filter_expression"]:
            found.append(("Only where", terms["filter_expression"]))
        found.append(("Priced by", ", ".join(terms["dimensions"]) or "nothing else"))
    return found


def _counted(accounts: Sequence[str]) -> str:
    return f"{len(accounts)} account{'' if len(accounts) == 1 else 's'}"
