"""Puts open adjustments on the next invoice of their account, each with a line that explains it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.drafts import DraftLine, DraftOrProblem, InvoiceDraft
from billing.invoicing.models import Adjustment
from billing.invoicing.models.adjustments import unbilled
from billing.invoicing.models.invoice_lines import ADJUSTMENT
from billing.rating.charges import STEPPED


def with_adjustments(
    answers: Sequence[DraftOrProblem], *, taking: Sequence[bool]
) -> list[DraftOrProblem]:
    """The drafts, in order of their periods, with the open adjustments of their accounts.

    The first draft of an account that is `taking` has all of them; one query.
    """
    accounts = {
        answer.account_id
        for answer, takes in zip(answers, taking, strict=True)
        if takes and isinstance(answer, InvoiceDraft)
    }
    waiting = _open_by_account(accounts)
    if not waiting:
        return list(answers)
    found = []
    for answer, takes in zip(answers, taking, strict=True):
        if takes and isinstance(answer, InvoiceDraft):
            answer = _with(answer, waiting.pop(answer.account_id, ()))
        found.append(answer)
    return found


def _open_by_account(account_ids: Collection[int]) -> dict[int, list[Adjustment]]:
    found: dict[int, list[Adjustment]] = defaultdict(list)
    if account_ids:
        rows = Adjustment.objects.filter(unbilled(), account_id__one_of=list(account_ids))
        for row in rows.select_related("corrects", "reverses").order_by("made_at", "pk"):
            found[row.account_id].append(row)
    return found


def _with(draft: InvoiceDraft, adjustments: Sequence[Adjustment]) -> InvoiceDraft:
    if not adjustments:
        return draft
    return replace(
        draft,
        lines=[*draft.lines, *(_line(draft, each) for each in adjustments)],
        inputs_digest=digest(
            [draft.inputs_digest, "adjustments", [each.public_id for each in adjustments]]
        ),
    )


def _line(draft: InvoiceDraft, adjustment: Adjustment) -> DraftLine:
    """Its period is that of what it corrects, so that its tax is of that day."""
    corrects = adjustment.corrects
    step = {
        "step": "adjustment",
        "adjustment": adjustment.public_id,
        "reason_code": adjustment.reason_code,
        "reason": adjustment.reason,
        "ticket": adjustment.ticket,
        "by": adjustment.made_by,
        "corrects": corrects.number if corrects is not None else "",
        "reverses": adjustment.reverses.public_id if adjustment.reverses is not None else "",
    }
    return DraftLine(
        key=adjustment.line_key,
        kind=ADJUSTMENT,
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=adjustment.description,
        quantity=Decimal(1),
        unit="",
        unit_price=None,
        amount_minor=adjustment.amount_minor,
        dimensions={},
        explanation=(STEPPED, {}, [step]),
        period=corrects.period if corrects is not None else draft.period,
    )
