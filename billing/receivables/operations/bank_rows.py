"""What becomes of a row of a bank's file: booked by a rule, accepted by a person, or set aside.

A fate is never changed; a later one holds instead. A row that is settled is not settled again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from accounts.models import Account
from billing.invoicing.models import Invoice
from billing.receivables.bank.matching import Candidate, Matcher, amounts_for, settled_text
from billing.receivables.models import (
    BankRow,
    BankRowFate,
    PayerReference,
    Payment,
    PaymentReversal,
)
from billing.receivables.operations import payments
from billing.receivables.operations.payments import Report, ReversalReport
from billing.receivables.operations.settling import (
    Recorded,
    allocate,
    free_of,
    lock_payer,
)
from billing.receivables.queries.bank_rows import fate_of, reversible, waiting_like
from billing.receivables.queries.open_items import open_items
from core.actor import require_said
from core.db.numbering import next_number
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from core.isolating import made_or_wrong
from core.money import Money
from core.parking import why
from core.periods import local_midnight
from eventing.publish import publish

RowFate = BankRowFate.Fate


class BankRowSettled(Conflict):
    """What becomes of the row is decided."""

    code = "bank_row_settled"
    title = "The row is settled"


class NotForThisRow(Invalid):
    """A row of this kind cannot become that."""

    code = "not_for_this_row"
    title = "The row is something else"


@dataclass(frozen=True, slots=True)
class RowDecision:
    """A fate, and what was booked for it."""

    fate: BankRowFate.Fate
    why: str
    rule: str = ""
    payment: Payment | None = None
    reversal: PaymentReversal | None = None

    @transaction_required()
    def write(self, row: BankRow, recorded: Recorded) -> BankRowFate:
        """Write the fate of a row down."""
        return BankRowFate.objects.create(
            row=row,
            number=next_number(row.fates),
            fate=self.fate,
            rule=self.rule,
            payment=self.payment,
            reversal=self.reversal,
            why=self.why,
            decided_at=recorded.at,
            decided_by=recorded.by.name,
        )


@transaction_required()
def booked(row: BankRow, matcher: Matcher, recorded: Recorded) -> RowDecision:
    """What the rules do with a row of locked payers; what fails leaves nothing but its reason."""
    decided = made_or_wrong(partial(_by_kind, row, matcher, recorded))
    if isinstance(decided, Exception):
        return RowDecision(RowFate.UNMATCHED, why(decided, bank_row=row.public_id).sentence)
    return decided


def _by_kind(row: BankRow, matcher: Matcher, recorded: Recorded) -> RowDecision:
    with transaction():
        if row.kind == BankRow.Kind.CREDIT:
            return _credit(row, matcher, recorded)
        if row.kind == BankRow.Kind.DEBIT:
            return RowDecision(RowFate.IGNORED, "Money that went out is no payment.")
        return _taken_back(row, reversible(row), recorded)


def _credit(row: BankRow, matcher: Matcher, recorded: Recorded) -> RowDecision:
    found = matcher.finding(row)
    if found.is_certain:
        (candidate,) = found.candidates
        amounts = amounts_for(candidate, row.amount_minor or 0, matcher.left)
        decided = _put(row, candidate, amounts, recorded)
        for invoice, minor in amounts.items():
            matcher.settled(invoice, minor)
        return decided
    if found.payer_id is not None:
        payment = _payment(row, Account.objects.get(pk=found.payer_id), recorded)
        return RowDecision(RowFate.UNMATCHED, found.why, found.rule, payment)
    return RowDecision(
        RowFate.SUGGESTED if found.candidates else RowFate.UNMATCHED, found.why, found.rule
    )


def _put(
    row: BankRow, candidate: Candidate, amounts: Mapping[Invoice, int], recorded: Recorded
) -> RowDecision:
    payment = _payment(row, Account.objects.get(pk=candidate.payer_id), recorded)
    if amounts:
        allocate(source=payment, amounts=amounts, recorded=recorded)
        made = dict(amounts)
    else:
        made = {
            each.invoice: each.amount_minor for each in allocate(source=payment, recorded=recorded)
        }
    rest = Money.from_minor(free_of(payment), payment.currency)
    return RowDecision(RowFate.MATCHED, settled_text(made, rest), candidate.rule, payment)


def _payment(row: BankRow, payer: Account, recorded: Recorded) -> Payment:
    """The row's money as a payment. Raises: NotReceivedYet."""
    assert row.booked_on is not None  # bank_row_read_or_not
    assert row.amount_minor is not None  # bank_row_read_or_not
    report = Report(
        source=row.file.bank_account,
        external_key=row.key,
        currency=row.currency,
        amount_minor=row.amount_minor,
        received_at=local_midnight(row.booked_on, "UTC"),
        reference=row.text,
    )
    return payments.record(payer=payer, report=report, recorded=recorded)


def _taken_back(row: BankRow, paid: Sequence[Payment], recorded: Recorded) -> RowDecision:
    """Take back the one payment that a row takes back."""
    waiting = waiting_like(row)
    if not paid and len(waiting) == 1:
        RowDecision(RowFate.IGNORED, f"Taken back by the bank: {row}.").write(waiting[0], recorded)
        return RowDecision(RowFate.IGNORED, f"It takes back {waiting[0]}, which was never booked.")
    if len(paid) != 1:
        said = "No payment of this kind is known that it could take back."
        many = f"It could take back {len(paid)} payments. Nothing was booked."
        return (
            RowDecision(RowFate.SUGGESTED, many) if paid else RowDecision(RowFate.UNMATCHED, said)
        )
    return _take_back(row, paid[0], recorded)


