"""A difference has a name only where the row's own numbers prove it."""

from decimal import Decimal

import pytest

from billing.parallel_run.figures import read_figure
from billing.parallel_run.reasons import DifferenceReason, reason_of
from tests.billing.parallel.bill import charge

COMMITTED = {
    "PricingCategory": "Committed",
    "CommitmentDiscountId": "arn:aws:savingsplans::1:savingsplan/2",
    "CommitmentDiscountStatus": "Used",
}


def reason(**columns: str) -> DifferenceReason | None:
    """Why a row of 200 GB at 0.05, so 10.00, differs."""
    return reason_of(charge(**columns))


def test_a_row_billed_at_list_price_needs_no_reason():
    assert reason() is None
    assert reason(ContractedCost="0", EffectiveCost="3") is None


@pytest.mark.parametrize(
    ("price", "quantity", "billed"),
    [
        ("0.085", "0.00515029860", "0.00043777540"),  # ten decimals of eleven: half of the tenth
        ("0.0017", "0.63172043011", "0.00107392473"),  # eleven of eleven
        ("0.114", "0.00138888890", "0.00015833330"),  # a quantity that was rounded too
        ("0.0000166667", "142.62800000000", "0.00237713810"),
        ("0.05", "0.12345", "0.01"),  # to the cent, as printed
        ("0.1", "3", "0.30000000000000004"),  # through a binary double
    ],
)
def test_the_last_decimal_of_the_source_is_its_rounding(price, quantity, billed):
    columns = {"ListUnitPrice": price, "PricingQuantity": quantity, "BilledCost": billed}
    assert reason(**columns) == DifferenceReason.ROUNDING_IN_SOURCE


@pytest.mark.parametrize(
    "billed",
    ["10.01", "9.99", "10.00000001000", "10.0000000001", "11", "0", "-10", "20"],
)
def test_a_difference_that_nothing_in_the_row_speaks_of_is_unexplained(billed):
    assert reason(BilledCost=billed, ListCost="10") == DifferenceReason.UNEXPLAINED


def test_a_covered_row_says_by_which_commitment():
    assert (
        reason(BilledCost="0", ListCost="10", **COMMITTED) == DifferenceReason.COMMITMENT_DISCOUNT
    )


@pytest.mark.parametrize("missing", ["CommitmentDiscountId", "both"])
def test_a_commitment_the_row_does_not_name_explains_nothing(missing):
    columns = COMMITTED | {"CommitmentDiscountId": ""}
    if missing == "both":
        columns |= {"PricingCategory": "Standard", "CommitmentDiscountStatus": ""}
    assert reason(BilledCost="0", ListCost="10", **columns) == DifferenceReason.UNEXPLAINED


def test_a_commitment_explains_only_what_it_costs():
    assert reason(BilledCost="7", ListCost="10", EffectiveCost="7", **COMMITTED) == (
        DifferenceReason.COMMITMENT_DISCOUNT
    )
    assert reason(BilledCost="7", ListCost="10", EffectiveCost="6", **COMMITTED) == (
        DifferenceReason.UNEXPLAINED
    )


@pytest.mark.parametrize(
    "contract",
    [
        {"ContractedCost": "8"},
        {"ContractedUnitPrice": "0.04"},
        {"ContractedUnitPrice": "0.04", "ContractedCost": "0"},
        {"EffectiveCost": "8"},  # of a provider that knows no contracted columns
    ],
)
def test_a_negotiated_price_is_one_the_contract_columns_agree_on(contract):
    assert reason(BilledCost="8", ListCost="10", **contract) == DifferenceReason.NEGOTIATED_PRICE


@pytest.mark.parametrize(
    "contract",
    [
        {"ContractedCost": "7.99"},
        {"ContractedUnitPrice": "0.041"},
        {"ContractedUnitPrice": "0.05"},
        {"ContractedCost": "9", "EffectiveCost": "8"},
    ],
)
def test_a_contract_of_another_amount_explains_nothing(contract):
    assert reason(BilledCost="8", ListCost="10", **contract) == DifferenceReason.UNEXPLAINED


