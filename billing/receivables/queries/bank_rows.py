"""Rows of bank files: the fate that holds, and what a row that takes something back could mean."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from billing.receivables.models import BankRow, BankRowFate, Payment

REVERSIBLE_MAX = 20


def fate_of(row: BankRow) -> BankRowFate | None:
    """The fate that holds."""
    return row.fates.order_by("-number").first()


def fates_of(rows: Collection[BankRow]) -> dict[int, BankRowFate]:
    """The fates that hold, by row; one query."""
    found = BankRowFate.objects.filter(row_id__one_of=[row.pk for row in rows])
    last = found.order_by("row_id", "-number").distinct("row_id")
    return {fate.row_id: fate for fate in last.select_related("payment__account", "reversal")}


def last_fates() -> QuerySet[BankRowFate]:
    """The fates that hold, of all rows."""
    later = BankRowFate.objects.filter(row=OuterRef("row"), number__gt=OuterRef("number"))
    return BankRowFate.objects.filter(~Exists(later))


def waiting() -> Q:
    """Fates that wait for a person: nothing was booked, or an excess is not cleared."""
    return Q(fate__in=[BankRowFate.Fate.SUGGESTED, BankRowFate.Fate.UNMATCHED]) & (
        Q(payment__isnull=True) | Q(reversal__isnull=False)
    )


def reversible(row: BankRow) -> list[Payment]:
    """The payments that a row could take back: those it names, else those that look like it.

    By what the bank called the payment; else by amount and text; else by amount alone.
    """
    if row.amount_minor is None:
        return []
    came = BankRow.objects.filter(fates__payment=OuterRef("pk"), kind=BankRow.Kind.CREDIT)
    mine = Payment.objects.filter(source=row.file.bank_account, currency=row.currency).order_by(
        "-received_at", "-pk"
    )
    if row.bank_reference:
        named = mine.filter(Exists(came.filter(bank_reference=row.bank_reference)))
        found = _left(named)
        if found:
            return found
    if row.kind == BankRow.Kind.CHARGEBACK:
        return []
    same = mine.filter(amount_minor=-row.amount_minor)
    texts = same.filter(Exists(came.filter(text=row.text, payer_reference=row.payer_reference)))
    return _left(texts) or _left(same)


def _left(payments: QuerySet[Payment]) -> list[Payment]:
    """Those of which something was not taken back."""
    return [
        payment
        for payment in payments.annotate(back=Sum("reversals__amount_minor"))[:REVERSIBLE_MAX]
        if (payment.back or 0) < payment.amount_minor
    ]


def waiting_like(row: BankRow) -> list[BankRow]:
    """Rows of the same account that came in, were not booked, and that this row takes back."""
    if row.amount_minor is None or row.kind != BankRow.Kind.REVERSAL:
        return []
    held = last_fates().filter(waiting(), payment__isnull=True, row=OuterRef("pk"))
    same = BankRow.objects.filter(
        Exists(held),
        file__bank_account=row.file.bank_account,
        kind=BankRow.Kind.CREDIT,
        currency=row.currency,
        amount_minor=-row.amount_minor,
    ).select_related("file")
    named = same.filter(bank_reference=row.bank_reference) if row.bank_reference else same.none()
    return list(named[:2]) or list(same.filter(text=row.text)[:2])
