"""What a reply pack says: each contested line with its figures, its proof in words, its decision.

Only what a customer may read: nothing internal, no evidence of others, no name of staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from billing.disputes.facts import kept_fact
from billing.disputes.models import Attachment, DisputeCase, DisputeLine
from billing.disputes.queries.cases import CaseDetail, LineStanding
from billing.invoicing.queries.line_pages import LineNotFound
from billing.invoicing.queries.proofs import LineNotProven, invoice_line_proof
from billing.papers.formats.letter import Letter, LetterSection
from core.money import Money

_DECIDED: Final[Mapping[str, str]] = {
    DisputeLine.State.GRANTED: "We agree. {approved} before tax is credited.",
    DisputeLine.State.PARTLY_GRANTED: "We agree in part. {approved} before tax is credited.",
    DisputeLine.State.DENIED: "We do not agree. {outcome}",
    DisputeLine.State.WITHDRAWN: "You contest it no more.",
}
_UNDECIDED: Final = "This is not decided yet."


def reply_content(detail: CaseDetail, *, words: str) -> dict[str, Any]:
    """What a pack would say now, as plain JSON that is frozen when it is sent."""
    case = detail.row.case
    return {
        "number": case.number,
        "account": case.account.name,
        "ticket": case.ticket,
        "words": words.strip(),
        "lines": [_line(each) for each in detail.lines],
        "files": [_file(each) for each in told_files(case)],
    }


def told_files(case: DisputeCase) -> list[Attachment]:
    """The files that the customer sent or was sent, in order; one query."""
    rows = Attachment.objects.filter(message__case=case, message__audience="customer")
    return list(rows.filter(message__reply__isnull=True).select_related("file").order_by("pk"))


def letter_of(content: Mapping[str, Any], *, digest: str) -> Letter:
    """The content as a letter."""
    facts = [("Dispute", content["number"]), ("Account", content["account"])]
    if content["ticket"]:
        facts.append(("Ticket", content["ticket"]))
    sections = [
        LetterSection(
            title=line["title"],
            paragraphs=[line["said"], line["decision"]],
            figures=[(name, amount) for name, amount in line["figures"]],
            notes=[*line["explained"], *([f"Proof {line['proof']}"] if line["proof"] else [])],
        )
        for line in content["lines"]
    ]
    if content["files"]:
        sections.append(
            LetterSection(
                title="Files of this dispute",
                paragraphs=[f"{each['name']}: {each['kind']}." for each in content["files"]],
                notes=[each["sha256"] for each in content["files"]],
            )
        )
    return Letter(
        title=f"Your dispute {content['number']}",
        author="Counterfoil",
        language="en",
        facts=facts,
        paragraphs=[each for each in content["words"].splitlines() if each.strip()],
        sections=sections,
        footer=f"{content['number']} · SHA-256 {digest}",
    )


def _line(standing: LineStanding) -> dict[str, Any]:
    line, draft, charged = standing.line, standing.draft, standing.line.charged
    figures: list[list[str]] = []
    if draft is not None:
        names = (
            ("Billed" if line.invoice_line else "Not billed yet", draft.billed_minor),
            ("If this is right", draft.drafted_minor),
            ("Credited already", draft.corrected_minor),
            ("Difference", draft.billed_minor - draft.corrected_minor - draft.drafted_minor),
        )
        figures = [
            [name, str(line.money(minor))]
            for name, minor in names
            if minor or name != "Credited already"
        ]
    if line.approved_minor:
        figures.append(["Credited, before tax", str(line.money(line.approved_minor))])
    approved: Money = line.money(line.approved_minor or 0)
    told = _DECIDED.get(line.state, _UNDECIDED)
    explained, proof = _explained(line)
    return {
        "title": f"{line.target_text}, line {charged.position} of {charged.invoice}"
        if line.invoice_line
        else line.target_text,
        "said": f"You say: {kept_fact(line.reason_code, line.facts).sentence}",
        "decision": told.format(approved=approved, outcome=line.outcome),
        "figures": figures,
        "explained": explained,
        "proof": proof,
    }


def _explained(line: DisputeLine) -> tuple[list[str], str]:
    """How the line came to its amount, in the sentences of its proof, and the proof's digest."""
    charged = line.invoice_line
    if charged is None:
        return [], ""
    try:
        proof = invoice_line_proof(charged.invoice, charged.position)
    except (LineNotFound, LineNotProven):
        return [], ""
    found = proof["explanation"]["cards"].get(charged.key, {})
    return [sentence for card in found.values() for sentence in card], proof["digest"]


def _file(each: Attachment) -> dict[str, str]:
    kind = each.kind_name if each.is_known else "an unknown file, which is not shown here"
    return {"name": each.name, "kind": kind, "sha256": each.file.sha256}
