"""A row of a foreign bill: a charge we can bill at list price, or a held row with the reason.

Owns which rows can be billed as usage. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from billing.parallel_run.columns import (
    NAME_MAX,
    BillingAccount,
    ColumnUnreadable,
    FileRow,
    printable,
)
from billing.parallel_run.csvfile import Record
from billing.parallel_run.figures import PrintedFigure, product
from billing.parallel_run.reasons import DifferenceReason, is_list_price_its_own
from core.decimals import decimal_text
from core.periods import Period, billing_period_at

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No event is older; a foreign account, its resources and prices are known from here on."""
QUANTITY_DECIMALS, PRICE_DECIMALS, WHOLE_DIGITS = 18, 12, 16
"""What a metered quantity and a unit price hold after the point, and both before it."""
UNIT_MAX = 64
"""Characters the unit of a price can have."""


@dataclass(frozen=True, slots=True, order=True)
class SkuPrice:
    """What a quantity is priced by: one SKU at one list price for one unit."""

    sku: str
    list_price: str
    unit: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a row says beside quantity, list price and billed cost; None where it says nothing."""

    consumed: PrintedFigure | None
    list_cost: PrintedFigure | None
    contracted_cost: PrintedFigure | None
    contracted_price: PrintedFigure | None
    effective_cost: PrintedFigure | None
    pricing_category: str
    commitment: str
    commitment_status: str


@dataclass(frozen=True, slots=True)
class UnbilledRow:
    """A row that is not billed, and why. What could be read of it is kept."""

    number: int
    reason: DifferenceReason
    detail: str
    account: BillingAccount | None = None
    currency: str = ""
    sku: str = ""
    description: str = ""
    billed_cost: PrintedFigure | None = None
    column: str = ""
    """The column that could not be read, where it is one."""


@dataclass(frozen=True, slots=True)
class ForeignCharge:
    """A row that can be billed: quantity × list price in one billing period of one account.

    `counts_at` is the start of its charge period, within the billing period: a provider may bill a
    charge in the month after. `digest` is the hash of the row.
    """

    number: int
    account: BillingAccount
    period: Period
    counts_at: datetime
    price: SkuPrice
    quantity: PrintedFigure
    list_price: PrintedFigure
    billed_cost: PrintedFigure
    beside: Beside
    digest: bytes
    row: FileRow

    @property
    def ours(self) -> Decimal:
        """What we make of it: quantity × list price, exact."""
        return product(self.list_price.value, self.quantity.value)

    def held(self, reason: DifferenceReason, detail: str) -> UnbilledRow:
        """The same row, not billed after all."""
        return UnbilledRow(
            number=self.number,
            reason=reason,
            detail=detail,
            account=self.account,
            currency=self.account.currency,
            sku=self.price.sku,
            description=self.row.text("ChargeDescription"),
            billed_cost=self.billed_cost,
        )


class _Hold(Exception):
    def __init__(self, reason: DifferenceReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_charge(record: Record) -> ForeignCharge | UnbilledRow:
    """Read one record; the first reason not to bill it is the one that is named."""
    if record.values is None:
        detail = f"Line {record.line}: {record.problem}."
        return UnbilledRow(record.number, DifferenceReason.UNREADABLE_ROW, detail)
    row = FileRow(record.values)
    try:
        return _charge(record.number, row)
    except ColumnUnreadable as unreadable:
        held = _held(record, row, DifferenceReason.UNREADABLE_ROW, f"{unreadable}.")
        return replace(held, column=unreadable.column)
    except _Hold as hold:
        return _held(record, row, hold.reason, hold.detail)


def _held(record: Record, row: FileRow, reason: DifferenceReason, detail: str) -> UnbilledRow:
    try:
        billed_cost = row.figure("BilledCost")
    except ColumnUnreadable:
        billed_cost = None
    return UnbilledRow(
        number=record.number,
        reason=reason,
        detail=detail,
        account=row.account,
        currency=row.currency or "",
        sku=row.sku[:NAME_MAX],
        description=row.text("ChargeDescription"),
        billed_cost=billed_cost,
    )


def _charge(number: int, row: FileRow) -> ForeignCharge:
    billed_cost = row.figure("BilledCost")
    if billed_cost is None:
        raise ColumnUnreadable("BilledCost", "there is none")
    beside = _beside(row)
    _hold_by_kind(row, billed_cost, beside)
    account = row.account
    if account is None:
        raise _Hold(
            DifferenceReason.NO_BILLING_ACCOUNT,
            f"Provider {row.provider[:40]!r}, account {row.text('BillingAccountId')[:40]!r} and "
            f"currency {row.text('BillingCurrency')[:40]!r} are not all known here.",
        )
    quantity, list_price = _quantity(row), _list_price(row)
    period = _billing_month(row)
    charged_from = row.instant("ChargePeriodStart")
    charge = ForeignCharge(
        number=number,
        account=account,
        period=period,
        counts_at=charged_from if period.contains(charged_from) else period.start,
        price=_sku_price(row, list_price),
        quantity=quantity,
        list_price=list_price,
        billed_cost=billed_cost,
        beside=beside,
        digest=row.digest,
        row=row,
    )
    if row.text("ChargeCategory") == "Purchase" and not is_list_price_its_own(charge):
        raise _Hold(
            DifferenceReason.PURCHASE, "A purchase whose list price is not that of its quantity."
        )
    return charge


def _beside(row: FileRow) -> Beside:
    return Beside(
        consumed=row.figure("ConsumedQuantity"),
        list_cost=row.figure("ListCost"),
        contracted_cost=row.figure("ContractedCost"),
        contracted_price=row.figure("ContractedUnitPrice"),
        effective_cost=row.figure("EffectiveCost"),
        pricing_category=row.text("PricingCategory"),
        commitment=row.text("CommitmentDiscountId"),
        commitment_status=row.text("CommitmentDiscountStatus"),
    )


_KINDS = {
    "Credit": DifferenceReason.CREDIT,
    "Adjustment": DifferenceReason.ADJUSTMENT,
    "Tax": DifferenceReason.TAX,
    "Refund": DifferenceReason.REFUND,
}


def _hold_by_kind(row: FileRow, billed_cost: PrintedFigure, beside: Beside) -> None:
    """Hold what is no use of anything: corrections of money are never usage here either."""
    category, price = row.text("ChargeCategory"), row.figure("ListUnitPrice")
    if category in _KINDS:
        raise _Hold(_KINDS[category], f"ChargeCategory is {category}.")
    if category not in ("Usage", "Purchase"):
        raise _Hold(DifferenceReason.UNKNOWN_CATEGORY, f"ChargeCategory is {category[:40]!r}.")
    if row.text("ChargeClass") == "Correction":
        raise _Hold(
            DifferenceReason.CORRECTION, "ChargeClass is Correction: it corrects an earlier period."
        )
    if category == "Purchase" and (price is None or not price.value):
        raise _Hold(DifferenceReason.PURCHASE, "A purchase without a list price.")
    listed = beside.list_cost
    if billed_cost.value < 0 and listed is not None and listed.value < 0:
        quantity = row.figure("PricingQuantity")
        if quantity is None or quantity.value >= 0:
            raise _Hold(
                DifferenceReason.REFUND, "The amounts are negative and the quantity is not."
            )


def _quantity(row: FileRow) -> PrintedFigure:
    quantity = row.figure("PricingQuantity")
    if quantity is None:
        raise _Hold(DifferenceReason.NO_QUANTITY, "PricingQuantity is empty.")
    _require_fit("PricingQuantity", quantity, QUANTITY_DECIMALS)
    return quantity


def _list_price(row: FileRow) -> PrintedFigure:
    price = row.figure("ListUnitPrice")
    if price is None:
        unit, billed_in = row.text("PricingCurrency"), row.text("BillingCurrency")
        if unit and unit != billed_in:
            raise _Hold(
                DifferenceReason.OTHER_PRICING_CURRENCY,
                f"ListUnitPrice is empty: the row is priced in {printable(unit, longest=40)}, and "
                f"what that is in {billed_in} is in no column.",
            )
        raise _Hold(DifferenceReason.NO_LIST_PRICE, "ListUnitPrice is empty.")
    if price.value < 0:
        raise _Hold(DifferenceReason.NEGATIVE_PRICE, f"ListUnitPrice is {price}.")
    _require_fit("ListUnitPrice", price, PRICE_DECIMALS)
    return price


def _require_fit(column: str, figure: PrintedFigure, decimals: int) -> None:
    if figure.used > decimals:
        raise _Hold(DifferenceReason.OUT_OF_RANGE, f"{column} has more than {decimals} decimals.")
    if figure.value and figure.value.adjusted() >= WHOLE_DIGITS:
        raise _Hold(DifferenceReason.OUT_OF_RANGE, f"{column} is beyond all proportion.")


def _sku_price(row: FileRow, list_price: PrintedFigure) -> SkuPrice:
    if not row.sku:
        raise _Hold(DifferenceReason.NO_SKU, "SkuPriceId and SkuId are empty.")
    unit = row.text("PricingUnit") or "units"
    if len(row.sku) > NAME_MAX or len(unit) > UNIT_MAX:
        raise _Hold(
            DifferenceReason.OUT_OF_RANGE, "The SKU price id or the pricing unit is too long."
        )
    return SkuPrice(row.sku, decimal_text(list_price.value), unit)


def _billing_month(row: FileRow) -> Period:
    start, end = row.instant("BillingPeriodStart"), row.instant("BillingPeriodEnd")
    month = billing_month(start, end)
    if month is None:
        raise _Hold(
            DifferenceReason.NOT_A_BILLING_MONTH,
            f"From {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} is not one month in UTC.",
        )
    return month


@lru_cache(maxsize=1_024)
def billing_month(start: datetime, end: datetime) -> Period | None:
    """The period from one instant to the other, if it is one month in UTC."""
    if not EARLIEST <= start < end:
        return None
    period = Period(start, end)
    is_month = period == billing_period_at(date(2000, 1, start.day), "UTC", start)
    return period if is_month else None
