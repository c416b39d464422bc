"""Issue invoices: journal, content hash, outbox event and, last, the gapless number.

Works on many invoices at once, because a bill run does; one invoice is a list of one. How drafts
are written is in `billing.invoicing.operations.stored_drafts`. Lock order: accounts, then invoices,
then the number series, which is locked last and briefly.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection
from django.db.models import prefetch_related_objects

from accounts.models import Account
from billing.invoicing import bookings
from billing.invoicing.billed_time import close
from billing.invoicing.documents.content import content_digest, lines_digest, stored_taxes
from billing.invoicing.documents.rows import (
    InvoiceParts,
    tax_row,
    tax_rows,
)
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts as drafts_of
from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import Invoice, InvoiceLine, InvoiceTax, InvoiceTerms
from billing.invoicing.number_series import SERIES_PREFIX, number_of, take_numbers
from billing.invoicing.operations import late_usage
from billing.invoicing.operations.adjustments import record_adjusted
from billing.invoicing.operations.bill_comparisons import LONG, ask_for_long
from billing.invoicing.operations.coupon_uses import record_used
from billing.invoicing.operations.grant_movements import record_drawn
from billing.invoicing.operations.pool_draws import record_pool_draws
from billing.invoicing.queries.gates import held_back
from billing.ledger import operations as ledger
from billing.ledger.templates import Posting
from billing.licences.operations.buckets import hold_pools
from core.actor import Actor, acting_as, current_actor, current_reason
from core.db.history import record_changed
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict
from core.periods import local_day
from eventing.publish import Fact, publish_all
from usage.derivation.refresh import refresh

Booking = Callable[[Invoice, Sequence[InvoiceTax]], Posting]
"""Which books an invoice is in, with its taxes."""


class NotADraft(Conflict):
    """The invoice was issued already."""

    code = "invoice_not_a_draft"
    title = "The invoice is issued"


class PeriodNotOver(Conflict):
    """What is issued is final, and the period may still change."""

    code = "invoice_period_not_over"
    title = "The period of the invoice has not ended"


class NotOfAPeriod(Conflict):
    """The draft is typed, or is issued with the others of its payer."""

    code = "invoice_issued_otherwise"
    title = "The invoice is issued another way"


class EarlierDraft(Conflict):
    """An earlier period of the account is a draft; what is left over of it goes on this one."""

    code = "invoice_earlier_draft"
    title = "An earlier period comes first"


class DraftOutdated(Conflict):
    """The draft is not what its period comes to now."""

    code = "invoice_draft_outdated"
    title = "The draft is out of date"


def issue(*, invoice_ids: Iterable[int], at: datetime, by: Actor, reason: str) -> list[Invoice]:
    """Issue drafts in one transaction: journal, content hash, outbox event, number.

    Each is drafted again under the locks, and issued only if it comes to the same. Numbers follow
    the order of (period, account). Raises: NotADraft, PeriodNotOver, EarlierDraft, DraftOutdated,
    UsageUnsettled; then nothing is issued.
    """
    invoice_ids = list(invoice_ids)
    chosen = Invoice.objects.filter(pk__one_of=invoice_ids)
    accounts = Account.objects.filter(pk__in=chosen.values("account_id")).order_by("pk")
    refresh(list(accounts.values_list("pk", flat=True)))
    with acting_as(by, reason=reason), transaction():
        locked = list(accounts.select_for_update(no_key=True).values_list("pk", flat=True))
        hold_pools(locked)
        _require_current(invoice_ids, at=at)
        return issue_all(invoice_ids=invoice_ids, at=at)


def _require_current(invoice_ids: Sequence[int], *, at: datetime) -> None:
    """Refuse drafts that are not what their periods come to now; their accounts are locked."""
    chosen = Invoice.objects.filter(pk__one_of=invoice_ids)
    invoices = list(chosen.order_by("period_from", "account_id"))
    for invoice in invoices:
        _require_draft(invoice)
        _require_of_a_period(invoice)
    if len(invoices) < len(set(invoice_ids)):
        raise DraftOutdated("A draft is not there any more: its period comes to nothing by now.")
    ends = {invoice.account_id: invoice.period_from for invoice in invoices}
    drafts = Invoice.objects.filter(
        state=Invoice.State.DRAFT, kind=Invoice.Kind.PERIOD, account_id__one_of=ends
    )
    for draft in drafts.exclude(pk__one_of=invoice_ids):
        if draft.period_from < ends[draft.account_id]:
            raise EarlierDraft(
                f"{draft} is of an earlier period of the account. Issue it first, or with this.",
                invoice=draft.public_id,
            )
    scopes = [AccountPeriod(each.account_id, each.period, each.zone) for each in invoices]
    answers = drafts_of(scopes, issued_at=at)
    outdated = [
        invoice
        for invoice, now in zip(invoices, answers, strict=True)
        if not (isinstance(now, InvoiceDraft) and now.shows_something and is_same(invoice, now))
    ]
    kept = held_back([each for each in answers if isinstance(each, InvoiceDraft)])
    for _, problem in sorted(kept.items()):
        raise problem
    if outdated:
        named = ", ".join(invoice.public_id for invoice in outdated[:3])
        raise DraftOutdated(
            f"{len(outdated)} of these drafts are not what their periods come to now: {named}. "
            "Nothing was issued. Draft again, look at what changed, and issue then.",
            invoices=[invoice.public_id for invoice in outdated],
        )


def is_same(invoice: Invoice, draft: InvoiceDraft) -> bool:
    """Whether drafting again would write nothing."""
    before = (invoice.inputs_digest, invoice.carried_minor, invoice.tax_minor)
    if before != (draft.inputs_digest, draft.carried_minor, draft.tax_minor):
        return False
    if not draft.taxes:
        return True
    stored = [tax_row(each)[1:] for each in invoice.taxes.order_by("group")]
    return stored == [tax_row(each)[1:] for each in tax_rows(invoice.pk, draft)]


def _require_draft(invoice: Invoice) -> None:
    if not invoice.is_draft:
        raise NotADraft(f"{invoice} is issued already.", invoice=invoice.public_id)


def _require_of_a_period(invoice: Invoice) -> None:
    if invoice.kind != Invoice.Kind.PERIOD:
        raise NotOfAPeriod(f"{invoice} is issued by its own way.", invoice=invoice.public_id)
    if InvoiceTerms.objects.filter(account_id=invoice.payer_id, consolidates=True).exists():
        raise NotOfAPeriod(
            f"The payer of {invoice} has one invoice for all: it is issued with the others.",
            invoice=invoice.public_id,
        )


@transaction_required()
def issue_all(*, invoice_ids: Iterable[int], at: datetime) -> list[Invoice]:
    """Issue drafts that are what their periods come to, of locked accounts; see `issue`."""
    invoices = list(
        Invoice.objects.select_for_update(no_key=True)
        .filter(pk__one_of=list(invoice_ids))
        .order_by("period_from", "account_id")
    )
    for invoice in invoices:
        _require_draft(invoice)
        if invoice.period_until > at and invoice.kind != Invoice.Kind.ONE_OFF:
            raise PeriodNotOver(
                f"The period of {invoice} ends at {invoice.period_until:%Y-%m-%d %H:%M} UTC.",
                invoice=invoice.public_id,
            )
        invoice.rated_at = at
    if invoices:
        issue_locked(invoices, _stored_parts(invoices), _mark_issued, at=at)
    return invoices


def issue_locked(
    invoices: Sequence[Invoice],
    parts: Mapping[int, InvoiceParts],
    write: Callable[[Sequence[Invoice]], None],
    *,
    at: datetime,
    book: Booking = bookings.issued,
) -> None:
    """Issue invoices whose lines are written; `write` puts what issuing sets into their rows, and
    `book` says which books each is in.
    """
    for invoice in invoices:
        invoice.state = Invoice.State.ISSUED
    ledger.post(postings=[book(invoice, parts[invoice.pk].taxes) for invoice in invoices], at=at)
    close([(each.account_id, each.period) for each in invoices if _closes_its_period(each)])
    _record_what_is_billed(invoices, at=at)
    # Everything slow is done; from here on the series is locked until the commit.
    series, first, issued_at = take_numbers(SERIES_PREFIX, len(invoices), at=at)
    for sequence, invoice in enumerate(invoices, start=first):
        mark_issued(invoice, issued_at)
        invoice.series, invoice.sequence = series, sequence
        invoice.number = number_of(series, sequence)
        part = parts[invoice.pk]
        invoice.content_sha256 = content_digest(
            invoice, lines_sha256=part.lines_sha256, taxes=part.taxes
        )
    write(invoices)
    prefetch_related_objects(invoices, "account")
    publish_all([issued_fact(invoice) for invoice in invoices], at=issued_at)
    long = [each for each in invoices if parts[each.pk].line_count > LONG]
    ask_for_long(long, at=issued_at, by=current_actor())


@transaction_required()
def issue_statements(invoice: Invoice, statements: Sequence[Invoice], *, at: datetime) -> None:
    """Issue the statements of an invoice that was issued just now, on its day; they are drafts of
    locked accounts.
    """
    parts = _stored_parts(statements)
    close([(each.account_id, each.period) for each in statements if _closes_its_period(each)])
    for each in statements:
        each.state, each.consolidated_on, each.rated_at = Invoice.State.ISSUED, invoice, at
        each.issued_at, each.issued_on = invoice.issued_at, invoice.issued_on
        each.due_on = invoice.due_on
        part = parts[each.pk]
        each.content_sha256 = content_digest(each, lines_sha256=part.lines_sha256, taxes=part.taxes)
        each.save()
    prefetch_related_objects(list(statements), "account")
    _record_what_is_billed(statements, at=at)
    facts = [replace(issued_fact(each), type="statement.issued") for each in statements]
    publish_all(facts, at=invoice.issued_at or at)


def _record_what_is_billed(invoices: Sequence[Invoice], *, at: datetime) -> None:
    """Write down what is on these invoices and on none after them, a statement or not."""
    late_usage.record_billed(invoices=invoices, at=at, by=current_actor(), reason=current_reason())
    record_adjusted(invoices=invoices, at=at)
    record_used(invoices=invoices)
    record_drawn(invoices=invoices, at=at)
    record_pool_draws(invoices=invoices, at=at)


def _closes_its_period(invoice: Invoice) -> bool:
    return invoice.kind == Invoice.Kind.PERIOD and invoice.reissues_id is None


def mark_issued(invoice: Invoice, issued_at: datetime) -> None:
    """Set when it is issued and due: stored once, printed everywhere.

    The day of issue is the entity's; the terms count from it, or from the customer's day of issue
    where that is later: nobody has less time than the terms give on their own calendar.
    """
    invoice.issued_at, invoice.issued_on = issued_at, day_of_issue(issued_at)
    counted_from = max(invoice.issued_on, local_day(issued_at, invoice.zone))
    invoice.due_on = counted_from + timedelta(days=invoice.terms_days)


def _stored_parts(invoices: Sequence[Invoice]) -> dict[int, InvoiceParts]:
    ids = [invoice.pk for invoice in invoices]
    lines = InvoiceLine.objects.filter(invoice_id__one_of=ids).order_by("invoice_id", "position")
    groups = {
        invoice_id: list(group)
        for invoice_id, group in groupby(lines, key=lambda line: line.invoice_id)
    }
    taxes = stored_taxes(ids)
    return {
        pk: InvoiceParts(lines_digest(groups[pk]), taxes.get(pk, ()), len(groups[pk])) for pk in ids
    }


def _mark_issued(invoices: Sequence[Invoice]) -> None:
    columns = (
        "series_id", "sequence", "number", "issued_at", "issued_on", "due_on", "content_sha256",
        "rated_at",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoicing_invoice AS invoice
            SET state = 'issued', series_id = new.series_id, sequence = new.sequence,
                number = new.number, issued_at = new.issued_at, issued_on = new.issued_on,
                due_on = new.due_on,
                content_sha256 = new.content_sha256, rated_at = new.rated_at
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[],
                        %s::date[], %s::date[], %s::text[], %s::timestamptz[])
                AS new (id, series_id, sequence, number, issued_at, issued_on, due_on,
                        content_sha256, rated_at)
            WHERE invoice.id = new.id AND invoice.state = 'draft'
            """,
            [[invoice.pk for invoice in invoices]]
            + [[getattr(invoice, column) for invoice in invoices] for column in columns],
        )
    record_changed(Invoice, [invoice.pk for invoice in invoices])


def issued_fact(invoice: Invoice) -> Fact:
    return Fact(
        "invoice.issued",
        subject=invoice.public_id,
        payload={
            "number": invoice.number,
            "kind": str(invoice.kind),
            "total": invoice.total.as_fact,
            "period": {
                "start": invoice.period_from.isoformat(),
                "end": invoice.period_until.isoformat(),
            },
            "content_sha256": invoice.content_sha256,
        },
        account=invoice.account.public_id,
    )
