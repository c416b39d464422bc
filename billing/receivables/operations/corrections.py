"""Correct and give up what is owed: credit notes, voids, write-offs and their recovery.

Each is one transaction of document, journal and settlements, and each is undone only by a linked
fact. What is shown before is worked out by the same code (`billing.receivables.effects`).
"""

from dataclasses import dataclass, replace

from billing.invoicing import bookings as invoice_bookings
from billing.invoicing.crediting import CreditRequest
from billing.invoicing.drafting.as_rated import StatedQuantity, rated_again
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.late_usage import drafts
from billing.invoicing.models import (
    CreditNote,
    Invoice,
    InvoiceVoid,
)
from billing.invoicing.operations import credit_notes
from billing.invoicing.operations.consolidations import issue_anew
from billing.invoicing.operations.coupon_uses import release_voided
from billing.invoicing.operations.credit_notes import (
    CreditTerms,
    InvoiceIsStatement,
    require_live,
)
from billing.invoicing.operations.grant_movements import undo_voided
from billing.invoicing.operations.pool_draws import undo_pool_draws
from billing.invoicing.operations.stored_drafts import issue_instead
from billing.invoicing.queries.creditable import creditable
from billing.ledger import operations as ledger
from billing.ledger.period_locks import dated_open
from billing.receivables.models import Payment, Settlement
from billing.receivables.operations import refunds
from billing.receivables.operations.settling import (
    MoreThanOpen,
    Recorded,
    free_of,
    live_settlements,
    lock_payer,
    settle,
    settlement_of,
    shrink_holds,
    take_back,
    write,
)
from billing.receivables.queries.open_items import open_item
from billing.receivables.voidable import REISSUABLE, accounts_on, require_alone
from core.actor import acting_as
from core.db.transactions import transaction
from core.errors import Conflict, DomainError, Invalid
from core.money import Money
from eventing.publish import publish
from usage.derivation.refresh import refresh


class NoDestination(Invalid):
    """Refund and balance do not add up to what the note leaves over."""

    code = "credit_without_destination"
    title = "Not all of the credit has a destination"


class NothingOpen(Conflict):
    """Nothing of the invoice is open."""

    code = "nothing_open"
    title = "Nothing is open"


class NothingToReissue(Conflict):
    """The period comes to nothing now, or the invoice was reissued already."""

    code = "nothing_to_reissue"
    title = "There is nothing to issue instead"


class StillCredited(Conflict):
    """Credit notes of the invoice stand."""

    code = "invoice_has_credit_notes"
    title = "The invoice has credit notes"


@dataclass(frozen=True, slots=True)
class CreditDestination:
    """Where the part of a note goes that is not due: back, and to the customer's balance.

    None is all to the balance. `refund_to` is the payment it goes back to.
    """

    refund_minor: int = 0
    balance_minor: int | None = None
    refund_to: Payment | None = None


def credit(
    *,
    invoice: Invoice,
    terms: CreditTerms,
    destination: CreditDestination | None = None,
    recorded: Recorded,
) -> CreditNote:
    """Credit an issued invoice: first what is due goes to 0, the rest to its destination.

    Raises: what `credit_notes.issue` raises, NoDestination, MoreThanRefundable.
    """
    with transaction():
        lock_payer(invoice.payer_id)
        note = credit_notes.issue(
            invoice=invoice, terms=terms, at=recorded.at, by=recorded.by, reason=recorded.reason
        )
        due = min(open_item(invoice, at=recorded.at).open_minor, note.total_minor)
        if due:
            settle(note, {invoice: due}, free=note.total_minor, recorded=recorded)
        _send(note, note.total_minor - due, destination or CreditDestination(), recorded)
    return note


def _send(note: CreditNote, rest: int, destination: CreditDestination, recorded: Recorded) -> None:
    balance = destination.balance_minor
    if balance is None:
        balance = rest - destination.refund_minor
    missing = rest - destination.refund_minor - balance
    if missing or balance < 0:
        amount = Money.from_minor(abs(missing or balance), note.currency)
        raise NoDestination(
            f"{amount} has no destination: {Money.from_minor(rest, note.currency)} is left over "
            "once nothing is due.",
            field="refund",
        )
    if destination.refund_minor:
        refunds.request(
            note=note,
            amount_minor=destination.refund_minor,
            to=destination.refund_to,
            recorded=recorded,
        )


