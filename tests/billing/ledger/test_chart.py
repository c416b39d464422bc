"""The chart of accounts is a document with versions, and no book with lines vanishes from it."""

from dataclasses import replace

import pytest

from billing.ledger import chart_of_accounts
from billing.ledger.chart_of_accounts import (
    BookHasLines,
    Chart,
    ChartInvalid,
    ChartOutdated,
    adopt,
    packaged_chart,
    read_chart,
)
from billing.ledger.invariants import books_are_the_chart
from billing.ledger.models import ChartVersion, LedgerAccount
from tests.billing.receivables.books import Books

pytestmark = pytest.mark.django_db


def after(chart: Chart, *, without: str = "") -> Chart:
    """The next version, with one book less."""
    kept = tuple(book for book in chart.books if book.code != without)
    return replace(chart, version=chart.version + 1, books=kept)


def test_the_chart_has_every_book_that_the_rooms_book_to() -> None:
    named = {
        value
        for name, value in vars(chart_of_accounts).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert {book.code for book in packaged_chart().books} == named


def test_the_packaged_chart_is_in_force() -> None:
    assert ChartVersion.objects.get().sha256 == packaged_chart().digest
    assert books_are_the_chart().holds


def test_the_same_chart_again_changes_nothing(books: Books) -> None:
    adopt(packaged_chart(), at=books.at)
    assert ChartVersion.objects.count() == 1


def test_a_version_is_never_rewritten(books: Books) -> None:
    chart = packaged_chart()
    with pytest.raises(ChartOutdated):
        adopt(replace(chart, books=chart.books[1:]), at=books.at)


def test_a_book_without_lines_leaves_with_the_next_version(books: Books) -> None:
    adopt(after(packaged_chart(), without="payment-losses"), at=books.at)
    assert not LedgerAccount.objects.filter(code="payment-losses").exists()
    assert books_are_the_chart().holds


def test_a_book_with_lines_does_not_vanish(books: Books) -> None:
    books.invoice({"fee": "100.00"})
    with pytest.raises(BookHasLines, match="Revenue has lines"):
        adopt(after(packaged_chart(), without="revenue"), at=books.at)
    assert LedgerAccount.objects.filter(code="revenue").exists()


def test_a_book_with_lines_does_not_become_another_kind(books: Books) -> None:
    books.invoice({"fee": "100.00"})
    chart = after(packaged_chart())
    changed = [
        replace(book, kind="expense") if book.code == "revenue" else book for book in chart.books
    ]
    with pytest.raises(BookHasLines):
        adopt(replace(chart, books=tuple(changed)), at=books.at)


BOOK = {"code": "cash", "name": "Cash", "kind": "asset"}


@pytest.mark.parametrize(
    ("document", "pointers"),
    [
        ([], ["/version"]),
        ({"version": 1}, ["/version"]),
        ({"version": 0, "books": [BOOK]}, ["/version"]),
        ({"version": True, "books": [BOOK]}, ["/version"]),
        ({"version": 1, "books": []}, ["/books"]),
        ({"version": 1, "books": [BOOK, BOOK]}, ["/books/1/code"]),
        ({"version": 1, "books": [BOOK | {"kind": "equity"}]}, ["/books/0/kind"]),
        ({"version": 1, "books": [BOOK | {"kind": 3}]}, ["/books/0/kind", "/books/0/kind"]),
        ({"version": 1, "books": [BOOK | {"names": None}]}, ["/books/0/names"]),
        ({"version": 1, "books": [BOOK | {"colour": "red"}]}, ["/books/0/colour"]),
        ({"version": 1, "books": ["cash"]}, ["/books/0"]),
    ],
)
def test_a_chart_that_means_nothing_is_refused_at_its_place(
    document: object, pointers: list[str]
) -> None:
    with pytest.raises(ChartInvalid) as refused:
        read_chart(document)
    assert [error.pointer for error in refused.value.errors] == pointers
