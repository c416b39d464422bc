"""What could be answered, suggested from what is worked out; a person sends it, or other words."""

from __future__ import annotations

from billing.disputes.facts import kept_fact
from billing.disputes.models import DisputeLine
from billing.disputes.queries.cases import CaseDetail, LineStanding
from console.shell import formats


def suggested(detail: CaseDetail) -> str:
    """An answer about every line, in customer-safe words; empty for a case without lines."""
    return "\n\n".join(_answer(each) for each in detail.lines)


def _answer(standing: LineStanding) -> str:
    line, draft = standing.line, standing.draft
    what = (
        f"{line.target_text} on {line.charged.invoice}" if line.invoice_line else line.target_text
    )
    if line.state in (DisputeLine.State.GRANTED, DisputeLine.State.PARTLY_GRANTED):
        approved = formats.money_text(line.money(line.approved_minor or 0))
        return f"{what}: {approved} before tax is taken off."
    if line.state == DisputeLine.State.DENIED:
        return f"{what}: {line.outcome}"
    if line.state == DisputeLine.State.WITHDRAWN or draft is None:
        return f"{what}: we look no further, as you asked."
    fact = kept_fact(line.reason_code, line.facts).sentence
    billed, drafted = (
        formats.money_text(line.money(each)) for each in (draft.billed_minor, draft.drafted_minor)
    )
    held = formats.money_text(standing.held)
    waits = f" {held} is on hold; you will not be reminded of it." if standing.held.minor else ""
    was = "it was billed at" if line.invoice_line else "it is not billed yet, and would come to"
    if draft.credit_minor <= 0:
        return f"{what}: {was} {billed}. {fact} Then it would come to {drafted}.{waits}"
    if line.state == DisputeLine.State.PROPOSED:
        credit = formats.money_text(line.money(draft.gross_minor))
        return (
            f"{what}: instead of {billed} it should come to {drafted}. With tax, {credit} is to "
            f"come off, once a second person here has agreed.{waits}"
        )
    return f"{what}: {was} {billed}. We are looking into it.{waits}"
