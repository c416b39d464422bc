"""E-invoices by EN 16931: the official rules pass, and the amounts are right to the cent besides.

The official rules allow the tax of a group to be off by less than 1.00, so green is not enough.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lxml import etree

from billing.papers.content import PaperContent
from billing.papers.formats.cii import as_cii
from billing.papers.formats.einvoice import NotAnEInvoice, e_invoice
from billing.papers.formats.ubl import as_ubl
from tests.billing.papers.official_rules import broken_rules, rules_run, schema_errors
from tests.billing.papers.samples import (
    CUSTOMER,
    SELLER,
    credit_note,
    line,
    minor,
    paper,
    tax,
)

WRITERS = {"ubl": as_ubl, "cii": as_cii}
PATHS = {
    "ubl": {
        "BT-106": "LegalMonetaryTotal/LineExtensionAmount",
        "BT-109": "LegalMonetaryTotal/TaxExclusiveAmount",
        "BT-110": "TaxTotal/TaxAmount",
        "BT-112": "LegalMonetaryTotal/TaxInclusiveAmount",
        "BT-113": "LegalMonetaryTotal/PrepaidAmount",
        "BT-115": "LegalMonetaryTotal/PayableAmount",
        "BT-116": "TaxTotal/TaxSubtotal/TaxableAmount",
        "BT-117": "TaxTotal/TaxSubtotal/TaxAmount",
        "BT-119": "TaxTotal/TaxSubtotal/TaxCategory/Percent",
        "BT-118": "TaxTotal/TaxSubtotal/TaxCategory/ID",
        "BT-131": "*Line/LineExtensionAmount",
        "BT-146": "*Line/Price/PriceAmount",
        "BT-25": "BillingReference/InvoiceDocumentReference/ID",
        "BT-26": "BillingReference/InvoiceDocumentReference/IssueDate",
        "BT-2": "IssueDate",
        "BT-9": "DueDate",
    },
    "cii": {
        "BT-106": "*HeaderMonetarySummation/LineTotalAmount",
        "BT-109": "*HeaderMonetarySummation/TaxBasisTotalAmount",
        "BT-110": "*HeaderMonetarySummation/TaxTotalAmount",
        "BT-112": "*HeaderMonetarySummation/GrandTotalAmount",
        "BT-113": "*HeaderMonetarySummation/TotalPrepaidAmount",
        "BT-115": "*HeaderMonetarySummation/DuePayableAmount",
        "BT-116": "ApplicableHeaderTradeSettlement/ApplicableTradeTax/BasisAmount",
        "BT-117": "ApplicableHeaderTradeSettlement/ApplicableTradeTax/CalculatedAmount",
        "BT-118": "ApplicableHeaderTradeSettlement/ApplicableTradeTax/CategoryCode",
        "BT-119": "ApplicableHeaderTradeSettlement/ApplicableTradeTax/RateApplicablePercent",
        "BT-131": "*LineMonetarySummation/LineTotalAmount",
        "BT-146": "NetPriceProductTradePrice/ChargeAmount",
        "BT-25": "InvoiceReferencedDocument/IssuerAssignedID",
        "BT-26": "InvoiceReferencedDocument/FormattedIssueDateTime/DateTimeString",
        "BT-2": "ExchangedDocument/IssueDateTime/DateTimeString",
        "BT-9": "DueDateDateTime/DateTimeString",
    },
}
BOTH = pytest.mark.parametrize("syntax", ["ubl", "cii"])


def stated(content: PaperContent, syntax: str) -> dict[str, list[str]]:
    """What an e-invoice says by the numbers of EN 16931, after it passed the official rules."""
    written = WRITERS[syntax](content)
    assert schema_errors(written, syntax) == []
    assert broken_rules(written, syntax) == []
    assert rules_run(written, syntax) > 5
    root = etree.fromstring(written)
    return {name: _texts(root, path) for name, path in PATHS[syntax].items()}


def _texts(root: etree._Element, path: str) -> list[str]:
    steps = "/".join(
        f"*[contains(local-name(), '{step[1:]}')]"
        if step[0] == "*"
        else f"*[local-name()='{step}']"
        for step in path.split("/")
    )
    if path in {"IssueDate", "DueDate", "TaxTotal/TaxAmount"}:
        steps = f"/*/{steps}"
    else:
        steps = f"//{steps}"
    return [found.text for found in root.xpath(steps)]


@BOTH
def test_tm53_every_total_is_right_to_the_cent(syntax: str) -> None:
    content = paper(
        [line("Web dynos", "696.22"), line("Worker dynos", "696.22")],
        [tax("1392.44", "264.56")],
    )

    said = stated(content, syntax)

    assert said["BT-131"] == ["696.22", "696.22"]
    assert said["BT-106"] == ["1392.44"]
    assert said["BT-109"] == ["1392.44"]
    assert (said["BT-116"], said["BT-119"], said["BT-117"]) == (["1392.44"], ["19"], ["264.56"])
    assert said["BT-110"] == ["264.56"]
    assert said["BT-112"] == ["1657.00"]
    assert said["BT-115"] == ["1657.00"]
    assert said["BT-113"] == []


@BOTH
def test_tm53_the_official_rules_alone_would_let_a_wrong_tax_pass(syntax: str) -> None:
    wrong = paper([line("Web dynos", "5.00")], [tax("5.00", "1.90")])

    assert broken_rules(WRITERS[syntax](wrong), syntax) == []


def test_tm53_local_rates_that_are_alike_are_one_group() -> None:
    content = paper(
        [
            line("In Hamburg", "100.00", tax_group="a"),
            line("In Berlin", "200.00", tax_group="b"),
        ],
        [
            tax("100.00", "19.00", group="a", jurisdiction="DE-HH"),
            tax("200.00", "38.00", group="b", jurisdiction="DE-BE"),
        ],
    )

    said = stated(content, "ubl")

    assert (said["BT-116"], said["BT-117"]) == (["300.00"], ["57.00"])


def test_tm53_a_rate_the_rules_read_as_none_is_withheld() -> None:
    content = paper([line("Fee", "200.00")], [tax("200.00", "0.80", percent="0.4")])

    with pytest.raises(NotAnEInvoice, match="under half a per cent"):
        e_invoice(content)


@BOTH
def test_tm54_an_invoice_covered_by_the_balance_is_paid_and_due_nothing(syntax: str) -> None:
    content = paper(
        [line("Licence", "294.12")], [tax("294.12", "55.88")], paid_minor=minor("350.00")
    )

    said = stated(content, syntax)

    assert (said["BT-112"], said["BT-113"], said["BT-115"]) == (["350.00"], ["350.00"], ["0.00"])


@BOTH
def test_tm54_credit_of_earlier_invoices_is_money_after_tax(syntax: str) -> None:
    content = paper(
        [line("Licence", "100.00")], [tax("100.00", "19.00")], carried_minor=-minor("20.00")
    )

    said = stated(content, syntax)

    assert (said["BT-109"], said["BT-113"], said["BT-115"]) == (["100.00"], ["20.00"], ["99.00"])


@BOTH
def test_tm55_a_small_price_keeps_all_its_decimals(syntax: str) -> None:
    content = paper(
        [line("Requests", "10.69", quantity="1951593", price="0.00000548", unit="requests")],
        [tax("10.69", "2.03")],
    )

    said = stated(content, syntax)

    assert (said["BT-146"], said["BT-131"]) == (["0.00000548"], ["10.69"])


@BOTH
def test_a_price_that_does_not_multiply_is_stated_as_one_at_its_amount(syntax: str) -> None:
    tiers = line("Requests, in tiers", "7.00", quantity="900", price="0.01")
    discount = line("Discount", "-1.00")

    said = stated(paper([tiers, discount], [tax("6.00", "1.14")]), syntax)

    assert said["BT-146"] == ["7.00", "1.00"]
    assert said["BT-131"] == ["7.00", "-1.00"]
    assert said["BT-106"] == ["6.00"]


@BOTH
def test_tm56_a_credit_note_has_its_own_type_and_positive_amounts(syntax: str) -> None:
    note = credit_note(
        [line("2 of 3 seats, less 10 %", "180.00", quantity="2")], [tax("180.00", "34.20")]
    )

    said = stated(note, syntax)

    written = WRITERS[syntax](note).decode()
    assert "381" in written
    assert ("<CreditNote " in written) == (syntax == "ubl")
    assert (said["BT-109"], said["BT-110"], said["BT-112"]) == (["180.00"], ["34.20"], ["214.20"])
    assert (said["BT-25"], said["BT-26"]) == (
        ["CF-00000012"],
        ["2026-11-01" if syntax == "ubl" else "20261101"],
    )
    assert said["BT-9"] == []


@BOTH
@pytest.mark.parametrize(
    ("treatment", "evidence", "category"),
    [
        ("reverse_charge", "ATU12345678", "AE"),
        ("exempt", "Certificate 12", "E"),
        ("outside", "", "O"),
        ("standard", "", "Z"),
    ],
)
def test_an_untaxed_invoice_says_why(
    syntax: str, treatment: str, evidence: str, category: str
) -> None:
    content = paper(
        [line("Web dynos", "100.00", tax_group="g")],
        [tax("100.00", "0.00", percent="0", group="g", treatment=treatment, evidence=evidence)],
        customer=replace(CUSTOMER, country="AT", tax_id="ATU12345678"),
    )

    said = stated(content, syntax)

    assert (said["BT-118"], said["BT-110"], said["BT-115"]) == ([category], ["0.00"], ["100.00"])


@BOTH
def test_a_purchase_order_a_note_and_a_reissue_are_stated(syntax: str) -> None:
    content = replace(
        credit_note([line("Web", "10.00")], [tax("10.00", "1.90")]),
        kind="invoice",
        number="CF-00000013",
        due_on=date(2026, 12, 1),
        purchase_order="PO 4711",
        note="Thank you",
    )

    assert "PO 4711" in WRITERS[syntax](content).decode()
    assert stated(content, syntax)["BT-25"] == ["CF-00000012"]


@BOTH
def test_yen_have_no_decimals(syntax: str) -> None:
    content = paper(
        [line("Web", "1127", currency="JPY")],
        [tax("1127", "113", percent="10", currency="JPY", jurisdiction="JP")],
        currency="JPY",
    )

    assert stated(content, syntax)["BT-112"] == ["1240"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"customer": replace(CUSTOMER, country="")}, "customer's country"),
        ({"seller": replace(SELLER, tax_id="123")}, "seller's tax id"),
        ({"taxes": ()}, "tax of each line"),
        ({"lines": ()}, "needs a line"),
        ({"kind": "void"}, "no form for a void"),
        ({"carried_minor": 5}, "carried to the next"),
    ],
)
def test_what_cannot_be_stated_is_withheld_with_the_reason(
    changes: dict[str, Any], why: str
) -> None:
    content = replace(paper([line("Web", "10.00")], [tax("10.00", "1.90")]), **changes)

    with pytest.raises(NotAnEInvoice, match=why):
        e_invoice(content)


def test_tm38_three_decimals_have_no_einvoice() -> None:
    content = paper(
        [line("Web", "12.345", currency="KWD")],
        [tax("12.345", "0.617", percent="5", currency="KWD")],
        currency="KWD",
    )

    with pytest.raises(NotAnEInvoice, match="Amounts in KWD have 3 decimals"):
        e_invoice(content)
