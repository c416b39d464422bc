"""The ledger: balanced at commit, in every way somebody could try to get around it."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from billing.ledger.models import Journal, JournalLine, LedgerAccount

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def post(*amounts: int, source: str = "inv_1") -> Journal:
    """Post a journal with these sides; positive is a debit."""
    journal = Journal.objects.create(
        kind="invoice_issued",
        source=source,
        currency="USD",
        effective_at=NOON,
        posted_at=NOON,
        memo="test",
    )
    for amount in amounts:
        add_line(journal, amount)
    return journal


def add_line(journal: Journal, amount: int) -> None:
    books = LedgerAccount.objects.order_by("pk")
    JournalLine.objects.create(journal=journal, ledger_account=books[0], amount_minor=amount)


def commit() -> None:
    """Do what a commit does to deferred checks."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_balanced_journal_is_kept() -> None:
    post(500, -400, -100)
    commit()
    assert JournalLine.objects.count() == 3


@pytest.mark.parametrize(
    ("amounts", "constraint"),
    [
        ((500, -499), "journal_balanced"),
        ((500,), "journal_has_lines"),
        ((), "journal_has_lines"),
    ],
)
def test_an_unbalanced_journal_cannot_be_committed(
    amounts: tuple[int, ...], constraint: str
) -> None:
    post(*amounts)
    with pytest.raises(IntegrityError) as refused:
        commit()
    assert refused.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_a_line_of_nothing_is_refused() -> None:
    with pytest.raises(IntegrityError, match="journal_line_not_zero"):
        post(0, 0)


def test_a_third_line_after_the_check_was_made_is_still_caught() -> None:
    journal = post(500, -500)
    commit()
    with pytest.raises(IntegrityError, match="does not balance"):
        add_line(journal, 100)


def test_a_fact_is_booked_once() -> None:
    post(500, -500)
    with pytest.raises(IntegrityError, match="journal_books_a_fact_once"):
        post(500, -500)


@pytest.mark.django_db(transaction=True)
def test_no_line_joins_a_journal_of_an_earlier_transaction() -> None:
    with transaction.atomic():
        journal = post(500, -500)

    def joins_later() -> None:
        with transaction.atomic():
            add_line(journal, 100)
            add_line(journal, -100)

    with pytest.raises(IntegrityError, match="in the transaction of its journal"):
        joins_later()
    assert journal.lines.count() == 2
