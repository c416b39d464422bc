"""Why a row differs from what we make of it, proved by the row's own numbers, or not at all.

Owns the names of the reasons and their proofs. A reason is given only where the source's own
columns say so and add up; otherwise the difference is `unexplained`, which fails the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.parallel_run.figures import EXACT, PrintedFigure, product, sum_of
from core.money import minor_exponent

if TYPE_CHECKING:
    from billing.parallel_run.charges import ForeignCharge


class DifferenceReason(StrEnum):
    """Every name a difference can have; docs/parallel-run.md says what each one proves."""

    # Billed by us, and the amounts differ.
    ROUNDING_IN_SOURCE = "rounding_in_source"
    COMMITMENT_DISCOUNT = "commitment_discount"
    DYNAMIC_PRICE = "dynamic_price"
    NEGOTIATED_PRICE = "negotiated_price"
    FREE_USAGE = "free_usage"
    CONSUMED_QUANTITY = "consumed_quantity"
    LIST_COST_DIFFERS = "list_cost_differs"
    OUR_ROUNDING = "our_rounding"
    UNEXPLAINED = "unexplained"
    # Not billed, by what the row is.
    CREDIT = "credit"
    ADJUSTMENT = "adjustment"
    TAX = "tax"
    REFUND = "refund"
    CORRECTION = "correction"
    PURCHASE = "purchase"
    NEGATIVE_PRICE = "negative_price"
    NO_QUANTITY = "no_quantity"
    NO_LIST_PRICE = "no_list_price"
    NO_SKU = "no_sku"
    OTHER_PRICING_CURRENCY = "other_pricing_currency"
    NO_BILLING_ACCOUNT = "no_billing_account"
    NOT_A_BILLING_MONTH = "not_a_billing_month"
    UNKNOWN_CATEGORY = "unknown_charge_category"
    OUT_OF_RANGE = "out_of_range"
    UNREADABLE_ROW = "unreadable_row"
    # Not billed, by what became of its event here.
    USAGE_QUARANTINED = "usage_quarantined"
    USAGE_REFUSED = "usage_refused"
    MONTH_INVOICED = "month_invoiced"
    ACCOUNT_PARKED = "account_parked"
    NOT_METERED = "not_metered"

    @property
    def is_explanation(self) -> bool:
        """Whether a difference of this name is explained; the others are ours to look into."""
        return self not in _UNEXPLAINED

    @property
    def words(self) -> str:
        """The name as a person reads it."""
        return self.value.replace("_", " ").capitalize()


_UNEXPLAINED = frozenset(
    {
        DifferenceReason.UNEXPLAINED,
        DifferenceReason.ACCOUNT_PARKED,
        DifferenceReason.NOT_METERED,
        # Not looked at, for no reason that lies in what the row is.
        DifferenceReason.UNREADABLE_ROW,
        DifferenceReason.NO_BILLING_ACCOUNT,
        DifferenceReason.UNKNOWN_CATEGORY,
        DifferenceReason.OTHER_PRICING_CURRENCY,
        DifferenceReason.OUT_OF_RANGE,
        DifferenceReason.USAGE_QUARANTINED,
        DifferenceReason.USAGE_REFUSED,
    }
)


def reason_of(charge: ForeignCharge) -> DifferenceReason | None:
    """Why the billed cost is not list price × quantity; None where it is."""
    billed = charge.billed_cost
    if billed.value == charge.ours:
        return None
    proof = _Proof(charge)
    if proof.is_worth(billed, charge.list_price, charge.quantity):
        return DifferenceReason.ROUNDING_IN_SOURCE
    found = next(proof.found(), None)
    if not proof.list_cost_adds_up:
        # The source did not price by its own unit price; that much of the difference is certain.
        is_said = found is not None or proof.is_billed_at_list_cost
        return DifferenceReason.LIST_COST_DIFFERS if is_said else DifferenceReason.UNEXPLAINED
    return found or DifferenceReason.UNEXPLAINED


def is_list_price_its_own(charge: ForeignCharge) -> bool:
    """Whether list price × quantity is the list cost; if not, what we make of it says nothing."""
    return _Proof(charge).list_cost_adds_up


class _Proof:
    """The numbers of one row, held against each other."""

    def __init__(self, charge: ForeignCharge) -> None:
        self._charge = charge
        self._beside = charge.beside
        self._places = minor_exponent(charge.account.currency)

    def found(self) -> Iterator[DifferenceReason]:
        """The reasons that hold, the most telling first."""
        beside, billed = self._beside, self._charge.billed_cost
        is_zero, is_contracted = not billed.value, self._is_contracted()
        if self._is_committed and (is_zero or is_contracted or self._agrees(beside.effective_cost)):
            yield DifferenceReason.COMMITMENT_DISCOUNT
        agreed = beside.contracted_cost or beside.effective_cost
        if is_zero and agreed is not None and not agreed.value:
            yield DifferenceReason.FREE_USAGE
        if is_contracted and not is_zero:
            is_dynamic = beside.pricing_category == "Dynamic"
            yield (
                DifferenceReason.DYNAMIC_PRICE if is_dynamic else DifferenceReason.NEGOTIATED_PRICE
            )
        if self._is_priced_by_consumption(billed):
            yield DifferenceReason.CONSUMED_QUANTITY

    @property
    def list_cost_adds_up(self) -> bool:
        """Whether the list cost, if there is one, is worth the list price of a quantity."""
        listed = self._beside.list_cost
        return (
            listed is None
            or self.is_worth(listed, self._charge.list_price, self._charge.quantity)
            or self._is_priced_by_consumption(listed)
        )

    @property
    def is_billed_at_list_cost(self) -> bool:
        """Whether the billed cost is the list cost."""
        return self._agrees(self._beside.list_cost)

    @property
    def _is_committed(self) -> bool:
        beside = self._beside
        return bool(beside.commitment) and (
            beside.pricing_category == "Committed" or beside.commitment_status in ("Used", "Unused")
        )

    def _is_contracted(self) -> bool:
        """Whether the billed cost is what the contract says, by its cost or its unit price."""
        beside, billed = self._beside, self._charge.billed_cost
        price = beside.contracted_price
        if beside.contracted_cost is None and price is None:
            return self._agrees(beside.effective_cost)
        if self._agrees(beside.contracted_cost):
            return True
        if price is None or price.value == self._charge.list_price.value:
            return False
        return self.is_worth(billed, price, self._charge.quantity) or (
            beside.consumed is not None and self.is_worth(billed, price, beside.consumed)
        )

    def _is_priced_by_consumption(self, amount: PrintedFigure) -> bool:
        consumed = self._beside.consumed
        return consumed is not None and self.is_worth(amount, self._charge.list_price, consumed)

    def _agrees(self, other: PrintedFigure | None) -> bool:
        """Whether another cost of the row is the billed one, but for its rounding."""
        if other is None:
            return False
        billed = self._charge.billed_cost
        slack = max(billed.amount_slack(self._places), other.amount_slack(self._places))
        return abs(EXACT.subtract(billed.value, other.value)) <= slack

    def is_worth(
        self, amount: PrintedFigure, price: PrintedFigure, quantity: PrintedFigure
    ) -> bool:
        """Whether an amount is price × quantity, but for the rounding of the three."""
        slack = sum_of(
            amount.amount_slack(self._places),
            product(price.value, quantity.quantity_slack()),
            product(abs(quantity.value), price.price_slack()),
        )
        return abs(EXACT.subtract(amount.value, product(price.value, quantity.value))) <= slack
