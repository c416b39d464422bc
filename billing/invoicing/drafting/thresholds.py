"""Bills of a threshold: what was used of a month so far, and what its later bills take off for it.

Usage is carried gross: each later bill of the month says all of it, with its discounts, and takes
off what the month's threshold invoices came to. So allowances, tiers and discounts are counted once
over all of them. What a credit note took off one because it was wrong is not taken off again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.charging import DueCharge
from billing.invoicing.drafting.drafts import DraftLine, DraftOrProblem, InvoiceDraft
from billing.invoicing.drafting.rated import inputs_digest, items, lines_of
from billing.invoicing.drafting.snapshots import Snapshot, snapshots
from billing.invoicing.drafting.taxing import with_tax
from billing.invoicing.models import CreditNoteLine, Invoice, InvoiceLine
from billing.invoicing.models.credit_notes import CORRECTING
from billing.invoicing.models.invoice_lines import DEDUCTION, TAX_INCLUDED
from billing.invoicing.models.invoices import live
from billing.rating import LineKind
from billing.rating.charges import STEPPED
from core.errors import DomainError
from core.periods import Period

_GROSS = (LineKind.USAGE, LineKind.OVERAGE)
_SO_FAR = (*_GROSS, LineKind.DISCOUNT, LineKind.CAP)


@dataclass(frozen=True, slots=True)
class UsedSoFar:
    """A threshold invoice to be, and the gross usage on it that none billed yet, in minor units."""

    draft: InvoiceDraft
    new_gross_minor: int


def used_so_far(scope: AccountPeriod, *, issued_at: datetime) -> UsedSoFar | DomainError:
    """What was used of a month up to `scope.until`, less what its threshold invoices billed.

    Fees, minimums and prices that need the whole month wait for its end. Raises: UsageUnsettled.
    """
    (snapshot,) = snapshots([scope])
    if isinstance(snapshot, DomainError):
        return snapshot
    try:
        charged = [item for item in items(snapshot) if _is_known_by_now(item)]
        lines = [line for line in lines_of(snapshot, charged) if line.kind in _SO_FAR]
    except DomainError as problem:
        return problem
    (taken,) = with_deductions([_draft(snapshot, lines)], [scope])
    (taxed,) = with_tax([taken], issued_at=issued_at)
    if isinstance(taxed, DomainError):
        return taxed
    gross = sum(line.amount_minor for line in lines if line.kind in _GROSS)
    return UsedSoFar(taxed, gross - _gross_before(scope))


def _is_known_by_now(item: DueCharge) -> bool:
    price = item.price.price
    return price.model.kind == "usage" and not price.model.is_final_only and not price.limits_all


def _draft(snapshot: Snapshot, lines: Sequence[DraftLine]) -> InvoiceDraft:
    customer, scope = snapshot.customer, snapshot.scope
    assert scope.until is not None
    return InvoiceDraft(
        account_id=scope.account_id,
        payer_id=customer.payer_id,
        period=Period(scope.period.start, scope.until),
        zone=scope.zone,
        currency=customer.currency,
        billed_to=customer.billed_to,
        terms_days=customer.terms_days,
        inputs_digest=inputs_digest(snapshot),
        lines=lines,
        has_usage=bool(snapshot.quantities or snapshot.events),
        taxed_as=customer.taxed_as,
        kind=Invoice.Kind.THRESHOLD.value,
        purchase_order=customer.purchase_order,
        note=customer.note,
    )


def _of_month(scopes: Sequence[AccountPeriod]) -> list[Invoice]:
    """The live threshold invoices of these months, oldest first; one query."""
    invoices = Invoice.objects.filter(
        live(),
        kind=Invoice.Kind.THRESHOLD,
        account_id__one_of={scope.account_id for scope in scopes},
        period_until__gt=min(scope.period.start for scope in scopes),
    )
    return list(invoices.order_by("period_until", "pk"))


def _gross_before(scope: AccountPeriod) -> int:
    billed = [each for each in _of_month([scope]) if _is_within(each, scope)]
    if not billed:
        return 0
    latest = InvoiceLine.objects.filter(invoice=billed[-1], kind__in=_GROSS)
    return latest.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def _is_within(invoice: Invoice, scope: AccountPeriod) -> bool:
    return (
        invoice.account_id == scope.account_id
        and scope.period.contains(invoice.period_from)
        and invoice.period_until <= (scope.until or scope.period.end)
    )


def with_deductions(
    answers: Sequence[DraftOrProblem], scopes: Sequence[AccountPeriod]
) -> list[DraftOrProblem]:
    """The drafts, less what threshold invoices of their months came to, tax group by tax group.

    One query where no account has any, else three.
    """
    months = _of_month(scopes) if scopes else []
    if not months:
        return list(answers)
    left = _left_of(months)
    found = []
    for answer, scope in zip(answers, scopes, strict=True):
        own = [each for each in months if _is_within(each, scope)]
        if own and isinstance(answer, InvoiceDraft):
            answer = _less(answer, own, left)
        found.append(answer)
    return found


Left = dict[int, dict[str, int]]


def _left_of(invoices: Sequence[Invoice]) -> Left:
    """What each came to by tax group, less what notes took off because it was wrong; with the tax
    where prices have it in them.
    """
    left: Left = defaultdict(dict)
    rows = (
        InvoiceLine.objects.filter(invoice_id__one_of=[each.pk for each in invoices])
        .exclude(kind=TAX_INCLUDED)
        .order_by()
        .values_list("invoice_id", "tax_group")
        .annotate(Sum("amount_minor"))
    )
    for invoice_id, group, minor in rows:
        left[invoice_id][group] = minor
    wrong = Q(note__reason_code__in=CORRECTING)
    as_rated = Coalesce("gross_minor", "amount_minor")
    notes = (
        CreditNoteLine.objects.filter(wrong, note__invoice__in=invoices)
        .order_by()
        .values_list("note__invoice_id", "tax_group")
        .annotate(minor=Sum(as_rated))
    )
    for invoice_id, group, minor in notes:
        left[invoice_id][group] -= minor
    return left


def _less(draft: InvoiceDraft, billed: Sequence[Invoice], left: Left) -> InvoiceDraft:
    lines = [
        _deduction(draft, invoice, group, minor)
        for invoice in billed
        for group, minor in sorted(left[invoice.pk].items())
        if minor
    ]
    keys = [[line.key, line.amount_minor] for line in lines]
    return replace(
        draft,
        lines=[*draft.lines, *lines],
        inputs_digest=digest([draft.inputs_digest, "deducts", keys]),
    )


def _deduction(draft: InvoiceDraft, invoice: Invoice, group: str, minor: int) -> DraftLine:
    step = {"step": "deduction", "invoice": invoice.public_id, "number": invoice.number}
    return DraftLine(
        key=f"deduct:{invoice.public_id}:{group}",
        kind=DEDUCTION,
        subscription_id=None,
        price_id=None,
        resource_id=None,
        group_label="",
        description=f"Billed by invoice {invoice.number}",
        quantity=Decimal(1),
        unit="",
        unit_price=None,
        amount_minor=-minor,
        dimensions={},
        explanation=(STEPPED, {}, [step]),
        period=draft.period,
        tax_group=group,
        deducts_id=invoice.pk,
    )
