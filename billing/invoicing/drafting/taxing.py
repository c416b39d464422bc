"""Puts drafts under their taxes: which group each line falls under, what each group comes to.

A late line is taxed as the invoice it corrects was, with its evidence and rate: the certificate
that ran out since, or the rate that changed, is not its own.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.models import InvoiceTax, TaxExemption, TaxRate
from billing.invoicing.tax import (
    ExemptionInForce,
    RateInForce,
    TaxGroup,
    TaxTables,
    Treatment,
    service_end,
    taxes_of,
)
from core.errors import DomainError

Answers = Sequence[InvoiceDraft | DomainError]


def with_tax(answers: Answers) -> list[InvoiceDraft | DomainError]:
    """The answers, their drafts taxed; no query where no payer has a country, else three."""
    drafts = [each for each in answers if isinstance(each, InvoiceDraft) and _is_taxed(each)]
    if not drafts:
        return list(answers)
    tables = _tables({draft.payer_id for draft in drafts})
    named = {each for draft in drafts for line in draft.lines for each in _taxed_like(line)}
    originals = _originals(named - {None})
    return [
        _taxed(each, tables, originals)
        if isinstance(each, InvoiceDraft) and _is_taxed(each)
        else each
        for each in answers
    ]


def _taxed_like(line: DraftLine) -> tuple[int | None, int | None]:
    return line.corrects_id, line.deducts_id


def _is_taxed(draft: InvoiceDraft) -> bool:
    return bool(draft.taxed_as.country or any(line.deducts_id for line in draft.lines))


def _taxed(
    draft: InvoiceDraft, tables: TaxTables, originals: Mapping[int, Sequence[TaxGroup]]
) -> InvoiceDraft:
    groups: list[TaxGroup] = []
    for line in draft.lines:
        deducted = originals.get(line.deducts_id or 0, ())
        if as_billed := [each for each in deducted if each.key == line.tax_group]:
            groups.append(as_billed[0])
            continue
        before = originals.get(line.corrects_id or 0, ())
        at = service_end(line.period)
        group = tables.group_of(draft.taxed_as, at=at, product_class=line.tax_class)
        same_place = [each for each in before if each.treatment is group.treatment]
        groups.append((same_place or before or [group])[0])
    return replace(
        draft,
        lines=[
            line._replace(tax_group=group.key)
            for line, group in zip(draft.lines, groups, strict=True)
        ],
        taxes=taxes_of(
            (group, line.amount_minor) for line, group in zip(draft.lines, groups, strict=True)
        ),
    )


def _tables(payer_ids: Collection[int]) -> TaxTables:
    exemptions: dict[int, list[ExemptionInForce]] = defaultdict(list)
    rows = TaxExemption.objects.filter(account_id__one_of=payer_ids).exclude(approved_by="")
    for row in rows.order_by("valid_from"):
        exemptions[row.account_id].append(
            ExemptionInForce(
                row.account_id, row.jurisdiction, row.certificate, row.valid_from, row.valid_until
            )
        )
    rates = TaxRate.objects.exclude(approved_by="").order_by("jurisdiction", "valid_from")
    return TaxTables(
        [
            RateInForce(
                row.jurisdiction,
                row.product_class,
                row.name,
                row.rate,
                row.valid_from,
                row.valid_until,
            )
            for row in rates
        ],
        exemptions,
    )


def _originals(invoice_ids: Collection[int | None]) -> dict[int, list[TaxGroup]]:
    found: dict[int, list[TaxGroup]] = defaultdict(list)
    if invoice_ids:
        rows = InvoiceTax.objects.filter(invoice_id__one_of=invoice_ids)
        for row in rows.order_by("-base_minor", "group"):
            found[row.invoice_id].append(
                TaxGroup(
                    row.jurisdiction, Treatment(row.treatment), row.name, row.rate, row.evidence
                )
            )
    return found
