"""What finance sets in the console: seen, said why, and kept beside what held before."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.permissions import Role
from billing.catalogue.models import Plan
from billing.invoicing.models import (
    Invoice,
    InvoiceTerms,
    NumberSeries,
    SanityPolicy,
    SourceWaiver,
)
from billing.invoicing.models.invoices import of_period
from billing.receivables.models import BankFile, BankRow, Payment, RuleVersion
from core.money import Money
from tests.browsers import Browser, TwoPeople
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.story import instant
from usage.models import Source, SourceProgress

BOUNDS = {
    "line": "",
    "invoice": "500.00",
    "run": "",
    "times_usual": "3",
    "times_forecast": "2.5",
    "usual_from": "20",
    "reason": "After the March mistake",
}
MATCHING = {
    "place_number": "1",
    "automatic_number": "on",
    "place_payer": "2",
    "format": "standard",
    "effective_from": "",
    "reason": "Numbers alone are certain",
}
FORMAT = {
    "encoding": "utf-8",
    "separator": ";",
    "day": "DD.MM.YYYY",
    "decimal": ",",
    "thousands": ".",
    "currency": "USD",
    "sign": "plain",
    "kinds": "",
    "column_date": "Buchungstag",
    "column_amount": "Betrag",
    "column_text": "Verwendungszweck",
    "effective_from": "",
    "reason": "The house bank’s export",
}


@pytest.fixture
def approver(platform: Platform) -> Browser:
    """Ada of finance, who decides."""
    return client_of(person("ada", Role.FINANCE_APPROVER))


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_bounds_are_set_and_the_page_says_who_changed_what(platform: Platform, fay: Browser):
    url = "/finance/rules/bounds/USD/"
    assert fay.post(url, BOUNDS).status_code == 302
    assert fay.post(url, BOUNDS | {"invoice": "400.00", "reason": "Too lax"}).status_code == 302

    first, second = SanityPolicy.objects.order_by("pk")
    assert (first.invoice_max_minor, second.invoice_max_minor) == (500_00, 400_00)
    assert (str(first.times_forecast), first.usual_from_minor) == ("2.5000000000", 20_00)
    page = text_of(fay.get(url))
    assert "<del>500.00 USD</del>" in page
    assert "<ins>400.00 USD</ins>" in page
    assert "“Too lax”" in page
    assert "An invoice 400.00 USD" in text_of(fay.get("/finance/rules/"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"invoice": "-1"}, "Write an amount above 0."),
        ({"invoice": "1.001"}, "finer than the minor unit"),
        ({"times_usual": "1"}, "A multiple is above 1"),
        ({"times_forecast": "100"}, "Ensure that there are no more than 2 digits before"),
        ({"times_forecast": "NaN"}, "Enter a number."),
        ({"line": "9" * 20}, "Nothing was saved"),
        ({"reason": " "}, "This field is required."),
    ],
)
def test_a_bound_that_is_none_is_refused_beside_it(
    platform: Platform, fay: Browser, wrong: dict[str, str], said: str
):
    answer = fay.post("/finance/rules/bounds/USD/", BOUNDS | wrong)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "Nothing was saved" in text_of(answer)
    assert not SanityPolicy.objects.exists()


def test_of_two_who_set_bounds_the_second_is_shown_what_changed(platform: Platform, fay: Browser):
    url = "/finance/rules/bounds/USD/"
    seen = fay.opened(url)
    fay.post(url, BOUNDS)

    answer = fay.post(url, BOUNDS | {"invoice": "9"} | {"made_from": "0"})

    assert seen == {"made_from": "0"}
    assert answer.status_code == 409
    assert "An invoice" in text_of(answer)
    assert SanityPolicy.objects.count() == 1


def test_bounds_are_tried_on_the_bills_that_were_issued_last(platform: Platform, fay: Browser):
    url = "/finance/rules/bounds/USD/"
    bills = Invoice.objects.filter(of_period(), currency="USD")
    largest = max(bills, key=lambda bill: bill.subtotal_minor)
    below = Money.from_minor(largest.subtotal_minor - 1, "USD").amount
    tried = {"invoice": str(below), "times_usual": "", "times_forecast": ""}

    answer = fay.post(url, BOUNDS | tried | {"try": "1"})

    assert answer.status_code == 200
    page = text_of(answer)
    kept = [bill for bill in bills if bill.subtotal_minor == largest.subtotal_minor]
    assert f"{len(kept)} of the last {len(bills)} bills would have been kept back" in page
    assert f"/invoices/{largest.number}/" in page
    assert f"The invoice comes to {Money.from_minor(largest.subtotal_minor, 'USD')}" in page
    assert not SanityPolicy.objects.exists()
    lax = fay.post(url, BOUNDS | tried | {"invoice": "1000000", "try": "1"})
    assert f"None of the last {len(bills)} bills would have been kept back" in text_of(lax)
    wrong = fay.post(url, BOUNDS | tried | {"invoice": "-1", "try": "1"})
    assert wrong.status_code == 422


def test_no_currency_has_no_bounds(platform: Platform, fay: Browser):
    assert fay.get("/finance/rules/bounds/usd/").status_code == 404
    assert fay.get("/finance/rules/numbers/XX-/").status_code == 404


def test_numbers_begin_anew_with_a_year_to_come(platform: Platform, fay: Browser):
    url = "/finance/rules/numbers/CF-/"
    now = fay.post(url, {"yearly_from": "2026", "reason": "The auditor asks"})
    assert now.status_code == 409
    assert "it changes with 2027 at the earliest" in text_of(now)

    assert fay.post(url, {"yearly_from": "2027", "reason": "The auditor asks"}).status_code == 302

    assert NumberSeries.objects.get(prefix="CF-").yearly_from == 2027
    assert "the first of next year would be CF-2027-00000001" in text_of(fay.get(url))
    assert "each year from 2027" in text_of(fay.get("/finance/rules/"))


def test_a_bank_format_is_tried_on_a_file_before_it_holds(platform: Platform, fay: Browser):
    url = "/finance/rules/bank-format/?name=house-bank"
    content = (
        "Buchungstag;Betrag;Verwendungszweck\n"
        f"12.05.2026;1.025,00;Rechnung {platform.invoice.number}\n12.05.2026;oops;\n"
    )
    file = SimpleUploadedFile("may.csv", content.encode())

    tried = fay.post(url, FORMAT | {"try": "1", "file": file})

    assert tried.status_code == 200
    assert "What the file would come to" in text_of(tried)
    assert "nothing is kept" in text_of(tried)
    assert not RuleVersion.objects.exists()
    assert (BankFile.objects.count(), Payment.objects.count()) == (1, 1)
    assert fay.post(url, FORMAT).status_code == 302
    version = RuleVersion.objects.get()
    assert (version.subject, version.code, version.number) == ("bank_format", "house-bank", 1)
    assert version.document["columns"]["amount"] == "Betrag"
    assert "house-bank" in text_of(fay.get("/finance/bank-files/new/"))


def test_a_format_without_an_amount_is_refused_with_its_place(platform: Platform, fay: Browser):
    answer = fay.post("/finance/rules/bank-format/?name=x", FORMAT | {"column_amount": ""})

    assert answer.status_code == 422
    assert "must name the column of the amount" in text_of(answer)
    nameless = fay.post("/finance/rules/bank-format/?name=no%20name", FORMAT)
    assert nameless.status_code == 422
    kinds = fay.post("/finance/rules/bank-format/?name=x", FORMAT | {"kinds": "C"})
    assert "is not written as C = credit" in text_of(kinds)
    assert not RuleVersion.objects.exists()


def test_rules_of_matching_are_ordered_and_tried(platform: Platform, fay: Browser):
    url = "/finance/rules/matching/"
    file = SimpleUploadedFile(
        "may.csv",
        f"date,amount,currency,text\n2026-05-12,5.00,USD,{platform.invoice.number}\n".encode(),
    )
    tried = fay.post(url, MATCHING | {"try": "1", "file": file})
    assert str(platform.invoice.number) in text_of(tried)
    assert BankRow.objects.count() == 2

    assert fay.post(url, MATCHING).status_code == 302

    assert RuleVersion.objects.get().document == {
        "rules": [{"by": "number", "automatic": True}, {"by": "payer", "automatic": False}]
    }
    twice = fay.post(url, MATCHING | {"place_payer": "1"})
    assert "Another one has this place." in text_of(twice)
    without = fay.post(url, MATCHING | {"try": "1"})
    assert "Choose a file to try it on." in text_of(without)


def test_free_money_is_kept_apart_for_a_kind_of_account(platform: Platform, fay: Browser):
    url = "/finance/rules/free-money/?kind=enterprise"
    said = {"credit": "on", "charge_limit": "2.50", "effective_from": "", "reason": "Agreed"}

    assert fay.post(url, said).status_code == 302

    version = RuleVersion.objects.get()
    assert (version.code, version.document) == (
        "enterprise",
        {"credit": True, "cash": False, "charge_limit": "2.50"},
    )
    page = text_of(fay.get(url))
    assert "<del>yes</del>" in page
    assert fay.post(url, said | {"charge_limit": "oops"}).status_code == 422
    assert fay.get("/finance/rules/free-money/?kind=planet").status_code == 422


def test_a_dunning_policy_is_simulated_before_it_holds(platform: Platform, fay: Browser):
    said = {"steps": "1 remind\n5 warn", "warning_days": "", "reason": "Sooner"}

    tried = fay.post("/finance/dunning/policy/?kind=team", said | {"try": "1"})

    assert "What would be sent in the next 31 days" in text_of(tried)
    assert not RuleVersion.objects.exists()
    assert fay.post("/finance/dunning/policy/?kind=team", said).status_code == 302
    page = text_of(fay.get("/finance/dunning/"))
    assert "/accounts/?kind=team" in page
    assert "<del>" in text_of(fay.get("/finance/dunning/policy/?kind=team"))


def test_whoever_only_reads_the_rules_changes_none(platform: Platform, approver: Browser):
    for url, said in (
        ("/finance/rules/bounds/USD/", BOUNDS),
        ("/finance/rules/numbers/CF-/", {"yearly_from": "2027", "reason": "No"}),
        ("/finance/rules/matching/", MATCHING),
        ("/finance/dunning/policy/", {"steps": "1 remind", "reason": "No"}),
    ):
        assert approver.get(url).status_code == 200
        assert 'class="form"' not in approver.get(url).content.decode()
        assert approver.post(url, said).status_code == 403
    assert not SanityPolicy.objects.exists()
    assert not RuleVersion.objects.exists()


def test_bills_wait_for_a_source_and_a_second_person_waives_it(
    platform: Platform, fay: Browser, approver: Browser
):
    source = Source.objects.get()
    require = f"/usage/sources/{source.public_id}/bills/"
    said = {"is_required": "on", "meters": "requests", "reason": "Router bills need it"}
    assert fay.post(require, said | {"meters": "nothing"}).status_code == 422
    assert fay.post(require, said).status_code == 302
    progress = SourceProgress.objects.get()
    assert (progress.is_required, progress.meter_codes) == (True, ["requests"])
    assert "<ins>yes</ins>" in text_of(fay.get(require))

    waive = f"/usage/sources/{source.public_id}/waive/"
    assert fay.get(waive).status_code == 403
    given = {"through_at": "2026-06-01T00:00", "account": "Acme", "reason": "Ticket 9"}
    assert approver.post(waive, given).status_code == 302

    waiver = SourceWaiver.objects.get()
    assert (waiver.account, waiver.through_at) == (platform.acme.account, instant("2026-06-01"))
    assert "waived for Acme" in text_of(approver.get("/usage/sources/"))
    assert approver.get(require).status_code == 403
    assert fay.get("/usage/sources/src_nothing/bills/").status_code == 404


TERMS = {
    "purchase_order": "PO-4711",
    "note": "Cost centre 12",
    "grace_days": "3",
    "consolidates": "",
    "threshold": "250.00",
    "reason": "The contract of May",
}


def test_invoice_terms_are_agreed_with_their_story(platform: Platform, fay: Browser):
    account = platform.acme.account
    url = f"/accounts/{account.public_id}/terms/"
    assert fay.post(url, TERMS).status_code == 302

    row = InvoiceTerms.objects.get()
    assert (row.purchase_order, row.grace_days, row.threshold_minor) == ("PO-4711", 3, 250_00)
    page = text_of(fay.get(f"/accounts/{account.public_id}/"))
    assert "PO-4711" in page
    assert "3 days after the period" in page
    assert "$250.00" in page
    assert fay.post(url, TERMS | {"threshold": "", "reason": "Paid up"}).status_code == 302
    history = text_of(fay.get(f"/accounts/{account.public_id}/history/"))
    assert "Invoice terms changed" in history
    assert "“Paid up”" in history


def test_terms_that_somebody_else_changed_are_shown_first(platform: Platform, fay: Browser):
    url = f"/accounts/{platform.acme.account.public_id}/terms/"
    seen = fay.opened(url)
    fay.post(url, TERMS)

    late = fay.post(url, TERMS | {"note": "Other"} | seen)

    assert late.status_code == 409
    assert InvoiceTerms.objects.get().note == "Cost centre 12"


@pytest.mark.parametrize(
    "wrong",
    [{"grace_days": "32"}, {"grace_days": "x"}, {"threshold": "0"}, {"purchase_order": "x" * 101}],
    ids=str,
)
def test_terms_that_cannot_be_are_refused(platform: Platform, fay: Browser, wrong: dict[str, str]):
    url = f"/accounts/{platform.acme.account.public_id}/terms/"

    answer = fay.post(url, TERMS | wrong)

    assert answer.status_code == 422
    assert "Nothing was saved" in text_of(answer)
    assert not InvoiceTerms.objects.exists()


def test_support_agrees_no_terms(platform: Platform, support: Client):
    url = f"/accounts/{platform.acme.account.public_id}/terms/"

    assert support.get(url).status_code == 403
    assert url not in support.get(f"/accounts/{platform.acme.account.public_id}/").content.decode()


def test_a_plan_is_retired_by_two_who_see_who_has_it(platform: Platform, two: TwoPeople):
    plan = Plan.objects.get()
    url = f"/catalogue/plans/{plan.public_id}/retire/"
    page = text_of(two.get(url))
    assert "2 subscriptions" in page
    assert "Acme" in page
    assert two.post(url, {"reason": ""}).status_code == 422

    assert two.post(url, {"reason": "Replaced by Flex"}).status_code == 302

    plan.refresh_from_db()
    assert plan.retired_at is not None
    assert two.post(url, {"reason": "Again"}).status_code == 409
    assert "Retired" in text_of(two.get(f"/catalogue/plans/{plan.public_id}/"))
