"""Which rows of a foreign bill are billed, and what is named for those that are not."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.parallel_run.charges import SkuPrice
from billing.parallel_run.columns import BillingAccount
from billing.parallel_run.reasons import DifferenceReason
from core.periods import Period
from tests.billing.parallel.bill import charge, held


def utc(day: int, hour: int = 0, *, month: int = 9) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def test_a_row_is_billed_at_list_price_times_quantity():
    read = charge(ListUnitPrice="0.085", PricingQuantity="0.00515029860")
    assert read.account == BillingAccount("AWS", "1234567890123", "USD")
    assert read.period == Period(utc(1), utc(1, month=10))
    assert read.counts_at == utc(18, 22)
    assert read.price == SkuPrice("G95FST5F.JRTCKXETXF", "0.085", "GB")
    assert read.ours == Decimal("0.000437775381")


def test_an_account_in_another_currency_is_another_account():
    assert charge(BillingCurrency="EUR").account != charge().account


@pytest.mark.parametrize(
    "text",
    [
        "2024-09-18 22:00:00",
        "2024-09-18T22:00:00Z",
        "2024-09-18T22:00:00.000Z",
        "2024-09-18 22:00:00 UTC",
        "2024-09-19T00:00:00+02:00",
    ],
)
def test_instants_are_in_utc_unless_they_say_otherwise(text):
    assert charge(ChargePeriodStart=text).counts_at == utc(18, 22)


def test_a_charge_billed_a_month_late_counts_in_the_month_it_is_billed_in():
    late = charge(
        BillingPeriodStart="2024-10-01",
        BillingPeriodEnd="2024-11-01",
        ChargePeriodStart="2024-09-30",
    )
    assert late.counts_at == utc(1, month=10)


def test_billing_months_need_not_be_calendar_months():
    read = charge(BillingPeriodStart="2024-09-15", BillingPeriodEnd="2024-10-15")
    assert read.period == Period(utc(15), utc(15, month=10))


def test_a_provider_without_price_ids_is_priced_by_sku_id():
    assert charge(SkuPriceId="", SkuId="B93298").price.sku == "B93298"


def test_the_same_list_price_is_the_same_price_however_it_is_written():
    assert charge(ListUnitPrice="0.0500").price == charge(ListUnitPrice="5e-2").price


def test_the_digest_is_of_what_the_row_says():
    assert charge(Tags="").digest == charge().digest
    assert charge(Tags="{}").digest != charge().digest


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"ChargeCategory": "Credit", "BilledCost": "-2.61"}, DifferenceReason.CREDIT),
        (
            {"ChargeCategory": "Credit", "ListUnitPrice": "", "BilledCost": "0"},
            DifferenceReason.CREDIT,
        ),
        ({"ChargeCategory": "Adjustment"}, DifferenceReason.ADJUSTMENT),
        ({"ChargeCategory": "Tax"}, DifferenceReason.TAX),
        ({"ChargeCategory": "Gift"}, DifferenceReason.UNKNOWN_CATEGORY),
        ({"ChargeCategory": ""}, DifferenceReason.UNKNOWN_CATEGORY),
        ({"ChargeClass": "Correction"}, DifferenceReason.CORRECTION),
        ({"BilledCost": "-10", "ListCost": "-10"}, DifferenceReason.REFUND),
        ({"PricingQuantity": "", "BilledCost": "1"}, DifferenceReason.NO_QUANTITY),
        ({"ListUnitPrice": "", "BilledCost": "1"}, DifferenceReason.NO_LIST_PRICE),
        ({"ListUnitPrice": "-0.05"}, DifferenceReason.NEGATIVE_PRICE),
        ({"SkuPriceId": "", "SkuId": ""}, DifferenceReason.NO_SKU),
        ({"BillingAccountId": ""}, DifferenceReason.NO_BILLING_ACCOUNT),
        ({"BillingCurrency": "BTC"}, DifferenceReason.NO_BILLING_ACCOUNT),
        ({"BillingPeriodEnd": "2024-09-16 00:00:00"}, DifferenceReason.NOT_A_BILLING_MONTH),
        ({"PricingQuantity": "0.0000000000000000001"}, DifferenceReason.OUT_OF_RANGE),
        ({"PricingQuantity": "99999999999999999"}, DifferenceReason.OUT_OF_RANGE),
        ({"ListUnitPrice": "0.0000000000001"}, DifferenceReason.OUT_OF_RANGE),
        ({"BilledCost": "ten"}, DifferenceReason.UNREADABLE_ROW),
        ({"BilledCost": "1,5"}, DifferenceReason.UNREADABLE_ROW),
        ({"BilledCost": "NaN"}, DifferenceReason.UNREADABLE_ROW),
        ({"BilledCost": "", "ListCost": "1"}, DifferenceReason.UNREADABLE_ROW),
        ({"ListCost": "1e999"}, DifferenceReason.UNREADABLE_ROW),
        ({"ChargePeriodStart": "18/09/2024"}, DifferenceReason.UNREADABLE_ROW),
        ({"BillingPeriodStart": ""}, DifferenceReason.UNREADABLE_ROW),
    ],
)
def test_a_row_that_is_no_use_at_a_price_is_held(columns, reason):
    given = {"BilledCost": "10"} if "BilledCost" not in columns else {}
    if columns.get("BilledCost") == "":
        columns = columns | {"BilledCost": " "}
    read = held(**given, **columns)
    assert read.reason == reason
    assert read.detail


def test_usage_taken_back_is_usage_below_zero():
    assert charge(PricingQuantity="-1000").ours == -50


def test_a_purchase_is_billed_where_it_has_a_list_price():
    assert charge(ChargeCategory="Purchase", ListUnitPrice="120", PricingQuantity="1").ours == 120
    assert held(ChargeCategory="Purchase", ListUnitPrice="0").reason == DifferenceReason.PURCHASE
    assert held(ChargeCategory="Purchase", ListUnitPrice="", BilledCost="5").reason == (
        DifferenceReason.PURCHASE
    )
    assert (
        held(ChargeCategory="Purchase", BilledCost="99", ListCost="99").reason
        == DifferenceReason.PURCHASE
    )


def test_a_held_row_keeps_what_could_be_read_of_it():
    read = held(ChargeCategory="Credit", BilledCost="-2.61370000000", ChargeDescription="Promotion")
    assert read.account == BillingAccount("AWS", "1234567890123", "USD")
    assert read.billed_cost is not None
    assert read.billed_cost.value == Decimal("-2.6137")
    assert (read.currency, read.description) == ("USD", "Promotion")
