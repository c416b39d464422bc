"""Payments in the console: seen before they are done, done once, by those who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.permissions import Role
from billing.receivables.models import (
    BankFile,
    BankRow,
    DunningNotice,
    Payment,
    PaymentPromise,
    RuleVersion,
    Settlement,
)
from billing.receivables.queries.open_items import open_item
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform

RECORD = {
    "payer": "Acme",
    "amount": "20.00",
    "currency": "",
    "received_on": "2026-05-12",
    "method": "bank",
    "external_key": "slip-7",
    "reference": "",
    "reason": "Slip 7",
}


@pytest.fixture
def finance(platform: Platform) -> Browser:
    """Ada of finance, who records payments."""
    return client_of(person("ada", Role.FINANCE_APPROVER))


def seen_in(answer: Any) -> str:
    """The digest that a preview carries."""
    (found,) = re.findall(r'name="seen" value="([^"]+)"', answer.content.decode())
    return str(found)


def confirmed(browser: Browser, url: str, said: dict[str, Any]) -> Any:
    """Send a step, look at what it does, and confirm it."""
    looked = browser.post(url, said)
    assert looked.status_code == 200
    return browser.post(url, said | {"seen": seen_in(looked)})


def recorded(browser: Browser) -> Payment:
    assert confirmed(browser, "/finance/payments/record/", RECORD).status_code == 302
    return Payment.objects.get(external_key="slip-7")


def test_a_payment_is_recorded_once_it_was_seen(platform: Platform, finance: Browser) -> None:
    looked = finance.post("/finance/payments/record/", RECORD)
    assert "Record $20.00" in looked.content.decode()
    assert not Payment.objects.filter(external_key="slip-7").exists()
    payment = recorded(finance)
    assert (str(payment.amount), payment.account) == ("20.00 USD", platform.acme.account)
    page = finance.get(f"/finance/payments/{payment.public_id}/").content.decode()
    assert "It is on no invoice." in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"payer": "Nobody"}, "There is no account of this name or id."),
        ({"amount": "1.001"}, "finer than the minor unit"),
        ({"amount": "-1"}, "Write an amount above 0."),
        ({"amount": "NaN"}, "Write an amount such as 12.50."),
        ({"currency": "QQQ"}, "This is no currency."),
        ({"received_on": "12.05.2026"}, "Enter a valid date."),
        ({"reason": "\u200b"}, "Say why."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(
    platform: Platform, finance: Browser, wrong: dict[str, str], said: str
) -> None:
    answer = finance.post("/finance/payments/record/", RECORD | wrong)
    assert said in answer.content.decode()
    assert "Nothing was saved" in answer.content.decode()
    assert not Payment.objects.filter(external_key="slip-7").exists()


def test_a_payment_is_allocated_and_taken_off_again(platform: Platform, finance: Browser) -> None:
    payment, at = recorded(finance), platform.story.at
    url = f"/finance/payments/{payment.public_id}/"
    chosen = {f"on_{platform.invoice.pk}": "15.00", "reason": "Named in the text"}
    done = confirmed(finance, f"{url}allocate/", chosen)
    assert done.status_code == 302
    before = platform.invoice.total_minor
    assert open_item(platform.invoice, at=at.replace(hour=12)).open_minor == before - 1500
    settlement = Settlement.objects.get(payment=payment)
    off = f"/finance/settlements/{settlement.public_id}/take-off/"
    assert confirmed(finance, off, {"reason": "Wrong invoice"}).status_code == 302
    assert "taken off on" in finance.get(url).content.decode()


def test_a_step_that_does_something_else_by_now_is_shown_anew(
    platform: Platform, finance: Browser
) -> None:
    payment = recorded(finance)
    url = f"/finance/payments/{payment.public_id}/allocate/"
    seen = seen_in(finance.post(url, {"reason": "Oldest first"}))
    confirmed(finance, url, {f"on_{platform.invoice.pk}": "5.00", "reason": "Some"})
    late = finance.post(url, {"reason": "Oldest first", "seen": seen})
    assert late.status_code == 409
    assert "It would do something else by now." in late.content.decode()
    assert Settlement.objects.filter(payment=payment).count() == 1


def test_a_payment_is_taken_back(platform: Platform, finance: Browser) -> None:
    payment = recorded(finance)
    url = f"/finance/payments/{payment.public_id}/"
    said = {"amount": "25.00", "kind": "bank", "external_key": "rc-1", "reason": "No cover"}
    assert confirmed(finance, f"{url}take-back/", said).status_code == 302
    assert "5.00" in finance.get(url).content.decode()
    reversal = payment.reversals.get()
    assert (reversal.amount_minor, reversal.excess_minor) == (2000, 500)
    clear = f"/finance/reversals/{reversal.public_id}/clear/"
    lost = {"amount": "5.00", "kind": "loss", "reason": "Exchange rate"}
    assert confirmed(finance, clear, lost).status_code == 302


def test_a_file_is_imported_as_its_dry_run_said(platform: Platform, finance: Browser) -> None:
    number = platform.invoice.number
    content = f"date,amount,currency,text\n2026-05-12,30.00,USD,{number}\n2026-05-12,1,USD,?\n"
    said = {"bank_account": "bank:other", "format": "standard", "reason": "Today"}
    file = SimpleUploadedFile("today.csv", content.encode())
    url = "/finance/bank-files/new/"
    looked = finance.post(url, said | {"file": file})
    page = looked.content.decode()
    assert "Import 2 rows" in page
    assert BankFile.objects.filter(bank_account="bank:other").count() == 0
    (carried,) = re.findall(r'name="content" value="([^"]+)"', page)
    sent = said | {"content": carried, "name": "today.csv", "seen": seen_in(looked)}
    done = finance.post(url, sent)
    imported = BankFile.objects.get(bank_account="bank:other")
    assert done.headers["Location"] == f"/finance/bank-files/{imported.public_id}/"
    assert f"$30.00 on {number}" in finance.get(done.headers["Location"]).content.decode().replace(
        "30.00 USD", "$30.00"
    )
    again = finance.post(url, sent)
    assert again.status_code in (302, 409)
    assert BankRow.objects.filter(file=imported).count() == 2


def test_a_suggestion_is_accepted_with_a_click(platform: Platform, finance: Browser) -> None:
    row = BankRow.objects.get(text__startswith="thanks")
    url = f"/finance/bank-files/{row.file.public_id}/"
    page = finance.get(url).content.decode()
    (suggestion,) = re.findall(r'name="suggestion" value="([^"]+)"', page)
    accept = f"/finance/bank-rows/{row.public_id}/accept/"
    assert finance.post(accept, {"suggestion": suggestion}).status_code == 302
    assert Payment.objects.get(external_key=row.key).account == platform.globex.account
    again = finance.post(accept, {"suggestion": suggestion})
    assert again.status_code == 422
    assert Payment.objects.filter(external_key=row.key).count() == 1


def test_a_row_is_put_or_ignored_by_a_person(platform: Platform, finance: Browser) -> None:
    row = BankRow.objects.get(text="who")
    wrong = finance.post(
        f"/finance/bank-rows/{row.public_id}/put/",
        {"payer": "Acme", "number": "CF-404", "reason": "x"},
    )
    assert "Acme has no invoice of this number." in wrong.content.decode()
    ignore = f"/finance/bank-rows/{row.public_id}/ignore/"
    assert finance.post(ignore, {"reason": "Interest"}).status_code == 302
    assert finance.post(ignore, {"reason": "Interest"}).status_code == 409


def test_a_promise_stands_on_the_statement(platform: Platform, finance: Browser) -> None:
    account = platform.acme.account
    url = f"/accounts/{account.public_id}/promise/"
    said = {"amount": "10.00", "promised_on": "2026-05-20", "reason": "By telephone"}
    assert finance.post(url, said).status_code == 302
    page = finance.get(f"/accounts/{account.public_id}/statement/").content.decode()
    assert "By telephone" in page
    far = finance.post(url, said | {"promised_on": "2027-05-20"})
    assert far.status_code == 422
    assert PaymentPromise.objects.count() == 1


def test_finance_sets_steps_and_sees_what_they_would_do(platform: Platform, fay: Browser) -> None:
    said = {"steps": "1 remind\n5 warn", "warning_days": "", "reason": "Sooner"}
    assert fay.post("/finance/dunning/policy/", said).status_code == 302
    assert RuleVersion.objects.get().document["steps"][1] == {"days": 5, "action": "warn"}
    wrong = fay.post("/finance/dunning/policy/", said | {"steps": "5 warn\n3 suspend"})
    assert wrong.status_code == 422
    assert "must be later than the step before" in wrong.content.decode()
    days = "?from=2026-06-01&to=2026-07-01"
    due = platform.invoice.due_on
    assert due is not None
    page = fay.get(f"/finance/dunning/{days}").content.decode()
    assert (platform.invoice.number or "") in page
    assert DunningNotice.objects.count() == 0


@pytest.mark.parametrize("verb", ["allocate", "exchange", "charge", "take-back"])
def test_steps_are_for_finance(platform: Platform, support: Client, verb: str) -> None:
    payment = Payment.objects.get(external_key="one")
    answer = support.get(f"/finance/payments/{payment.public_id}/{verb}/")
    assert answer.status_code == 403


def test_who_reads_masked_reads_no_text_of_a_bank(platform: Platform, support: Client) -> None:
    row = BankRow.objects.get(text="who")
    page = support.get(f"/finance/bank-files/{row.file.public_id}/").content.decode()
    assert "thanks" not in page
    assert "hidden" in page


def test_the_file_of_the_list_has_what_the_list_has(platform: Platform, support: Client) -> None:
    answer = support.get("/finance/payments/+csv/?named=Globex")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert ",Globex,USD,10.00,bank," in lines[1]
