"""A locked period takes nothing more, whatever the way in; what comes late is dated after it."""

import pytest
from django.db import IntegrityError, connection, transaction

from billing.ledger.invariants import locked_periods_are_closed
from billing.ledger.models import Journal, PeriodLock, PeriodLockVoid
from billing.ledger.operations import period_locking
from billing.ledger.operations.period_locking import (
    LaterLock,
    LockedAlready,
    LockLifted,
    PeriodNotEnded,
    SamePerson,
)
from billing.ledger.period_locks import PeriodLocked
from billing.ledger.templates import DocumentKind
from billing.receivables.models import PaymentReversal
from billing.receivables.operations import corrections, payments, settling
from billing.receivables.operations.payments import ReversalReport
from core.actor import ReasonMissing
from tests.at_once import at_once
from tests.billing.receivables.books import Books
from tests.people import ADA, SAM
from tests.story import WHY, Story, instant

pytestmark = pytest.mark.django_db

SEPTEMBER = "2026-10-01"


def lock(books: Books, *documents: DocumentKind, until: str = SEPTEMBER) -> list[PeriodLock]:
    """Ada locks until an instant."""
    return period_locking.lock(
        documents=documents or (DocumentKind.JOURNAL,),
        until=instant(until),
        at=books.at,
        by=ADA,
        reason=WHY,
    )


@pytest.fixture
def september(books: Books) -> Books:
    """An invoice of 119.00 of 5 September, 50.00 of it paid on the 20th; it is October now."""
    books.story.on("2026-09-05")
    invoice = books.invoice({"fee": "100.00"}, rate="19")
    books.story.on("2026-09-20")
    books.paid(invoice, "50.00")
    books.story.on("2026-10-10")
    return books


def latest() -> Journal:
    """The journal that was booked last."""
    return Journal.objects.latest("pk")


def test_tm43_what_is_dated_into_it_is_refused_with_the_first_open_date(september: Books) -> None:
    lock(september)
    invoice = september.customer.invoice
    before = Journal.objects.count()
    with pytest.raises(PeriodLocked, match="1 October 2026; that is the first date") as refused:
        corrections.write_off(invoice=invoice, recorded=september.recorded("2026-09-30"))
    assert refused.value.field == "effective_at"
    payment = september.pays("69.00")
    with pytest.raises(PeriodLocked):
        settling.allocate(source=payment, recorded=september.recorded("2026-09-30"))
    assert Journal.objects.count() == before + 1  # the payment of today


def test_tm43_the_first_instant_of_october_is_open(september: Books) -> None:
    lock(september)
    made = corrections.write_off(
        invoice=september.customer.invoice, recorded=september.recorded(SEPTEMBER)
    )
    assert made.effective_at == instant(SEPTEMBER)


def test_tm43_the_database_refuses_what_no_door_was_asked_for(september: Books) -> None:
    lock(september)
    at = instant("2026-09-30T23:59:59")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Journal.objects.create(
            kind="written_off", source="stl_x", currency="EUR", effective_at=at, posted_at=at
        )
    cause = refused.value.__cause__
    assert cause.diag.constraint_name == "journal_period_locked"  # type: ignore[union-attr]


def test_tm43_no_date_changes_in_two_steps(september: Books) -> None:
    lock(september)
    for statement in (
        "UPDATE ledger_journal SET effective_at = '2026-09-30Z'",
        "DELETE FROM ledger_journal",
        "DELETE FROM ledger_periodlock",
        "UPDATE ledger_periodlock SET locked_until = '2026-09-01Z'",
    ):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_tm43_a_september_entry_is_taken_back_in_october(september: Books) -> None:
    (settled,) = settling.live_settlements(invoice=september.customer.invoice)
    first = Journal.objects.get(source=settled.public_id)
    lock(september)
    back = settling.unapply(settlement=settled, recorded=september.recorded("2026-09-20"))
    assert back.effective_at == instant(SEPTEMBER)
    taken = Journal.objects.get(source=back.public_id)
    assert (taken.reverses_id, taken.effective_at) == (first.pk, instant(SEPTEMBER))
    assert Journal.objects.get(pk=first.pk).effective_at == instant("2026-09-20")


