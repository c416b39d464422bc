"""What statements come to together: tax rounded once and shared, and the invoice they are on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from billing.invoicing.documents.content import digest
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.tax_lines import taking_out
from billing.invoicing.models import Invoice
from billing.invoicing.models.invoice_lines import STATEMENT, TAX_INCLUDED
from billing.invoicing.tax import TaxGroup
from billing.invoicing.tax_amounts import GroupTax, rounded, shared
from billing.rating.charges import STEPPED
from core.periods import Period


def shared_tax(drafts: Sequence[InvoiceDraft]) -> list[InvoiceDraft]:
    """The drafts, their tax a share of what all of them are taxed together, group by group.

    Tax that prices have in them is taken out of each by its share.
    """
    held: dict[str, list[tuple[int, GroupTax]]] = defaultdict(list)
    for position, draft in enumerate(drafts):
        for each in draft.taxes:
            held[each.group.key].append((position, each))
    found = list(drafts)
    taxes: dict[int, list[GroupTax]] = defaultdict(list)
    for _, held_by in sorted(held.items()):
        group = held_by[0][1].group
        exact = [_exact(each) for _, each in held_by]
        parts = shared(rounded(sum(exact, Fraction(0)), group.rounding), exact)
        for (position, each), part in zip(held_by, parts, strict=True):
            base = each.base_minor + each.tax_minor - part if group.is_included else each.base_minor
            taxes[position].append(replace(each, base_minor=base, tax_minor=part))
            if group.is_included and part != each.tax_minor:
                found[position] = _taking_out(found[position], group, part)
    return [replace(draft, taxes=taxes[n]) for n, draft in enumerate(found)]


def _exact(tax: GroupTax) -> Fraction:
    rate = Fraction(tax.group.rate)
    if tax.group.is_included:
        return (tax.base_minor + tax.tax_minor) * rate / (1 + rate)
    return rate * tax.base_minor


def _taking_out(draft: InvoiceDraft, group: TaxGroup, tax_minor: int) -> InvoiceDraft:
    """The draft with another tax taken out of a group's prices."""
    rated = [
        line
        for line in draft.lines
        if not (line.kind == TAX_INCLUDED and line.tax_group == group.key)
    ]
    own = taking_out(group, tax_minor, rated) if tax_minor else []
    return replace(draft, lines=[*rated, *own])


def consolidated(
    payer_id: int,
    period: Period,
    zone: str,
    statements: Sequence[tuple[Invoice, InvoiceDraft]],
    names: Mapping[int, str],
) -> InvoiceDraft:
    """The invoice of statements: a line for each account and tax group, the sums of their taxes."""
    latest = max((draft for _, draft in statements), key=lambda draft: draft.period.end)
    sums: dict[str, GroupTax] = {}
    for _, draft in statements:
        for each in draft.taxes:
            so_far = sums.get(each.group.key)
            sums[each.group.key] = (
                each
                if so_far is None
                else replace(
                    so_far,
                    base_minor=so_far.base_minor + each.base_minor,
                    tax_minor=so_far.tax_minor + each.tax_minor,
                )
            )
    return InvoiceDraft(
        account_id=payer_id,
        payer_id=payer_id,
        period=period,
        zone=zone,
        currency=latest.currency,
        billed_to=latest.billed_to,
        terms_days=latest.terms_days,
        inputs_digest=digest([draft.inputs_digest for _, draft in statements]),
        lines=[
            line
            for invoice, draft in statements
            for line in _lines(invoice, draft, names[draft.account_id])
        ],
        has_usage=any(draft.has_usage for _, draft in statements),
        carried_minor=sum(draft.carried_minor for _, draft in statements),
        taxed_as=latest.taxed_as,
        taxes=[sums[key] for key in sorted(sums)],
        kind=Invoice.Kind.CONSOLIDATED.value,
        purchase_order=latest.purchase_order,
        note=latest.note,
    )


def statement_key(public_id: str, group: str) -> str:
    """The key of the charge that is one statement's part of a tax group."""
    return f"statement:{public_id}:{group}"


def _lines(invoice: Invoice, draft: InvoiceDraft, name: str) -> list[DraftLine]:
    nets: dict[str, int] = {}
    for line in draft.lines:
        nets[line.tax_group] = nets.get(line.tax_group, 0) + line.amount_minor
    step = {
        "step": "statement",
        "invoice": invoice.public_id,
        "inputs_digest": draft.inputs_digest,
    }
    return [
        DraftLine(
            key=statement_key(invoice.public_id, group),
            kind=STATEMENT,
            subscription_id=None,
            price_id=None,
            resource_id=None,
            group_label=name,
            description=f"Statement of {name}",
            quantity=Decimal(1),
            unit="",
            unit_price=None,
            amount_minor=minor,
            dimensions={},
            explanation=(STEPPED, {}, [step]),
            period=draft.period,
            tax_group=group,
        )
        for group, minor in nets.items()
    ]