def _take_back(row: BankRow, payment: Payment, recorded: Recorded) -> RowDecision:
    assert row.amount_minor is not None  # bank_row_read_or_not
    kind = PaymentReversal.Kind
    reversal = payments.reverse(
        payment=payment,
        taken=ReversalReport(
            kind.CHARGEBACK if row.kind == BankRow.Kind.CHARGEBACK else kind.BANK,
            row.file.bank_account,
            row.key,
            -row.amount_minor,
        ),
        recorded=recorded,
    )
    if reversal.excess_minor:
        excess = Money.from_minor(reversal.excess_minor, payment.currency)
        said = f"{excess} more was taken than was left of the payment. Decide what becomes of it."
        return RowDecision(RowFate.UNMATCHED, said, "", payment, reversal)
    return RowDecision(RowFate.MATCHED, f"{payment} is taken back.", "", payment, reversal)


def accept(
    *,
    row: BankRow,
    payer: Account,
    invoices: Sequence[Invoice] = (),
    remembers: bool = False,
    seen: Mapping[Invoice, int] | None = None,
    recorded: Recorded,
) -> BankRowFate:
    """A person says whose money a waiting row is, and which invoices it is for.

    Without invoices it goes on the payer's oldest due. `remembers` lets the row's payer reference
    mean this payer from now on. `seen` are the amounts that were looked at, if any were.

    Raises: BankRowSettled, NotForThisRow, ReasonMissing, ChangedSince, and what `allocate` raises.
    """
    require_said(recorded.reason, "Say why it is this payer's.")
    with transaction():
        lock_payer(payer.pk)
        _require_waiting(row, BankRow.Kind.CREDIT)
        items = open_items(list(invoices), at=recorded.at)
        candidate = Candidate(payer.pk, invoices, "")
        amounts = amounts_for(
            candidate, row.amount_minor or 0, lambda each: items[each.pk].open_minor
        )
        if invoices and not amounts:
            raise NotForThisRow(
                f"Nothing of {', '.join(map(str, invoices))} is open.", field="invoice"
            )
        if seen is not None and dict(seen) != amounts:
            raise ChangedSince(stamp="", differences=_moved(seen, amounts))
        decided = _put(row, candidate, amounts, recorded)
        if remembers and row.payer_reference:
            remember(reference=row.payer_reference, payer=payer, recorded=recorded)
        return _told(row, decided, recorded)


def _moved(seen: Mapping[Invoice, int], amounts: Mapping[Invoice, int]) -> list[FieldChange]:
    return [
        FieldChange(
            f"goes on {each}",
            str(Money.from_minor(seen.get(each, 0), each.currency)),
            str(Money.from_minor(amounts.get(each, 0), each.currency)),
        )
        for each in {**seen, **amounts}
    ]


def accept_reversal(*, row: BankRow, payment: Payment, recorded: Recorded) -> BankRowFate:
    """A person says which payment a waiting row takes back.

    Raises: BankRowSettled, NotForThisRow, ReasonMissing.
    """
    require_said(recorded.reason, "Say why it is this payment.")
    with transaction():
        lock_payer(payment.account_id)
        _require_waiting(row, BankRow.Kind.REVERSAL, BankRow.Kind.CHARGEBACK)
        if payment.currency != row.currency:
            raise NotForThisRow(f"The payment is in {payment.currency}.", field="payment")
        return _told(row, _take_back(row, payment, recorded), recorded)


def ignore(*, row: BankRow, recorded: Recorded) -> BankRowFate:
    """A person says that a waiting row is nothing to do with what customers owe.

    Raises: BankRowSettled, ReasonMissing.
    """
    require_said(recorded.reason, "Say why the row is ignored.")
    with transaction():
        _require_waiting(row, *BankRow.Kind)
        return _told(row, RowDecision(RowFate.IGNORED, recorded.reason), recorded)


def remember(
    *, reference: str, payer: Account, holds: bool = True, recorded: Recorded
) -> PayerReference:
    """From now on a reference at a bank means this payer, or does no longer."""
    return PayerReference.objects.create(
        reference=reference,
        account=payer,
        holds=holds,
        recorded_at=recorded.at,
        recorded_by=recorded.by.name,
        reason=recorded.reason,
    )


@transaction_required()
def _require_waiting(row: BankRow, *kinds: BankRow.Kind) -> None:
    """Lock the row. Raises: BankRowSettled, NotForThisRow."""
    BankRow.objects.select_for_update(no_key=True).get(pk=row.pk)
    last = fate_of(row)
    if (
        last is None
        or last.fate in (RowFate.MATCHED, RowFate.IGNORED)
        or last.payment_id is not None
    ):
        said = last.get_fate_display().lower() if last else "settled"
        raise BankRowSettled(f"{row} is {said}.", row=row.public_id)
    if row.kind not in kinds:
        raise NotForThisRow(f"{row} is {row.get_kind_display().lower()}.", row=row.public_id)


def _told(row: BankRow, decided: RowDecision, recorded: Recorded) -> BankRowFate:
    fate = decided.write(row, recorded)
    publish(
        "bank_row.settled",
        subject=row.public_id,
        payload={
            "fate": fate.fate,
            "payment": decided.payment.public_id if decided.payment else None,
        },
        at=recorded.at,
    )
    return fate
