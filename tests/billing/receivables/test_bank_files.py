"""Files of a bank: each row once, booked where certain, and with a fate in any case."""

from __future__ import annotations

import pytest

from billing.receivables.bank.reading import BalancesDisagree, BankFileRefused
from billing.receivables.models import BankFile, BankRow, Payment
from billing.receivables.operations import bank_files, bank_rows, corrections, refunds
from billing.receivables.operations.bank_rows import BankRowSettled
from billing.receivables.operations.settling import MoreThanFree
from billing.receivables.queries.open_items import PaymentState
from core.db.stamps import ChangedSince
from tests.billing.receivables.bank import csv_file, fate, fates, imports, row, upload
from tests.billing.receivables.books import Books, balance


def test_tm14_money_for_a_replaced_invoice_goes_to_the_one_in_its_place(books: Books) -> None:
    first = books.invoice({"a": "100.00"}, rate="19")
    void = corrections.void(invoice=first, recorded=books.recorded())
    second = books.invoice({"a": "96.00"}, rate="19", reissues=void)
    done = imports(books, f"2026-06-01,119.00,EUR,{first.number}")
    assert fates(done) == ["matched"]
    assert (books.open(second), books.free(), books.open(first)) == ("0.00", "4.76", "0.00")
    assert first.settlements.count() == 0


def test_tm20_what_a_row_pays_too_much_is_the_payers_and_settles_what_comes(books: Books) -> None:
    invoice = books.invoice({"a": "57.10"})
    imports(books, f"2026-06-01,63.05,EUR,Invoice {invoice.number}")
    assert (books.open(invoice), books.free()) == ("0.00", "5.95")
    following = books.invoice({"b": "57.10"})
    books.allocates(Payment.objects.get())
    assert (books.open(following), books.free()) == ("51.15", "0.00")


def test_tm20_an_invoice_paid_twice_leaves_the_second_payment_refundable_once(
    books: Books,
) -> None:
    invoice = books.invoice({"a": "158.75"})
    imports(books, f"2026-06-01,158.75,EUR,{invoice.number} first")
    again = imports(books, f"2026-06-01,158.75,EUR,{invoice.number} second")
    assert fates(again) == ["unmatched"]
    assert "Nothing of" in again.rows[0].why
    assert books.free() == "158.75"
    second = Payment.objects.get(reference__endswith="second")
    refunds.request(amount_minor=15875, to=second, recorded=books.recorded())
    with pytest.raises(MoreThanFree):
        refunds.request(amount_minor=1, to=second, recorded=books.recorded())


def test_tm22_equal_rows_are_each_stored_and_no_row_twice(books: Books) -> None:
    thanks, other = "2026-06-01,25.00,EUR,thanks", "2026-06-01,30.00,EUR,rent"
    said = [
        bank_files.dry_run(
            upload=upload(books, csv_file(thanks, thanks, other)), recorded=books.recorded()
        ).file.new_count,
        imports(books, thanks, thanks, other).file.new_count,
        len(imports(books, thanks, thanks, other).rows),
    ]
    more = csv_file(thanks, thanks, other, thanks)
    again = bank_files.dry_run(upload=upload(books, more), recorded=books.recorded())
    done = bank_files.import_file(upload=upload(books, more), recorded=books.recorded())
    assert (said, again.file.new_count, done.file.new_count) == ([3, 3, 0], 1, 1)
    assert (BankRow.objects.count(), BankFile.objects.count()) == (4, 2)


def test_tm23_a_reversal_takes_its_payment_back_and_the_file_adds_up(books: Books) -> None:
    invoice = books.invoice({"a": "204.88"})
    done = imports(
        books,
        "2026-06-01,1000.00,EUR,,,,opening",
        f"2026-06-01,204.88,EUR,{invoice.number},,,C",
        f"2026-06-01,204.88,EUR,{invoice.number},,,RC",
        "2026-06-01,1000.00,EUR,,,,closing",
    )
    assert fates(done) == ["matched", "matched"]
    assert (books.open(invoice), balance("cash"), books.free()) == ("204.88", 0, "0.00")


def test_tm23_a_file_that_does_not_add_up_is_refused_whole(books: Books) -> None:
    invoice = books.invoice({"a": "204.88"})
    with pytest.raises(BalancesDisagree, match=r"come to 1204\.88 EUR; it states 1409\.76 EUR"):
        imports(
            books,
            "2026-06-01,1000.00,EUR,,,,opening",
            f"2026-06-01,204.88,EUR,{invoice.number},,,C",
            "2026-06-01,1409.76,EUR,,,,closing",
        )
    with pytest.raises(BalancesDisagree, match=r"line 3 cannot be read"):
        imports(
            books,
            "2026-06-01,0.00,EUR,,,,opening",
            "2026-06-01,1x,EUR,,,,C",
            "2026-06-01,0.00,EUR,,,,closing",
        )
    assert (BankFile.objects.count(), Payment.objects.count()) == (0, 0)


def test_a_reversal_of_what_was_never_booked_settles_both_rows(books: Books) -> None:
    done = imports(
        books, "2026-06-01,204.88,EUR,who knows,,,C", "2026-06-01,-204.88,EUR,who knows,,,RC"
    )
    assert fates(done) == ["ignored", "ignored"]
    assert Payment.objects.count() == 0