def test_tm43_an_invoice_of_september_is_voided_in_october(september: Books) -> None:
    lock(september)
    made = corrections.void(
        invoice=september.customer.invoice, recorded=september.recorded("2026-09-05")
    )
    assert made.effective_at == instant(SEPTEMBER)


def test_a_payment_the_bank_tells_late_keeps_its_day_and_is_booked_in_october(
    september: Books,
) -> None:
    lock(september)
    payment = september.pays("10.00", on="2026-09-29")
    assert payment.received_at == instant("2026-09-29")
    assert latest().effective_at == instant(SEPTEMBER)
    reversal = payments.reverse(
        payment=payment,
        taken=ReversalReport(PaymentReversal.Kind.CHARGEBACK, "bank", "cb-1", 1000),
        recorded=september.recorded("2026-09-30"),
    )
    assert reversal.effective_at == instant(SEPTEMBER)


def test_kinds_of_documents_are_locked_apart(september: Books) -> None:
    lock(september, DocumentKind.INVOICE)
    invoice = september.customer.invoice
    made = corrections.write_off(
        invoice=invoice, amount_minor=100, recorded=september.recorded("2026-09-30")
    )
    assert made.effective_at == instant("2026-09-30")
    lock(september, DocumentKind.PAYMENT)
    with pytest.raises(PeriodLocked):
        corrections.write_off(
            invoice=invoice, amount_minor=100, recorded=september.recorded("2026-09-30")
        )


class TestLocks:
    """Locks themselves."""

    def test_a_period_that_is_not_over_is_not_locked(self, september: Books) -> None:
        with pytest.raises(PeriodNotEnded):
            lock(september, until="2026-11-01")

    def test_a_lock_says_why(self, september: Books) -> None:
        with pytest.raises(ReasonMissing):
            period_locking.lock(
                documents=[DocumentKind.JOURNAL],
                until=instant(SEPTEMBER),
                at=september.at,
                by=ADA,
                reason=" ",
            )

    def test_nothing_is_locked_twice(self, september: Books) -> None:
        lock(september)
        with pytest.raises(LockedAlready):
            lock(september)
        with pytest.raises(LockedAlready):
            lock(september, DocumentKind.INVOICE)

    def test_somebody_else_lifts_it_and_the_one_before_holds(self, september: Books) -> None:
        lock(september, until="2026-09-01")
        (later,) = lock(september)
        with pytest.raises(SamePerson):
            period_locking.lift(lock=later, at=september.at, by=ADA, reason=WHY)
        period_locking.lift(lock=later, at=september.at, by=SAM, reason=WHY)
        with pytest.raises(LockLifted):
            period_locking.lift(lock=later, at=september.at, by=SAM, reason=WHY)
        invoice = september.customer.invoice
        corrections.write_off(
            invoice=invoice, amount_minor=100, recorded=september.recorded("2026-09-30")
        )
        with pytest.raises(PeriodLocked, match="1 September 2026"):
            corrections.write_off(
                invoice=invoice, amount_minor=100, recorded=september.recorded("2026-08-31")
            )
        assert locked_periods_are_closed().holds

    def test_the_latest_lock_is_lifted_first(self, september: Books) -> None:
        (first,) = lock(september, until="2026-09-01")
        lock(september)
        with pytest.raises(LaterLock):
            period_locking.lift(lock=first, at=september.at, by=SAM, reason=WHY)

    def test_the_database_knows_who_locked(self, september: Books) -> None:
        (held,) = lock(september)
        with pytest.raises(IntegrityError, match="somebody else"), transaction.atomic():
            PeriodLockVoid.objects.create(
                lock=held, voided_at=september.at, voided_by="Ada", voided_by_id=ADA.id, reason=WHY
            )


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_whoever_posts_is_in_before_the_lock_or_sees_it() -> None:
    books = Books(
        Story().on("2026-09-05"), Story().on("2026-09-05").account("Acme", currency="EUR")
    )
    invoice = books.invoice({"fee": "100.00"})
    books.story.on("2026-10-10")

    def writes_off() -> str:
        try:
            corrections.write_off(
                invoice=invoice, amount_minor=100, recorded=books.recorded("2026-09-30")
            )
        except PeriodLocked:
            return "refused"
        return "in"

    def locks() -> str:
        lock(books)
        return "locked"

    told = at_once(writes_off, locks)
    assert "locked" in told
    assert locked_periods_are_closed().holds
