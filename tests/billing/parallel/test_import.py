"""A foreign bill goes in as usage, comes out as invoices, and every difference has its name."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from billing.catalogue.models import PlanVersion, Price
from billing.contracts.models import Subscription
from billing.invoicing.invariants.bill_runs import nothing_due_is_forgotten
from billing.invoicing.models import Invoice
from billing.invoicing.operations import bill_runs
from billing.parallel_run.csvfile import ColumnMissing
from billing.parallel_run.models import ParallelRun
from billing.parallel_run.textfile import FileRefused
from core.decimals import decimal_text
from tests.billing.parallel.bill import COLUMNS, file_with, row, text_of
from tests.billing.parallel.conftest import NOW, Importer
from tests.people import ADA
from usage.models import Event

OTHER = {"SkuPriceId": "HSRFWQ3T.6YS6EN2CT7", "ListUnitPrice": "0.0112", "PricingUnit": "Hours"}
CREDIT = row(ChargeCategory="Credit", BilledCost="-2.61", ListUnitPrice="", PricingQuantity="0")
COVERED = row(
    **OTHER,
    PricingQuantity="100",
    BilledCost="0",
    ListCost="1.12",
    CommitmentDiscountId="arn:savingsplan/1",
    CommitmentDiscountStatus="Used",
    PricingCategory="Committed",
)


def counts(summary: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Rows, billed, quarantined, unexplained."""
    return tuple(summary[key] for key in ("rows", "billed", "quarantined", "unexplained"))


def amounts(summary: Mapping[str, Any]) -> tuple[str, str, str]:
    """Expected, ours, difference."""
    return tuple(summary[key] for key in ("expected_total", "our_total", "difference"))


def lines() -> list[tuple[str, str, str, Decimal]]:
    """All invoice lines: account, description, quantity, amount."""
    return [
        (
            invoice.account.name,
            line.description,
            decimal_text(line.quantity),
            Decimal(line.amount_minor).scaleb(-2),
        )
        for invoice in Invoice.objects.order_by("account__name", "period_from")
        for line in invoice.lines.order_by("position")
    ]


def everything() -> dict[str, int]:
    """How many rows every table has."""
    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models()}


def test_usage_is_billed_at_list_price_by_sku(imports: Importer):
    run = imports(row(), row(ResourceId="vol-2"), row(**OTHER, PricingQuantity="10"))
    assert counts(run.summary) == (3, 3, 0, 0)
    assert lines() == [
        ("SunBird · AWS 1234567890123 · USD", "$0.05 per GB", "400", Decimal("20.00")),
        ("SunBird · AWS 1234567890123 · USD", "$0.05 per GB", "10", Decimal("0.11")),
    ]
    assert amounts(run.summary) == ("20.112", "20.11", "-0.002")
    assert run.summary["explained"] == {"our_rounding": 1}
    assert run.summary["differences"] == {"our_rounding": "-0.002"}


def test_what_is_no_usage_is_quarantined_by_name_and_never_dropped(imports: Importer):
    run = imports(row(), CREDIT, row(ChargeCategory="Tax"), row(ListUnitPrice="-1", ListCost="0"))
    assert counts(run.summary) == (4, 1, 3, 0)
    assert run.summary["explained"] == {"credit": 1, "tax": 1, "negative_price": 1}
    stored = run.rows.order_by("row_number").values_list("fate", "difference_reason", "our_amount")
    assert list(stored) == [
        ("billed", "", Decimal(10)),
        ("quarantined", "credit", None),
        ("quarantined", "tax", None),
        ("quarantined", "negative_price", None),
    ]


def test_a_row_that_cannot_be_read_is_a_row_too(imports: Importer, tmp_path: Path):
    spoilt = text_of(row(), row()).replace("SunBird", '"SunBird', 1).encode()
    run = imports(file_with(tmp_path, spoilt))
    assert counts(run.summary) == (2, 1, 1, 1)
    unread = run.rows.get(row_number=1)
    assert unread.detail == "Line 2: a quotation mark is not closed."
    assert (unread.expected_amount, unread.account) == (None, None)


def test_a_covered_row_costs_list_price_here_and_says_so(imports: Importer):
    run = imports(row(), COVERED)
    assert amounts(run.summary) == ("10", "11.12", "1.12")
    assert run.summary["differences"] == {"commitment_discount": "1.12"}


