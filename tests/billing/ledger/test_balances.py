"""Balances at any instant of either clock, whatever is added up; and what the database refuses."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from billing.ledger.invariants import books_are_the_chart, kept_balances_agree
from billing.ledger.models import BookMonth, Journal, JournalLine, LedgerAccount
from billing.ledger.operations import balances as keeping
from billing.ledger.operations import period_locking
from billing.ledger.queries.balances import BookClock, balance_of, balances, trial_balance
from billing.ledger.templates import DocumentKind
from billing.receivables.operations import corrections
from core.db.transactions import transaction as atomic
from tests.billing.receivables.books import Books, minor
from tests.people import SAM
from tests.story import WHY, instant

pytestmark = pytest.mark.django_db


def stands(code: str, on: str, clock: BookClock = BookClock.EFFECTIVE, part: str = "") -> str:
    """A book before an instant, as a plain amount."""
    found = [
        each.amount
        for each in balances(at=instant(on), clock=clock)
        if each.code == code and (not part or each.part == part)
    ]
    return str(sum((each.minor for each in found), 0))


def posted(*amounts: str) -> None:
    """A journal of these sides on 30 June."""
    books = LedgerAccount.objects.order_by("pk")
    at = instant("2026-06-30")
    with atomic():
        journal = Journal.objects.create(
            kind="invoice_issued", source="inv_x", currency="EUR", effective_at=at, posted_at=at
        )
        for book, amount in zip(books, amounts, strict=False):
            JournalLine.objects.create(
                journal=journal, ledger_account=book, amount_minor=minor(amount)
            )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("amounts", [("150.25", "-150.30"), ("35.74", "-30.03", "-5.70")])
def test_tm41_a_journal_that_is_off_by_cents_is_refused_by_the_database(
    amounts: tuple[str, ...],
) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        posted(*amounts)
    assert refused.value.__cause__.diag.constraint_name == "journal_balanced"  # type: ignore[union-attr]


def test_tm41_the_legs_are_the_posted_integers(books: Books) -> None:
    books.invoice({"team 1": "10.01", "team 2": "10.01", "team 3": "10.01"}, rate="19")
    books.story.on("2026-06-02")
    assert stands("receivables", "2026-06-02") == "3574"
    assert stands("revenue", "2026-06-02") == "-3003"
    assert stands("tax-payable", "2026-06-02", part="DE") == "-571"


def test_tm42_a_void_dated_back_changes_one_clock(books: Books) -> None:
    books.story.on("2026-09-05")
    invoice = books.invoice({"fee": "100.00"}, rate="19")
    books.story.on("2026-10-10")
    corrections.void(invoice=invoice, recorded=books.recorded("2026-09-05"))
    assert stands("receivables", "2026-10-01") == "0"
    assert stands("receivables", "2026-10-01", BookClock.BOOKED) == "11900"
    owed = [
        balance_of(
            book="receivables",
            account=books.customer.account,
            currency="EUR",
            at=instant("2026-10-01"),
            clock=clock,
        ).minor
        for clock in (BookClock.EFFECTIVE, BookClock.BOOKED)
    ]
    assert owed == [0, 11900]
    (row,) = [
        each for each in trial_balance(at=instant("2026-10-01")) if each.code == "receivables"
    ]
    assert row.differs


def test_tm42_a_void_after_september_is_closed_leaves_september_as_it_was(books: Books) -> None:
    books.story.on("2026-09-05")
    invoice = books.invoice({"fee": "100.00"}, rate="19")
    books.story.on("2026-10-10")
    period_locking.lock(
        documents=[DocumentKind.JOURNAL],
        until=instant("2026-10-01"),
        at=books.at,
        by=SAM,
        reason=WHY,
    )
    corrections.void(invoice=invoice, recorded=books.recorded("2026-09-05"))
    assert stands("receivables", "2026-10-01") == "11900"
    assert stands("receivables", "2026-10-01", BookClock.BOOKED) == "11900"
    assert stands("receivables", "2026-10-11") == "0"


def test_tax_payable_is_by_jurisdiction_and_comes_back_with_a_note(books: Books) -> None:
    invoice = books.invoice({"fee": "100.00", "more": "50.00"}, rate="19")
    books.credits(invoice, "more", rest=True)
    books.story.on("2026-06-02")
    assert stands("tax-payable", "2026-06-02", part="DE") == "-1900"
    assert books_are_the_chart().holds


class TestKept:
    """The same answers with nothing added up, some of it and all of it."""

    @pytest.fixture(autouse=True)
    def _told(self, books: Books) -> None:
        for day, amount in (("2026-06-01", "100.00"), ("2026-07-15", "50.00")):
            books.story.on(day)
            books.paid(books.invoice({"fee": amount}, rate="19"), "30.00")
        books.story.on("2026-08-01")

    @pytest.fixture
    def nobody_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What runs beside in other databases of the server, as tests do, keeps nothing waiting."""

        def next_transaction() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
                return int(cursor.fetchone()[0])

        monkeypatch.setattr(keeping, "_oldest_running", next_transaction)

    def answers(self) -> list[list[tuple[str, str, int]]]:
        """Every book, at several instants of both clocks."""
        return [
            [
                (each.code, each.part, each.amount.minor)
                for each in balances(at=instant(on), clock=clock)
                if each.amount
            ]
            for on in ("2026-06-01", "2026-06-20", "2026-07-01", "2026-07-15T01:00", "2026-09-01")
            for clock in BookClock
        ]

    def test_adding_up_changes_no_answer(self, books: Books) -> None:
        before = self.answers()
        keeping.rebuild(at=books.at)
        assert self.answers() == before
        assert kept_balances_agree().holds

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("nobody_else")
    def test_what_is_committed_is_kept_by_month(self, books: Books) -> None:
        before = self.answers()
        keeping.bring_up_to_date(at=books.at)
        assert BookMonth.objects.exists()
        assert self.answers() == before
        books.story.on("2026-08-02")
        books.paid(books.invoice({"fee": "10.00"}), "10.00")
        assert stands("cash", "2026-09-01") == "7000"
        keeping.bring_up_to_date(at=books.at)
        assert stands("cash", "2026-09-01") == "7000"
        assert kept_balances_agree().holds

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("nobody_else")
    def test_a_figure_that_was_changed_is_found_and_made_anew(self, books: Books) -> None:
        keeping.bring_up_to_date(at=books.at)
        before = self.answers()
        BookMonth.objects.filter(ledger_account__code="cash").update(amount_minor=1)
        assert not kept_balances_agree().holds
        call_command("rebuild_balances")
        assert kept_balances_agree().holds
        assert self.answers() == before
