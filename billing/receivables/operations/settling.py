"""Settle invoices with payments and credit notes, and take a settlement back.

The payer is locked first, so everything that uses one payer's money follows one another; the
database holds the sums besides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from accounts.models import Account
from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.operations.credit_notes import require_live
from billing.ledger import operations as ledger
from billing.ledger.period_locks import dated_open
from billing.receivables import bookings
from billing.receivables.models import Hold, HoldEntry, Payment, Settlement
from billing.receivables.queries.free_money import free_of_notes, free_of_payments
from billing.receivables.queries.open_items import (
    left_of,
    live_holds,
    open_item,
    open_items,
    still_open,
)
from core.actor import Actor
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from core.ids import new_id
from core.money import Money
from eventing.publish import Fact, publish_all


class NotThePayer(Invalid):
    """The money is of somebody who does not pay this invoice."""

    code = "not_the_payer"
    title = "The money is somebody else's"


class OtherCurrency(Invalid):
    """Money of one currency never settles an invoice of another by itself."""

    code = "payment_of_other_currency"
    title = "The currencies differ"


class MoreThanOpen(Invalid):
    """The invoice has less open."""

    code = "more_than_open"
    title = "That is more than is open"


class MoreThanFree(Invalid):
    """The payment or credit note has less left."""

    code = "more_than_free"
    title = "That is more than is left of it"


class TakenBackAlready(Conflict):
    """A settlement is taken back once, and what takes back is not taken back."""

    code = "settlement_taken_back"
    title = "The settlement is taken back"


class RecoveryStands(Conflict):
    """It was approved by another person, and is taken back the same way."""

    code = "recovery_stands"
    title = "Others approve that this is taken back"


@dataclass(frozen=True, slots=True)
class Recorded:
    """When a fact is recorded and came about, by whom, and why."""

    at: datetime
    by: Actor
    reason: str
    effective_at: datetime | None = None

    @property
    def effective(self) -> datetime:
        """When the fact came about; as recorded where nothing else is said."""
        return self.effective_at or self.at


def allocate(
    *,
    source: Payment | CreditNote,
    amounts: Mapping[Invoice, int] | None = None,
    seen_free: int | None = None,
    recorded: Recorded,
) -> list[Settlement]:
    """Put what is free of a payment or credit note on invoices: chosen ones, or the oldest due.

    `amounts` are minor units by invoice. What is left over stays free. Nothing to put it on is no
    error where nothing was chosen. `seen_free` is what was left when that was decided, if anybody
    looked.

    Raises: NotThePayer, OtherCurrency, MoreThanOpen, MoreThanFree, InvoiceIsDraft, InvoiceIsVoid;
    ChangedSince where something else is left than was seen.
    """
    payer_id = payer_of(source)
    with transaction():
        lock_payer(payer_id)
        free = free_of(source)
        if seen_free is not None and seen_free != free:
            seen, now = (Money.from_minor(each, source.currency) for each in (seen_free, free))
            change = FieldChange(f"left of {source}", str(seen), str(now))
            raise ChangedSince(stamp=str(now.amount), differences=[change])
        if amounts is None:
            amounts = _oldest_first(payer_id, source.currency, free, at=recorded.at)
        return settle(source, amounts, free=free, recorded=recorded)


@transaction_required()
def settle(
    source: Payment | CreditNote,
    amounts: Mapping[Invoice, int],
    *,
    free: int,
    recorded: Recorded,
) -> list[Settlement]:
    """Settle invoices of a locked payer with a source of which `free` is left; see `allocate`."""
    items = open_items(list(amounts), at=recorded.at)
    for invoice, minor in amounts.items():
        require_live(invoice)
        _require_fits(source, invoice, minor, items[invoice.pk].open_minor)
    if sum(amounts.values()) > free:
        raise MoreThanFree(
            f"Only {Money.from_minor(free, source.currency)} of {source} is left.", field="amount"
        )
    return write(
        [_of_source(source, invoice, minor, recorded) for invoice, minor in amounts.items()]
    )


def _require_fits(
    source: Payment | CreditNote, invoice: Invoice, minor: int, open_minor: int
) -> None:
    if invoice.payer_id != payer_of(source):
        raise NotThePayer(f"{invoice} is paid by somebody else.", invoice=invoice.public_id)
    if invoice.currency != source.currency:
        raise OtherCurrency(
            f"{invoice} is in {invoice.currency}, the money in {source.currency}. "
            "Nothing is converted by itself.",
            invoice=invoice.public_id,
        )
    if not 0 < minor <= open_minor:
        asked, left = (Money.from_minor(each, invoice.currency) for each in (minor, open_minor))
        raise MoreThanOpen(
            f"{asked} cannot go on {invoice}: {left} is open.",
            field="amount",
            invoice=invoice.public_id,
        )


def settlement_of(
    kind: Settlement.Kind, invoice: Invoice, minor: int, recorded: Recorded, **source: object
) -> Settlement:
    """A settlement to be written, of a source where its kind has one; see `write`."""
    return Settlement(
        public_id=new_id("stl"),
        kind=kind,
        invoice=invoice,
        amount_minor=minor,
        effective_at=recorded.effective,
        recorded_at=recorded.at,
        recorded_by=recorded.by.name,
        reason=recorded.reason,
        **source,
    )


def _of_source(
    source: Payment | CreditNote, invoice: Invoice, minor: int, recorded: Recorded
) -> Settlement:
    if isinstance(source, Payment):
        return settlement_of(Settlement.Kind.PAYMENT, invoice, minor, recorded, payment=source)
    return settlement_of(Settlement.Kind.CREDIT_NOTE, invoice, minor, recorded, credit_note=source)


@transaction_required()
def write(settlements: Sequence[Settlement]) -> list[Settlement]:
    """Write settlements that take nothing back, with their journals and facts."""
    ordered = sorted(settlements, key=lambda each: each.invoice_id)
    written = Settlement.objects.bulk_create(ordered)
    if written:
        at = written[0].recorded_at
        ledger.post(postings=[bookings.settled(each) for each in written], at=at)
        prefetch_related_objects(written, "invoice__account")
        publish_all([_fact("settlement.made", each) for each in written], at=at)
        for invoice in {each.invoice for each in written}:
            shrink_holds(invoice, at=at, by=written[0].recorded_by, reason=written[0].reason)
    return written


def shrink_holds(invoice: Invoice, *, at: datetime, by: str, reason: str) -> list[HoldEntry]:
    """Take back from the holds of an invoice what is not open any more, the latest first."""
    holds = list(Hold.objects.filter(live_holds(at), invoice=invoice).order_by("-placed_at"))
    if not holds:
        return []
    left = {hold: left_of(hold) for hold in holds}
    over = sum(left.values()) - open_item(invoice, at=at).open_minor
    entries = []
    for hold, held in left.items():
        less = min(held, over)
        if less > 0:
            over -= less
            entries.append(
                HoldEntry.objects.create(
                    hold=hold,
                    kind=HoldEntry.Kind.SHRUNK,
                    amount_minor=-less,
                    effective_at=at,
                    recorded_by=by,
                    reason=reason,
                )
            )
    return entries


def unapply(*, settlement: Settlement, recorded: Recorded, is_approved: bool = False) -> Settlement:
    """Take one settlement back: its invoice is open again, its money free again.

    What people approved (a recovery of what was written off) is taken back by an approved proposal
    alone, which says so. Raises: TakenBackAlready, RecoveryStands.
    """
    with transaction():
        lock_payer(settlement.invoice.payer_id)
        if not is_approved and _recovers(settlement):
            raise RecoveryStands(
                f"{settlement} recovered what was written off; others approve that it is taken "
                "back.",
                settlement=settlement.public_id,
            )
        return take_back([settlement], recorded=recorded)[0]


def _recovers(settlement: Settlement) -> bool:
    """Whether it put a payment on an invoice in the place of a loss, which was taken back then."""
    losses = Settlement.objects.filter(
        invoice=settlement.invoice_id,
        kind=Settlement.Kind.WRITE_OFF,
        reverses__isnull=False,
        recorded_at=settlement.recorded_at,
    )
    return settlement.kind == Settlement.Kind.PAYMENT and losses.exists()


@transaction_required()
def take_back(settlements: Iterable[Settlement], *, recorded: Recorded) -> list[Settlement]:
    """Take settlements of a locked payer back. Raises: TakenBackAlready."""
    found = []
    for settlement in settlements:
        if settlement.reverses_id or Settlement.objects.filter(reverses=settlement).exists():
            raise TakenBackAlready(
                f"{settlement} is taken back already.", settlement=settlement.public_id
            )
        found.append(_taken_back(settlement, recorded))
    return found


def _taken_back(settlement: Settlement, recorded: Recorded) -> Settlement:
    back = Settlement(
        kind=settlement.kind,
        invoice=settlement.invoice,
        payment_id=settlement.payment_id,
        credit_note_id=settlement.credit_note_id,
        amount_minor=-settlement.amount_minor,
        reverses=settlement,
        effective_at=dated_open(
            bookings.template_of(settlement).document,
            max(recorded.effective, settlement.effective_at),
        ),
        recorded_at=recorded.at,
        recorded_by=recorded.by.name,
        reason=recorded.reason,
    )
    back.save(force_insert=True)
    posting = ledger.reversal_of(
        kind=bookings.template_of(settlement).kind,
        source=settlement.public_id,
        by=back.public_id,
        effective_at=back.effective_at,
    )
    assert posting is not None  # every settlement books
    ledger.post(postings=[posting], at=recorded.at)
    publish_all([_fact("settlement.taken_back", back)], at=recorded.at)
    return back


def live_settlements(**narrowed: object) -> list[Settlement]:
    """Settlements that were not taken back, the latest first."""
    rows = Settlement.objects.filter(reverses__isnull=True, reversal__isnull=True, **narrowed)
    return list(rows.select_related("invoice").order_by("-recorded_at", "-pk"))


def _oldest_first(payer_id: int, currency: str, free: int, *, at: datetime) -> dict[Invoice, int]:
    """What pays the payer's oldest due invoices of a currency, as far as `free` goes."""
    invoices = still_open(at=at).filter(payer_id=payer_id, currency=currency)
    return poured(free, {each: each.left_minor for each in invoices})  # type: ignore[attr-defined]  # annotated