def test_a_spot_price_is_dynamic():
    columns = {"PricingCategory": "Dynamic", "ContractedUnitPrice": "0.02"}
    assert reason(BilledCost="4", ListCost="10", **columns) == DifferenceReason.DYNAMIC_PRICE


def test_free_usage_is_free_by_contract():
    assert reason(BilledCost="0", ListCost="10", ContractedCost="0") == DifferenceReason.FREE_USAGE
    assert reason(BilledCost="0", ListCost="10", EffectiveCost="0") == DifferenceReason.FREE_USAGE
    assert reason(BilledCost="0", ListCost="10", ContractedCost="10", EffectiveCost="0") == (
        DifferenceReason.UNEXPLAINED
    )


def test_a_source_that_prices_what_was_consumed_is_named():
    # 0.0003 blocks of 10,000 operations, priced as though each were a block.
    columns = {"ListUnitPrice": "0.05", "PricingQuantity": "0.00000003000"}
    assert reason(**columns, ConsumedQuantity="0.000300", BilledCost="0.00001500000") == (
        DifferenceReason.CONSUMED_QUANTITY
    )
    listed = {"ListCost": "0.0000000015", "BilledCost": "0.00001500000"}
    assert reason(**columns, **listed, ConsumedQuantity="0.000400") == DifferenceReason.UNEXPLAINED


@pytest.mark.parametrize(
    "columns",
    [
        {"BilledCost": "8", "ListCost": "8"},  # tiers: 8.00 at list, of 200 GB at 0.05
        {"BilledCost": "8", "ListCost": "12", "ContractedCost": "8"},
        {"BilledCost": "0", "ListCost": "12", **COMMITTED},
        {"BilledCost": "5", "ListCost": "5", "PricingQuantity": "0"},  # a fee for no quantity
    ],
)
def test_a_list_cost_that_is_not_the_list_price_is_the_name_of_the_difference(columns):
    assert reason(**columns) == DifferenceReason.LIST_COST_DIFFERS


@pytest.mark.parametrize(
    "columns",
    [
        {"BilledCost": "8", "ListCost": "12"},
        {"BilledCost": "8", "ListCost": "12", "ContractedCost": "9", "EffectiveCost": "7"},
        {"BilledCost": "8", "ListCost": "12", "EffectiveCost": "7", **COMMITTED},
    ],
)
def test_a_billed_cost_that_no_column_has_is_unexplained_whatever_the_list_cost(columns):
    assert reason(**columns) == DifferenceReason.UNEXPLAINED


@pytest.mark.parametrize(
    ("text", "amount", "quantity"),
    [
        ("5", "0.005", "0"),  # no coarser than the cent
        ("2.50", "0.005", "0"),
        ("0.00500000000", "0.0000005", "0"),
        ("0.00016666670", "0.00000000005", "0.00000000005"),
        ("0.00107392473", "0.000000000005", "0.000000000005"),
        ("1.00000000000", "0.0000005", "0"),
        ("35.2E-7", "0.000000005", "0"),
    ],
)
def test_a_printed_number_says_how_exact_it_is(text, amount, quantity):
    figure = read_figure(text)
    assert figure.amount_slack(2) == Decimal(amount)
    assert figure.quantity_slack() == Decimal(quantity)


def test_a_currency_without_cents_is_rounded_to_whole_units():
    yen = {"BillingCurrency": "JPY", "ListUnitPrice": "0.4", "PricingQuantity": "3"}
    assert reason(**yen, BilledCost="1") == DifferenceReason.ROUNDING_IN_SOURCE
    assert reason(**yen, BilledCost="2", ListCost="1.2") == DifferenceReason.UNEXPLAINED
