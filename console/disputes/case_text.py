"""What the page of a case says of its lines, its evidence and its promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django import forms
from django.urls import reverse

from billing.disputes.facts import kept_fact
from billing.disputes.models import DisputeLine
from billing.disputes.queries.cases import CaseDetail, LineStanding
from billing.disputes.queries.clocks import PromiseStanding
from billing.disputes.queries.findings import AGAINST, ALSO, FOR
from console.disputes.forms import GrantsLine, SaysWords, WithdrawsLine
from console.disputes.steps import ActionForms, fact_form
from console.shell import formats
from console.shell.charts import PLOT_WIDTH, coordinate
from core.money import Money


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One thing that was found; `url` opens what it was read from, where there is a page."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ClaimFigure:
    """A figure of a claim with its name."""

    name: str
    amount: Money
    is_result: bool = False


@dataclass(frozen=True, slots=True)
class ClaimPart:
    """A part of what was billed, in the picture: where it lies, and what it is."""

    kind: str
    label: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A contested line as the page shows it; forms are None where a step is closed."""

    standing: LineStanding
    sentence: str
    figures: Sequence[ClaimFigure]
    bar: Sequence[ClaimPart]
    note: str
    facts_for: Sequence[ShownFact]
    facts_against: Sequence[ShownFact]
    facts_also: Sequence[ShownFact]
    can_decide: bool
    grant: forms.Form
    deny: forms.Form
    ask: forms.Form
    withdraw: forms.Form
    fact: forms.Form

    @property
    def line(self) -> DisputeLine:
        """The line itself."""
        return self.standing.line


@dataclass(frozen=True, slots=True)
class PromiseText:
    """A promise of time in words; `tone` is met, soon, late or nothing."""

    name: str
    text: str
    note: str
    tone: str


def shown_lines(detail: CaseDetail, sent: ActionForms, *, zone: str) -> list[ShownLine]:
    """Every line of a case with its claim and what may be done."""
    return [_line(each, sent) for each in detail.lines]


def _line(standing: LineStanding, sent: ActionForms) -> ShownLine:
    line, draft = standing.line, standing.draft
    zone = (line.charged.corrects or line.charged.invoice).zone
    found = draft.evidence if draft else []
    prefix = f"id_{line.public_id}"
    seen = {"seen": draft.digest if draft else ""}
    return ShownLine(
        standing=standing,
        sentence=kept_fact(line.reason_code, line.facts).sentence,
        figures=_figures(standing),
        bar=_bar(standing),
        note=_note(standing),
        facts_for=[_fact(each) for each in found if each["side"] == FOR],
        facts_against=[_fact(each) for each in found if each["side"] == AGAINST],
        facts_also=[_fact(each) for each in found if each["side"] == ALSO],
        can_decide=line.is_live and line.state != DisputeLine.State.PROPOSED,
        grant=sent.for_line(
            "propose", line, lambda: GrantsLine(initial=seen, auto_id=f"{prefix}_propose_%s")
        ),
        deny=sent.for_line("deny", line, lambda: SaysWords(auto_id=f"{prefix}_deny_%s")),
        ask=sent.for_line("ask", line, lambda: SaysWords(auto_id=f"{prefix}_ask_%s")),
        withdraw=sent.for_line(
            "withdraw", line, lambda: WithdrawsLine(auto_id=f"{prefix}_withdraw_%s")
        ),
        fact=sent.for_line("fact", line, lambda: fact_form(line, zone)),
    )


def _figures(standing: LineStanding) -> list[ClaimFigure]:
    line, draft = standing.line, standing.draft
    if draft is None:
        return []
    difference = draft.billed_minor - draft.corrected_minor - draft.drafted_minor
    return [
        ClaimFigure(
            "Billed" if line.invoice_line else "Not billed yet", line.money(draft.billed_minor)
        ),
        ClaimFigure("If this is right", line.money(draft.drafted_minor)),
        ClaimFigure("Difference", line.money(difference), is_result=True),
    ]


def _bar(standing: LineStanding) -> list[ClaimPart]:
    """What was billed cut into what stays, what is credited already, and the rest; or nothing.

    Nothing where it would not have been cheaper: there is no part to be shown.
    """
    line, draft = standing.line, standing.draft
    if draft is None or draft.billed_minor <= 0 or draft.drafted_minor < 0:
        return []
    rest = draft.billed_minor - draft.corrected_minor - draft.drafted_minor
    if rest <= 0:
        return []
    parts = (
        ("stays", "stays", draft.drafted_minor),
        ("given", "credited already", draft.corrected_minor),
        ("rest", "too much, if this is right", rest),
    )
    placed, reached = [], 0
    for kind, name, minor in parts:
        if minor > 0:
            x, width = (
                coordinate(Fraction(each * PLOT_WIDTH, draft.billed_minor))
                for each in (reached, minor)
            )
            label = f"{formats.money_text(line.money(minor))} {name}"
            placed.append(ClaimPart(kind, label, x, width))
        reached += max(minor, 0)
    return placed


def _note(standing: LineStanding) -> str:
    """Between the difference and the credit, in one or two sentences."""
    line, draft = standing.line, standing.draft
    if draft is None:
        return "Say the fact again to have it worked out for this invoice."
    said = []
    if draft.corrected_minor:
        corrected = formats.money_text(line.money(draft.corrected_minor))
        said.append(f"{corrected} of it is credited already.")
    if draft.credit_minor <= 0:
        said.append("It would not have been cheaper, so there is nothing to credit.")
        return " ".join(said)
    if draft.elsewhere_minor:
        elsewhere = formats.money_text(line.money(draft.elsewhere_minor))
        said.append(f"{elsewhere} of the difference is discounts and other charges.")
    credit, gross = (
        formats.money_text(line.money(each)) for each in (draft.credit_minor, draft.gross_minor)
    )
    said.append(f"Drafted again by the code that bills: the credit is {credit}, {gross} with tax.")
    return " ".join(said)


_PAGES = {
    "event": "console:event",
    "invoice": "console:invoice",
    "resource": "console:resource",
    "case": "console:dispute",
}


def _fact(each: dict[str, str]) -> ShownFact:
    name = _PAGES.get(each["kind"])
    return ShownFact(each["text"], reverse(name, args=[each["ref"]]) if name else "")


def promises_text(
    clocks: Sequence[PromiseStanding], *, zone: str, now: datetime
) -> list[PromiseText]:
    """Both promises of a case in words."""
    return [_promise(each, zone, now) for each in clocks]


def _promise(each: PromiseStanding, zone: str, now: datetime) -> PromiseText:
    gone, target = _worked(each.used), _worked(each.target)
    note = f"{gone} of {target} of working time"
    if each.met_at is not None:
        tone = "late" if each.is_missed else "met"
        said = "kept late" if each.is_missed else "kept"
        return PromiseText(each.label, f"{said}, after {gone} of {target}", "", tone)
    if each.is_paused:
        return PromiseText(each.label, "waits for the customer", note, "")
    if each.due_at is None:
        return PromiseText(each.label, "no open hour ahead", note, "late")
    due = formats.instant_text(each.due_at, zone)
    if each.due_at <= now:
        return PromiseText(each.label, f"was due {due}", note, "late")
    tone = "soon" if each.left <= each.target / 4 else ""
    return PromiseText(each.label, f"due {due}", note, tone)


def _worked(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
