"""A control does not pass by not looking: what nobody could compare fails it, and is named."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from billing.invoicing.models import Invoice
from tests.billing.parallel.bill import file_of, row
from tests.billing.parallel.conftest import Importer

pytestmark = pytest.mark.django_db

CREDIT = row(ChargeCategory="Credit", BilledCost="-2.61", ListUnitPrice="", PricingQuantity="0")


def hours(quantity: str, **columns: str) -> dict[str, str]:
    """A row of hours at 2, as the source bills it."""
    return row(ListUnitPrice="2", PricingQuantity=quantity, PricingUnit="Hours", **columns)


def failed(path: Path, *options: str) -> tuple[int, str]:
    """The exit status of an import that does not pass, and all that it prints."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_focus", str(path), *options, stdout=out)
    return refused.value.returncode, f"{out.getvalue()}{refused.value}"


def test_a_file_of_which_nothing_could_be_read_passed(tmp_path: Path) -> None:
    spoilt = row(BilledCost="forty", ListCost="40")
    status, said = failed(file_of(tmp_path, spoilt, spoilt, row(ChargePeriodStart="soon")))
    assert status == 3
    assert "Rows that could not be compared" in said
    assert "Unreadable row  BilledCost            2  row 1: BilledCost: 'forty'" in said
    assert "Unreadable row  ChargePeriodStart     1  row 3: ChargePeriodStart: 'soon'" in said
    assert "3 of 3 rows could not be compared. Nothing of the file was billed here." in said
    assert "Every difference is explained" not in said


def test_one_unreadable_row_among_readable_ones_passed(tmp_path: Path) -> None:
    status, said = failed(file_of(tmp_path, row(), row(BilledCost="ten", ListCost="10")), "--json")
    assert status == 3
    summary = json.loads(said[: said.rindex("}") + 1])
    assert summary["unexplained_by"] == {"unreadable_row": 1}
    assert summary["not_compared"] == [
        {
            "column": "BilledCost",
            "detail": "BilledCost: 'ten' is not a number.",
            "reason": "unreadable_row",
            "row": 2,
            "rows": 1,
        }
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"BillingCurrency": "Tokens"}, "no_billing_account"),
        ({"ChargeCategory": "Gift"}, "unknown_charge_category"),
        ({"PricingQuantity": "99999999999999999", "BilledCost": "1"}, "out_of_range"),
        ({"ChargePeriodStart": "2024-09-31"}, "unreadable_row"),
    ],
)
def test_what_could_not_be_taken_in_counted_as_explained(
    imports: Importer, columns: dict[str, str], reason: str
) -> None:
    run = imports(row(), row(**columns))
    assert run.summary["unexplained_by"] == {reason: 1}
    assert not run.has_passed


def test_a_file_of_nothing_to_bill_passed(imports: Importer) -> None:
    run = imports(CREDIT)
    assert run.summary["unexplained"] == 0
    assert not run.has_passed
    assert run.verdict == "Nothing of the file was billed here."


def test_corrections_within_the_month_doubled_the_bill(imports: Importer) -> None:
    """BL35: 1000, −1000, 800 and 200 hours at 2 are 2000.00."""
    run = imports(
        hours("1000"),
        hours("-1000", ChargeDescription="Negation"),
        hours("800", ResourceId="vol-2"),
        hours("200", ResourceId="vol-3"),
    )
    assert (run.summary["expected_total"], run.summary["our_total"]) == ("2000", "2000")
    assert (run.summary["matched"], run.has_passed) == (4, True)
    assert Invoice.objects.get().total.amount == Decimal("2000.00")


def test_more_taken_back_than_used_is_credit_of_the_next_month(imports: Importer) -> None:
    run = imports(hours("10"), hours("-30"))
    assert (run.summary["expected_total"], run.summary["our_total"]) == ("-40", "-40")
    assert run.has_passed
    invoice = Invoice.objects.get()
    assert (invoice.total.amount, invoice.carried_minor) == (0, 4000)


def test_a_negation_billed_at_another_amount_is_not_explained(imports: Importer) -> None:
    run = imports(hours("10"), hours("-10", BilledCost="-15", ListCost="-20"))
    assert run.summary["unexplained_by"] == {"unexplained": 1}


def test_two_accounts_of_one_provider_and_name_looked_alike(imports: Importer) -> None:
    run = imports(row(), row(BillingAccountId="777"), row(BillingAccountId="/" + "x" * 150))
    names = [each["account"] for each in run.summary["invoices"]]
    assert names[:2] == ["SunBird · AWS 1234567890123 · USD", "SunBird · AWS 777 · USD"]
    assert len(set(names)) == 3


def test_a_file_a_spreadsheet_saved_is_billed(imports: Importer) -> None:
    """BL36: days as 7/1/25 and amounts as $40.00 were unreadable, and the run ended green."""
    july = {
        "BillingPeriodStart": "7/1/25",
        "BillingPeriodEnd": "8/1/25",
        "ListUnitPrice": "$20.00 ",
    }
    run = imports(
        row(**july, ChargePeriodStart="7/1/25", PricingQuantity="505", BilledCost="$10,100.00 "),
        row(**july, ChargePeriodStart="7/2/25", PricingQuantity="2", BilledCost="$40.00 "),
    )
    assert (run.summary["expected_total"], run.summary["our_total"]) == ("10140", "10140")
    assert run.has_passed
