"""Decide the fate of late usage: billed on a later invoice, or waived with a reason.

What is decided is the difference that exists now; usage that arrives afterwards is open again.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import prefetch_related_objects

from accounts.models import Account
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.drafting.late_usage import LateUsage, late_usage
from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import Invoice, InvoiceLine, LateUsageAmount, LateUsageDecision
from billing.invoicing.models.invoice_lines import COUPON, GRANT
from billing.rating import expand
from core.actor import Actor, acting_as
from core.db.stamps import ChangedSince, StampUnreadable
from core.db.trail import FieldChange, RecordChange
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from core.money import Money
from eventing.publish import Fact, publish, publish_all
from usage.derivation.refresh import refresh

_AMOUNT = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class NothingLate(Conflict):
    """No usage of the invoice's period is waiting for a decision."""

    code = "nothing_late"
    title = "There is no late usage to decide"


class NotIssued(Invalid):
    """Usage of a period without an issued invoice is not late: it goes on the draft."""

    code = "invoice_not_issued"
    title = "The invoice is a draft"


def waive(
    *,
    invoice: Invoice,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> LateUsageDecision:
    """Let go of what late usage of an issued invoice comes to now.

    `made_from` is the stamp of the late usage that was decided on; None, for a job that looked at
    nothing, is whatever there is.

    Raises: NotIssued, ChangedSince, NothingLate, UsageUnsettled, or what rating refuses.
    """
    refresh([invoice.account_id])
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update(no_key=True).get(pk=invoice.account_id)
        invoice = Invoice.objects.get(pk=invoice.pk)
        require_issued(invoice)
        (late,) = late_usage([invoice])
        if late.problem is not None:
            raise late.problem
        _require_as_seen(late, made_from)
        if not late.lines:
            raise NothingLate(f"Nothing of {invoice} is open.", invoice=invoice.public_id)
        decision = _decide(late, at=at, by=by, reason=reason)
        publish(
            "late_usage.waived",
            subject=invoice.public_id,
            payload={
                "decision": decision.public_id,
                "amount": _amount(late.amount_minor, invoice),
                "reason": reason,
            },
            at=at,
        )
    return decision


def require_as_seen(invoice: Invoice, made_from: str) -> None:
    """Refuse where what is late is another than what the stamp says. Raises: ChangedSince."""
    (late,) = late_usage([invoice], settled=False)
    _require_as_seen(late, made_from)


def require_issued(invoice: Invoice) -> None:
    """Only what an issued invoice lacks is late. Raises: NotIssued."""
    if invoice.is_draft:
        raise NotIssued(f"{invoice} is not issued.", invoice=invoice.public_id)


def _require_as_seen(late: LateUsage, made_from: str | None) -> None:
    if made_from is None or made_from == late.stamp:
        return
    amount, _, lines = made_from.partition(".")
    if not lines or not _AMOUNT.fullmatch(amount):
        raise StampUnreadable(field="made_from")
    seen, now = (
        str(Money.from_minor(int(minor), late.invoice.currency))
        for minor in (amount, late.amount_minor)
    )
    if seen == now:
        seen, now = f"{seen}, made of other lines", now
    decided = LateUsageDecision.objects.filter(invoice=late.invoice).order_by("-decided_at")[:1]
    raise ChangedSince(
        stamp=late.stamp,
        differences=[FieldChange("late usage", seen, now)],
        changes=[
            RecordChange(each.decided_at, "changed", "", "", each.decided_by, each.reason, "", ())
            for each in decided
        ],
    )


def _decide(late: LateUsage, *, at: datetime, by: Actor, reason: str) -> LateUsageDecision:
    decision = LateUsageDecision.objects.create(
        invoice=late.invoice,
        fate=LateUsageDecision.Fate.WAIVED,
        through_at=at,
        amount_minor=late.amount_minor,
        decided_at=at,
        decided_by=by.name,
        reason=reason,
    )
    _write_amounts([(decision, late.lines)])
    return decision


@transaction_required()
def record_billed(*, invoices: Sequence[Invoice], at: datetime, by: Actor, reason: str) -> None:
    """Write the decisions that issuing these invoices makes: their late lines are billed now."""
    lines: dict[tuple[int, int], list[InvoiceLine]] = defaultdict(list)
    late = InvoiceLine.objects.filter(
        invoice_id__one_of=[invoice.pk for invoice in invoices], corrects__isnull=False
    )
    late = late.exclude(kind__in=(COUPON, GRANT))
    for line in late.select_related("corrects").order_by("invoice_id", "position"):
        lines[line.invoice_id, line.corrects_id or 0].append(line)
    prefetch_related_objects(list(invoices), "account")
    issued = {invoice.pk: invoice for invoice in invoices}
    groups = [group for _, group in sorted(lines.items())]
    decisions = LateUsageDecision.objects.bulk_create(
        LateUsageDecision(
            invoice=group[0].corrects,
            fate=LateUsageDecision.Fate.BILLED,
            through_at=issued[group[0].invoice_id].rated_at,
            billed_on=issued[group[0].invoice_id],
            amount_minor=sum(line.amount_minor for line in group),
            decided_at=at,
            decided_by=by.name,
            reason=reason,
        )
        for group in groups
    )
    _write_amounts(zip(decisions, groups, strict=True))
    publish_all([_billed_fact(decision) for decision in decisions], at=at)


def _billed_fact(decision: LateUsageDecision) -> Fact:
    billed_on = decision.billed_on
    assert billed_on is not None  # late_decision_billed_names_invoice
    payload = {
        "decision": decision.public_id,
        "billed_on": billed_on.public_id,
        "amount": _amount(decision.amount_minor, billed_on),
    }
    return Fact(
        "late_usage.billed",
        subject=decision.invoice.public_id,
        payload=payload,
        account=billed_on.account.public_id,
    )


def _write_amounts(
    decided: Iterable[tuple[LateUsageDecision, Sequence[DraftLine] | Sequence[InvoiceLine]]],
) -> None:
    amounts: dict[tuple[int, str], LateUsageAmount] = {}
    for decision, lines in decided:
        for line in lines:
            key = charge_key_of(line.key)
            amount = amounts.setdefault(
                (decision.pk, key),
                LateUsageAmount(
                    decision=decision, charge_key=key, quantity=Decimal(0), amount_minor=0
                ),
            )
            amount.amount_minor += line.amount_minor
            amount.quantity += expand(line.explanation).measured
    LateUsageAmount.objects.bulk_create(amounts[each] for each in sorted(amounts))


def _amount(minor: int, invoice: Invoice) -> dict[str, str]:
    return Money.from_minor(minor, invoice.currency).as_fact