def test_tm24_two_invoices_of_one_amount_are_told_apart_or_left_to_a_person(
    books: Books,
) -> None:
    first, second = books.invoice({"a": "25.00"}), books.invoice({"b": "25.00"})
    third = books.invoice({"c": "25.00"})
    named = imports(books, f"2026-06-01,25.00,EUR,{second.number}")
    assert (fates(named), books.open(second), books.open(first)) == (["matched"], "0.00", "25.00")
    vague = imports(books, f"2026-06-01,25.00,EUR,thanks {books.customer.account.public_id}")
    assert fates(vague) == ["suggested"]
    assert vague.rows[0].why.startswith("2 invoices fit: ")
    assert (Payment.objects.count(), books.open(first), books.open(third)) == (1, "25.00", "25.00")


def test_tm24_exactly_one_of_a_payer_who_is_known_is_booked(books: Books) -> None:
    invoice = books.invoice({"a": "25.00"})
    books.invoice({"b": "26.00"})
    bank_rows.remember(reference="DE02", payer=books.customer.account, recorded=books.recorded())
    done = imports(books, "2026-06-01,25.00,EUR,thanks,DE02")
    assert (fates(done), books.open(invoice)) == (["matched"], "0.00")


def test_an_amount_alone_proves_nothing(books: Books) -> None:
    invoice = books.invoice({"a": "25.00"})
    done = imports(books, "2026-06-01,25.00,EUR,thanks")
    assert (fates(done), books.open(invoice)) == (["suggested"], "25.00")


def test_tm27_money_of_another_currency_stays_what_it_is(books: Books) -> None:
    invoice = books.invoice({"a": "1000.00"})
    done = imports(books, f"2026-06-01,1080.00,USD,{invoice.number}")
    assert fates(done) == ["unmatched"]
    assert f"{invoice.number} is in EUR, the money in USD" in done.rows[0].why
    payment = Payment.objects.get()
    assert (str(payment.amount), books.open(invoice)) == ("1080.00 USD", "1000.00")


@pytest.mark.parametrize("written", ["cf-{n}", "CF {n}", "Rechnung cf{n:08d}.", "RG/CF-{n:08d}/x"])
def test_a_number_is_found_however_it_is_written(books: Books, written: str) -> None:
    invoice = books.invoice({"a": "10.00"})
    text = written.format(n=invoice.sequence)
    done = imports(books, f"2026-06-01,10.00,EUR,{text}")
    assert (fates(done), books.open(invoice)) == (["matched"], "0.00")


def test_a_number_within_a_longer_one_is_another_number(books: Books) -> None:
    invoice = books.invoice({"a": "10.00"})
    done = imports(books, f"2026-06-01,11.00,EUR,{invoice.number}7")
    assert (fates(done), books.open(invoice)) == (["unmatched"], "10.00")


def test_a_bad_row_is_named_by_its_line_and_stops_no_other(books: Books) -> None:
    invoice = books.invoice({"a": "10.00"})
    done = imports(
        books,
        "2026-06-01,1.000.00,EUR,dots",
        "01.06.2026,5.00,EUR,day",
        '2026-06-01,5.00,EUR,"never closed',
        "2026-06-01,NaN,EUR,number",
        "2026-06-01,5.001,EUR,fine",
        "2026-06-01,5.00,XXX,currency",
        "2026-06-01,5.00,EUR,\x00",
        "2027-06-01,10.00,EUR,ahead of time " + str(invoice.number),
        f"2026-06-01,10.00,EUR,{invoice.number}",
    )
    assert fates(done) == ["unmatched"] * 8 + ["matched"]
    for line, each in enumerate(done.rows[:7], start=2):
        assert each.why.startswith(f"Line {line}: ")
    assert done.rows[7].why == "Record it when it is there."
    assert books.open(invoice) == "0.00"


@pytest.mark.parametrize("content", [b"", b"date\n", b"\xff\xfe\x00", b"nothing,here\n1,2\n"])
def test_what_is_no_such_file_is_refused_whole(books: Books, content: bytes) -> None:
    with pytest.raises(BankFileRefused):
        bank_files.import_file(upload=upload(books, content), recorded=books.recorded())
    assert BankFile.objects.count() == 0


def test_a_person_accepts_a_suggestion_once(books: Books) -> None:
    first, second = books.invoice({"a": "25.00"}), books.invoice({"b": "25.00"})
    imports(books, "2026-06-01,25.00,EUR,thanks,DE02")
    waiting, payer = row("thanks"), books.customer.account
    bank_rows.accept(
        row=waiting, payer=payer, invoices=[second], remembers=True, recorded=books.recorded()
    )
    assert (fate("thanks"), books.open(second)) == ("matched", "0.00")
    with pytest.raises(BankRowSettled):
        bank_rows.accept(row=waiting, payer=payer, invoices=[first], recorded=books.recorded())
    again = imports(books, "2026-06-02,25.00,EUR,thanks again,DE02".replace("06-02", "06-01"))
    assert (fates(again), books.open(first)) == (["matched"], "0.00")
    assert books.standing(first).state is PaymentState.PAID


def test_an_import_does_what_its_dry_run_said_or_nothing(books: Books) -> None:
    invoice = books.invoice({"a": "25.00"})
    file = upload(books, csv_file(f"2026-06-01,25.00,EUR,{invoice.number}"))
    seen = bank_files.dry_run(upload=file, recorded=books.recorded())
    assert (fates(seen), Payment.objects.count(), BankFile.objects.count()) == (["matched"], 0, 0)
    books.paid(invoice, "5.00")
    with pytest.raises(ChangedSince):
        bank_files.import_file(upload=file, recorded=books.recorded(), seen=seen.digest)
    assert BankFile.objects.count() == 0
    now = bank_files.dry_run(upload=file, recorded=books.recorded())
    done = bank_files.import_file(upload=file, recorded=books.recorded(), seen=now.digest)
    assert (done.digest, books.open(invoice), books.free()) == (now.digest, "0.00", "5.00")