def poured(free: int, left: Mapping[Invoice, int]) -> dict[Invoice, int]:
    """As much of what is left of each, in order, as `free` goes; in minor units."""
    amounts = {}
    for invoice, wanted in left.items():
        minor = min(wanted, free)
        if minor > 0:
            amounts[invoice] = minor
            free -= minor
    return amounts


def payer_of(source: Payment | CreditNote) -> int:
    """The account whose money it is."""
    return source.account_id if isinstance(source, Payment) else source.invoice.payer_id


def free_of(source: Payment | CreditNote) -> int:
    """What is left of it, in minor units."""
    if isinstance(source, Payment):
        return free_of_payments([source])[source.pk]
    return free_of_notes([source])[source.pk]


@transaction_required()
def lock_payer(*payer_ids: int) -> None:
    """Lock payers in order: what concerns their money follows one another."""
    list(
        Account.objects.select_for_update(no_key=True)
        .filter(pk__in=payer_ids)
        .order_by("pk")
        .values_list("pk")
    )


def _fact(kind: str, settlement: Settlement) -> Fact:
    invoice = settlement.invoice
    return Fact(
        kind,
        subject=invoice.public_id,
        payload={
            "settlement": settlement.public_id,
            "kind": settlement.kind,
            "amount": Money.from_minor(settlement.amount_minor, invoice.currency).as_fact,
        },
        account=invoice.account.public_id,
    )