def test_a_difference_nothing_explains_is_counted(imports: Importer):
    run = imports(row(), row(BilledCost="11.50", ListCost="10"))
    assert counts(run.summary) == (2, 2, 0, 1)
    assert run.summary["unexplained_by"] == {"unexplained": 1}
    assert run.summary["differences"] == {"unexplained": "-1.5"}


def test_each_account_month_and_currency_has_its_invoice(imports: Importer):
    october = {"BillingPeriodStart": "2024-10-01", "BillingPeriodEnd": "2024-11-01"}
    run = imports(
        row(),
        row(BillingCurrency="JPY", ListUnitPrice="3", PricingQuantity="1.5"),
        row(**october, ChargePeriodStart="2024-10-31 23:00:00"),
        row(ProviderName="Oracle", BillingAccountId="20209880", BillingAccountName=""),
    )
    assert [
        (each["account"], each["month"], each["total"], each["state"])
        for each in run.summary["invoices"]
    ] == [
        ("SunBird · AWS 1234567890123 · USD", "2024-09-01", "10.00", "draft"),
        ("SunBird · AWS 1234567890123 · USD", "2024-10-01", "10.00", "draft"),
        ("SunBird · AWS 1234567890123 · JPY", "2024-09-01", "5", "draft"),
        ("Oracle 20209880 · USD", "2024-09-01", "10.00", "draft"),
    ]
    assert run.summary["currency"] is None
    assert {code: each["our_total"] for code, each in run.summary["currencies"].items()} == {
        "JPY": "5",
        "USD": "30",
    }


def test_identical_rows_are_each_a_use(imports: Importer):
    run = imports(row(), row(), row())
    assert counts(run.summary) == (3, 3, 0, 0)
    assert run.summary["our_total"] == "30"
    assert Event.objects.count() == 3


def test_the_same_file_again_changes_nothing(imports: Importer):
    first = imports(row(), COVERED, CREDIT)
    before = everything()
    again = imports(row(), COVERED, CREDIT)
    assert (again.pk, again.summary) == (first.pk, first.summary)
    assert everything() == before


def test_the_same_rows_in_another_file_are_compared_and_not_billed_again(imports, tmp_path: Path):
    first = imports(row(), COVERED, CREDIT)
    unix = text_of(row(), COVERED, CREDIT).replace("\r\n", "\n").encode()
    other = imports(file_with(tmp_path, unix, name="unix.csv"))
    assert other.pk != first.pk
    assert amounts(other.summary) == amounts(first.summary)
    assert counts(other.summary) == counts(first.summary)
    assert Event.objects.count() == 2
    assert [line[3] for line in lines()] == [Decimal("10.00"), Decimal("1.12")]


def test_a_restated_cost_is_the_same_use(imports: Importer):
    imports(row())
    restated = imports(row(BilledCost="8", ListCost="10", ContractedCost="8"))
    assert Event.objects.count() == 1
    assert amounts(restated.summary) == ("8", "10", "2")
    assert restated.summary["differences"] == {"negotiated_price": "2"}


def test_a_second_file_adds_its_prices_and_usage_to_the_month(imports: Importer):
    imports(row(), row(**OTHER, PricingQuantity="7"))
    frozen = set(Price.objects.values_list("pk", flat=True))
    dearer = {"ListUnitPrice": "0.06", "PricingQuantity": "100"}
    second = imports(row(**OTHER, PricingQuantity="1"), row(**dearer))
    assert counts(second.summary) == (2, 2, 0, 0)
    assert frozen < set(Price.objects.values_list("pk", flat=True))
    assert PlanVersion.objects.filter(state="published").count() == 2
    assert Subscription.objects.count() == 2
    assert [line[2:] for line in lines()] == [
        ("200", Decimal("10.00")),
        ("8", Decimal("0.09")),
        ("100", Decimal("6.00")),
    ]
    # Of the shared line only what this file used: 1 hour at 0.0112.
    assert second.summary["our_total"] == "6.01"


def test_an_earlier_month_is_billed_as_well(imports: Importer):
    imports(row())
    august = {"BillingPeriodStart": "2024-08-01", "BillingPeriodEnd": "2024-09-01"}
    run = imports(row(**august, ChargePeriodStart="2024-08-05"))
    assert counts(run.summary) == (1, 1, 0, 0)
    assert Invoice.objects.count() == 2