def void(*, invoice: Invoice, recorded: Recorded, keeps_coupons: bool = False) -> InvoiceVoid:
    """Void an issued invoice: its journal is reversed, its money free again, its holds end.

    It keeps its number and takes nothing more. What it redeemed of coupons is free again, unless it
    `keeps_coupons` for what is issued instead. Raises: InvoiceIsDraft, InvoiceIsVoid,
    StillCredited.
    """
    with transaction():
        lock_payer(*accounts_on(invoice))
        invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
        require_live(invoice)
        if invoice.credit_notes.filter(total_minor__gt=0).exists():
            raise StillCredited(
                f"{invoice} has credit notes. Credit the rest of it instead.",
                invoice=invoice.public_id,
            )
        statements = list(invoice.statements.order_by("pk"))
        for each in [invoice, *statements]:
            require_alone(each)
        take_back(live_settlements(invoice=invoice), recorded=recorded)
        assert invoice.issued_at is not None  # require_live
        made = InvoiceVoid.objects.create(
            invoice=invoice,
            effective_at=dated_open(
                invoice_bookings.INVOICE_ISSUED.document,
                max(recorded.effective, invoice.issued_at),
            ),
            voided_at=recorded.at,
            voided_by=recorded.by.name,
            reason=recorded.reason,
        )
        for each in statements:
            InvoiceVoid.objects.create(
                invoice=each,
                effective_at=made.effective_at,
                voided_at=made.voided_at,
                voided_by=made.voided_by,
                reason=made.reason,
            )
        for void_one in [made, *InvoiceVoid.objects.filter(invoice__in=statements)]:
            undo_voided(void_one)
            if not keeps_coupons:
                release_voided(void=void_one, by=recorded.by)
        undo_pool_draws(
            invoices=[invoice, *statements],
            at=recorded.at,
            by=recorded.by,
            reason=recorded.reason,
        )
        posting = ledger.reversal_of(
            kind=invoice_bookings.INVOICE_ISSUED.kind,
            source=invoice.public_id,
            by=made.public_id,
            effective_at=made.effective_at,
        )
        if posting is not None:
            ledger.post(postings=[posting], at=recorded.at)
        shrink_holds(invoice, at=recorded.at, by=recorded.by.name, reason=recorded.reason)
        publish(
            "invoice.voided",
            subject=invoice.public_id,
            payload={"number": invoice.number, "reason": recorded.reason},
            at=recorded.at,
            account=invoice.account.public_id,
        )
    return made


def reissue(*, void: InvoiceVoid, recorded: Recorded) -> Invoice:
    """Issue an invoice for the period of a void one, as the period is rated now.

    It takes the next number and names what it stands in for; one for several accounts has a
    statement of each again. The money that settled the void one is free and is put on it by whoever
    allocates it. Raises: NothingToReissue, InvoiceIsStatement, PayerChanged, UsageUnsettled, and
    what rating refuses.
    """
    invoice = void.invoice
    ids = accounts_on(invoice)
    refresh(ids)
    with acting_as(recorded.by, reason=recorded.reason), transaction():
        lock_payer(*ids)
        _require_reissuable(void)
        if invoice.kind == Invoice.Kind.CONSOLIDATED:
            made = issue_anew(void=void, at=recorded.at)
        else:
            made = _issued_instead(void, recorded)
        if made is None:
            raise NothingToReissue(
                f"The period of {invoice} comes to nothing now.", invoice=invoice.public_id
            )
        return made


def _require_reissuable(void: InvoiceVoid) -> None:
    invoice = void.invoice
    if invoice.is_statement:
        raise InvoiceIsStatement(
            f"It is a statement of {invoice.consolidated_on}: what is done, is done there.",
            invoice=invoice.public_id,
        )
    if invoice.kind not in REISSUABLE:
        raise NothingToReissue(
            f"{invoice} is no invoice of a period; what it billed is billed with its months.",
            invoice=invoice.public_id,
        )
    if Invoice.objects.filter(reissues=void).exists():
        raise NothingToReissue(f"{invoice} was reissued already.", invoice=invoice.public_id)


