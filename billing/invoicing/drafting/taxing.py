"""Puts drafts under their taxes: which group each line falls under, what each group comes to.

A late line is taxed as the invoice it corrects was, with its evidence and rate: the certificate
that ran out since, or the rate that changed, is not its own.

Rated lines stay as they were rated. What tax makes of them stands beside them, in lines of its own:
the tax that prices have in them is taken out, and days that are taxed at another rate are moved to
its group.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.tax_lines import Taxed, with_tax_lines
from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import InvoiceTax
from billing.invoicing.models.invoice_lines import ADJUSTMENT, TYPED
from billing.invoicing.tax import (
    TaxGroup,
    TaxPart,
    TaxQuestion,
    TaxRounding,
    Treatment,
)
from billing.invoicing.tax_engines import TaxUnavailable, engine_in_use
from billing.invoicing.tax_engines.tables import tables_of
from billing.invoicing.tax_tables import TaxTables
from core.errors import Conflict, DomainError
from core.periods import Period

Answers = Sequence[InvoiceDraft | DomainError]
PartsOf = Mapping[TaxQuestion, Sequence[TaxPart]]
Originals = Mapping[int, Sequence[TaxGroup]]


class TaxIdUnconfirmed(Conflict):
    """The register has not answered about a tax id that would shift the tax."""

    code = "tax_id_unconfirmed"
    title = "The register has not confirmed the tax id"
    retryable = True


def with_tax(
    answers: Answers, *, issued_at: datetime | None = None
) -> list[InvoiceDraft | DomainError]:
    """The answers, their drafts taxed, or why one cannot be taxed yet.

    `issued_at` is when they are issued; None is the end of their periods. No query where no payer
    has a country, else four at most.
    """
    drafts = [each for each in answers if isinstance(each, InvoiceDraft) and _is_taxed(each)]
    if not drafts:
        return list(answers)
    questions = {id(each): _questions(each, issued_at) for each in drafts}
    asked = {question for each in questions.values() for question in each}
    tables = tables_of({draft.payer_id for draft in drafts})
    decided, problem = _decided(asked, tables)
    named = {each for draft in drafts for line in draft.lines for each in _taxed_like(line)}
    originals = _originals(named - {None})

    def taxed(draft: InvoiceDraft) -> InvoiceDraft | DomainError:
        if problem is not None:
            return problem
        own = questions[id(draft)]
        if any(_waits(each, tables) for each in set(own)):
            return TaxIdUnconfirmed(
                f"The register has not answered about tax id {draft.taxed_as.tax_id}, and its "
                "country's policy waits for it. Revise the billing profile, from a day within the "
                "period, when it has; then retry.",
            )
        lines = [
            _line_taxed(line, decided[question], originals)
            for line, question in zip(draft.lines, own, strict=True)
        ]
        return with_tax_lines(draft, lines)

    return [
        taxed(each) if isinstance(each, InvoiceDraft) and _is_taxed(each) else each
        for each in answers
    ]


def _taxed_like(line: DraftLine) -> tuple[int | None, int | None]:
    return line.corrects_id, line.deducts_id


def _is_taxed(draft: InvoiceDraft) -> bool:
    return bool(draft.taxed_as.country or any(line.deducts_id for line in draft.lines))


def _questions(draft: InvoiceDraft, issued_at: datetime | None) -> list[TaxQuestion]:
    """What is to be asked of each line; lines alike ask the same.

    What is typed or decided by a person is said before tax, whatever prices have in them.
    """
    issued_on = day_of_issue(issued_at or draft.period.end)
    before_tax = replace(draft.taxed_as, prices_include_tax=False)
    known: dict[tuple[bool, str, Period], TaxQuestion] = {}
    found = []
    for line in draft.lines:
        key = (line.kind in (TYPED, ADJUSTMENT), line.tax_class, line.period)
        if key not in known:
            party = before_tax if key[0] else draft.taxed_as
            known[key] = TaxQuestion.of(party, line.tax_class, line.period, draft.zone, issued_on)
        found.append(known[key])
    return found


def _waits(asked: TaxQuestion, tables: TaxTables) -> bool:
    waits = tables.policy_of(asked, asked.last_on).waits_for_register
    return waits and asked.party.awaits_register


def _decided(
    asked: Collection[TaxQuestion], tables: TaxTables
) -> tuple[PartsOf, TaxUnavailable | None]:
    """The answers of the engine in use, or why there are none; certificates are ours to know."""
    decided: dict[TaxQuestion, Sequence[TaxPart]] = {each: tables.parts_of(each) for each in asked}
    engine = engine_in_use()
    if engine is None:
        return decided, None
    unproven = [
        each
        for each, parts in decided.items()
        if each.party.country
        and all(part.group.treatment is not Treatment.EXEMPT for part in parts)
    ]
    try:
        answers = engine.decide(unproven) if unproven else {}
    except TaxUnavailable as problem:
        return decided, problem
    for each, parts in answers.items():
        rounding = tables.policy_of(each, each.last_on).rounding
        decided[each] = [
            replace(part, group=replace(part.group, rounding=rounding)) for part in parts
        ]
    return decided, None


def _line_taxed(line: DraftLine, parts: Sequence[TaxPart], originals: Originals) -> Taxed:
    deducted = originals.get(line.deducts_id or 0, ())
    if as_billed := [each for each in deducted if each.key == line.tax_group]:
        return Taxed(line, [TaxPart(as_billed[0], 1)])
    before = originals.get(line.corrects_id or 0, ())
    known = {each.key: each for each in before}
    if before and not all(part.group.key in known for part in parts):
        group = parts[-1].group
        same = [each for each in before if each.treatment is group.treatment]
        of_class = [each for each in same if each.product_class == group.product_class]
        return Taxed(line, [TaxPart((of_class or same or before)[0], 1)])
    return Taxed(
        line, [replace(each, group=known.get(each.group.key, each.group)) for each in parts]
    )


def _originals(invoice_ids: Collection[int | None]) -> Originals:
    found: dict[int, list[TaxGroup]] = defaultdict(list)
    if invoice_ids:
        rows = InvoiceTax.objects.filter(invoice_id__one_of=invoice_ids)
        for row in rows.order_by("-base_minor", "group"):
            found[row.invoice_id].append(group_of_row(row))
    return found


def group_of_row(row: InvoiceTax) -> TaxGroup:
    """The group a stored tax is of."""
    return TaxGroup(
        row.jurisdiction,
        Treatment(row.treatment),
        row.name,
        row.rate,
        row.evidence,
        row.product_class,
        TaxRounding(row.rounding),
        row.is_included,
    )