def test_the_current_month_is_a_draft_even_when_invoices_are_to_be_issued(imports: Importer):
    current = {"BillingPeriodStart": "2026-11-01", "BillingPeriodEnd": "2026-12-01"}
    run = imports(row(), row(**current, ChargePeriodStart="2026-11-01 10:00:00"), issues=True)
    assert [(each["month"], each["state"]) for each in run.summary["invoices"]] == [
        ("2024-09-01", "issued"),
        ("2026-11-01", "draft"),
    ]


def test_drafts_of_a_first_comparison_are_issued_when_asked_for(imports: Importer):
    draft = imports(row())
    issued = imports(row(), issues=True)
    assert [each["state"] for each in issued.summary["invoices"]] == ["issued"]
    assert amounts(issued.summary) == amounts(draft.summary)
    before = everything()
    assert imports(row(), issues=True).pk == issued.pk
    assert everything() == before


def test_usage_that_comes_after_the_invoice_is_late(imports: Importer, tmp_path: Path):
    imports(row(), issues=True)
    later = file_with(tmp_path, text_of(row(), row(ResourceId="vol-9")).encode(), name="later.csv")
    run = imports(later, at=NOW.replace(day=3))
    assert counts(run.summary) == (2, 1, 1, 0)
    assert run.summary["explained"] == {"month_invoiced": 1}
    assert run.summary["our_total"] == "10"


def test_a_month_the_account_does_not_have_is_quarantined(imports: Importer):
    shifted = {"BillingPeriodStart": "2024-09-15", "BillingPeriodEnd": "2024-10-15"}
    run = imports(row(), row(**shifted))
    assert counts(run.summary) == (2, 1, 1, 0)
    assert run.summary["explained"] == {"not_a_billing_month": 1}


def test_usage_of_tomorrow_is_refused_by_ingest_and_shown(imports: Importer):
    future = {"BillingPeriodStart": "2027-01-01", "BillingPeriodEnd": "2027-02-01"}
    run = imports(row(), row(**future, ChargePeriodStart="2027-01-05"))
    assert counts(run.summary) == (2, 1, 1, 1)
    refused = run.rows.get(row_number=2)
    assert refused.difference_reason == "usage_refused"
    assert "ahead" in refused.detail


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileRefused),
        (text_of().encode(), FileRefused),
        (text_of(row(), columns=COLUMNS[2:]).encode(), ColumnMissing),
    ],
    ids=["empty", "header only", "without a column"],
)
def test_a_refused_file_saves_nothing(imports: Importer, tmp_path: Path, content, refusal):
    before = everything()
    with pytest.raises(refusal):
        imports(file_with(tmp_path, content))
    assert everything() == before


def test_a_file_of_nothing_billable_is_compared_without_a_bill_run(imports: Importer):
    run = imports(CREDIT)
    assert counts(run.summary) == (1, 0, 1, 0)
    assert amounts(run.summary) == ("-2.61", "0", "2.61")
    assert run.bill_run is None


def test_drafts_of_a_comparison_are_not_forgotten_by_a_run_over_everybody(imports: Importer):
    bill_runs.start(as_of=NOW, at=NOW, by=ADA, reason="The month's run")
    imports(row())
    assert nothing_due_is_forgotten().violations == 0


def test_names_that_cannot_be_printed_or_kept_are_made_so(imports: Importer):
    odd = {"ResourceId": "vol\x01-ü" * 60, "ChargeDescription": "per\tGB " * 60}
    run = imports(row(**odd), row(**odd, BillingAccountName="\x01", ProviderName="Ünï Cloud"))
    assert counts(run.summary) == (2, 2, 0, 0)
    assert {invoice.account.name for invoice in Invoice.objects.all()} == {
        "SunBird · AWS 1234567890123 · USD",
        "Ünï Cloud 1234567890123 · USD",
    }


def test_credits_of_accounts_without_usage_stand_by_themselves(imports: Importer):
    run = imports(CREDIT, CREDIT | {"BillingAccountId": "888"}, row(BillingAccountId="777"))
    assert counts(run.summary) == (3, 1, 2, 0)
    assert run.skus.get(account=None).row_count == 2


def test_a_comparison_can_be_made_again(imports: Importer):
    first = imports(row())
    again = imports(row(), again=True)
    assert again.pk != first.pk
    assert amounts(again.summary) == amounts(first.summary)
    assert ParallelRun.objects.count() == 2