def _issued_instead(void: InvoiceVoid, recorded: Recorded) -> Invoice | None:
    invoice = void.invoice
    scope = AccountPeriod(invoice.account_id, invoice.period, invoice.zone)
    (draft,) = drafts((), reopened=[scope], issued_at=recorded.at)
    if isinstance(draft, DomainError):
        raise draft
    if not draft.shows_something:
        return None
    return issue_instead(void=void, draft=draft, at=recorded.at)


def void_and_reissue(*, invoice: Invoice, recorded: Recorded) -> Invoice:
    """Void an invoice and issue the period as it is rated now; both, or neither.

    Raises: as void and reissue.
    """
    with transaction():
        made = void(invoice=invoice, recorded=recorded, keeps_coupons=True)
        return reissue(void=made, recorded=recorded)


def write_off(
    *, invoice: Invoice, amount_minor: int | None = None, recorded: Recorded
) -> Settlement:
    """Give up what is open of an invoice, or some of it.

    Raises: NothingOpen, MoreThanOpen, InvoiceIsDraft, InvoiceIsVoid.
    """
    with transaction():
        lock_payer(invoice.payer_id)
        require_live(invoice)
        item = open_item(invoice, at=recorded.at)
        minor = item.open_minor if amount_minor is None else amount_minor
        if item.open_minor == 0:
            raise NothingOpen(f"Nothing of {invoice} is open.", invoice=invoice.public_id)
        if not 0 < minor <= item.open_minor:
            raise MoreThanOpen(
                f"{item.money(item.open_minor)} of {invoice} is open.", field="amount"
            )
        return write([settlement_of(Settlement.Kind.WRITE_OFF, invoice, minor, recorded)])[0]


def recover(
    *, payment: Payment, invoice: Invoice, amount_minor: int, recorded: Recorded
) -> list[Settlement]:
    """Put a payment on an invoice that was written off: so much less is a loss.

    Raises: NothingOpen where nothing was written off, MoreThanOpen, MoreThanFree, NotThePayer.
    """
    with transaction():
        lock_payer(invoice.payer_id)
        losses = live_settlements(invoice=invoice, kind=Settlement.Kind.WRITE_OFF)
        lost = sum(each.amount_minor for each in losses)
        if not losses:
            raise NothingOpen(f"Nothing of {invoice} was written off.", invoice=invoice.public_id)
        if not 0 < amount_minor <= lost:
            raise MoreThanOpen(
                f"{Money.from_minor(lost, invoice.currency)} of {invoice} was written off.",
                field="amount",
            )
        take_back(losses, recorded=recorded)
        made = settle(payment, {invoice: amount_minor}, free=free_of(payment), recorded=recorded)
        if lost > amount_minor:
            rest = lost - amount_minor
            made += write([settlement_of(Settlement.Kind.WRITE_OFF, invoice, rest, recorded)])
    return made


def credit_as_rated(
    *,
    invoice: Invoice,
    fact: StatedQuantity,
    terms: CreditTerms,
    destination: CreditDestination | None = None,
    recorded: Recorded,
) -> CreditNote:
    """Credit what an invoice charges above what it would have under a stated fact.

    The period is rated again by the code that bills; `terms` say the reason and ticket alone.
    Raises: as credit, DearerAsRated, FactNotRateable, UsageUnsettled.
    """
    with transaction():
        lock_payer(invoice.payer_id)
        again = rated_again(invoice, fact)
        # Under a stated fact charges come to what they are rated with, tax included where it is.
        with_tax = {each.key for each in creditable(invoice).charges if each.billed_gross_minor}
        charges = [
            CreditRequest(key, gross_minor=minor)
            if key in with_tax
            else CreditRequest(key, amount_minor=minor)
            for key, minor in again.credits.items()
        ]
        return credit(
            invoice=invoice,
            terms=replace(terms, charges=charges),
            destination=destination,
            recorded=recorded,
        )


def credit_all(
    *,
    invoice: Invoice,
    reason_code: CreditNote.Reason,
    recorded: Recorded,
    ticket: str = "",
    destination: CreditDestination | None = None,
) -> CreditNote:
    """Credit all that is left of an invoice; see `credit`."""
    charges = [
        CreditRequest(charge.key, rest=True)
        for charge in creditable(invoice).charges
        if charge.left_minor
    ]
    return credit(
        invoice=invoice,
        terms=CreditTerms(charges=charges, reason_code=reason_code, ticket=ticket),
        destination=destination,
        recorded=recorded,
    )
