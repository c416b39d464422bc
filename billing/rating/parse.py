"""PriceRule documents into prices: every problem at once, with JSON pointers.

Owns the fields of the modifiers; a model reads its own. What the fields mean is in
docs/pricing.md, whose every example is run by the tests.
"""

from __future__ import annotations

from decimal import Decimal

from billing.rating.fee_cycles import read_fee_cycle
from billing.rating.models import read_model
from billing.rating.models.all_charges import AllCharges
from billing.rating.models.matrix import PriceModel
from billing.rating.models.simple import PerUnit
from billing.rating.price import (
    PERIOD_DIVISORS,
    Commitment,
    Conversion,
    Discount,
    Included,
    LimitScope,
    PricedIn,
    PriceLimit,
    PriceRule,
    Rounding,
    SeatCount,
    SeatRule,
)
from billing.rating.proration import Proration
from billing.rating.reading import QUANTITY_SCALE, DocumentProblems, Fields
from core.money import is_currency_code

# Reading goes on with this when the model is wrong, to find what else is.
_STAND_IN = PerUnit(Decimal(0))
# Whose charges of one price a limit may add up.
_SCOPES = (LimitScope.CHARGE, LimitScope.RESOURCE, LimitScope.ACCOUNT)
# What a limit over all charges may not say.
_BESIDE_LIMITS = (
    "unit", "convert", "included", "proration", "commitment", "discounts", "priced_in",
    "cycle", "seats",
)  # fmt: skip


def parse_price(document: object) -> PriceRule:
    """Read a price document.

    Raises: DocumentRefused with every problem and its JSON pointer.
    """
    problems = DocumentProblems()
    price = read_price(Fields(document, "", problems))
    problems.raise_if_any()
    assert price is not None
    return price


def read_price(fields: Fields) -> PriceRule | None:
    """Read a price inside a larger document; None, with the problems noted, when it is wrong."""
    problems_before = len(fields.problems)
    model = read_model(fields)
    default = Proration.SECOND if model is not None and model.name == "flat" else Proration.NONE
    of_all = LimitScope.SUBSCRIPTION if isinstance(model, AllCharges) else None
    seats = _read_seats(fields)
    price = PriceRule(
        model=model or _STAND_IN,
        unit=fields.text("unit", default="", longest=64),
        conversion=_read_conversion(fields.optional_object("convert")) or _of_seats(seats),
        included=_read_included(fields),
        proration=read_proration(fields, default),
        commitment=_read_commitment(fields.optional_object("commitment")),
        discounts=tuple(read_discounts(fields)),
        maximum=read_limit(fields, "maximum", scope=of_all),
        minimum=read_limit(fields, "minimum", scope=of_all),
        priced_in=_read_priced_in(fields.optional_object("priced_in")),
        cycle=read_fee_cycle(fields),
        seats=seats,
    )
    if model is None:
        return None
    _refuse_inapplicable(fields, model, price)
    fields.close()
    return price if len(fields.problems) == problems_before else None


def read_proration(fields: Fields, default: Proration = Proration.NONE) -> Proration:
    """Read how time is counted."""
    return Proration(fields.choice("proration", list(Proration), default=default))


def read_limit(fields: Fields, name: str, *, scope: LimitScope | None = None) -> PriceLimit | None:
    """Read a maximum or minimum: {"amount", "per", "proration"}, or just the amount.

    Where the `scope` is given it is not asked for.
    """
    if isinstance(fields.raw(name), str | int | Decimal):
        return PriceLimit(fields.decimal(name, at_least="0"), scope or LimitScope.CHARGE)
    inner = fields.optional_object(name)
    if inner is None:
        return None
    limit = PriceLimit(
        amount=inner.decimal("amount", at_least="0"),
        scope=scope or LimitScope(inner.choice("per", _SCOPES, default="charge")),
        proration=read_proration(inner),
    )
    inner.close()
    return limit


def read_discounts(fields: Fields, charges: set[str] | None = None) -> list[Discount]:
    """Read a list of {"percent" | "amount", "name"}; percentages are put first, as applied.

    Where `charges` are given, a discount may be on some of them only, by their keys.
    """
    discounts = []
    for entry in fields.objects("discounts"):
        percent = entry.optional_decimal("percent", at_least="0")
        amount = entry.optional_decimal("amount", at_least="0")
        if (percent is None) == (amount is None):
            entry.problem("percent", "choice", "A discount has a percent or an amount, not both.")
        if percent is not None and percent > 100:
            entry.problem("percent", "percent_range", "A discount is at most 100 percent.")
        name = entry.text("name", default="discount")
        named = () if charges is None else read_names(entry, charges)
        entry.close()
        discounts.append(Discount(percent, amount, name, named))
    return sorted(discounts, key=lambda discount: discount.percent is None)


def read_names(entry: Fields, charges: set[str]) -> tuple[str, ...]:
    """Read the keys of charges something is limited to; absent is all of them."""
    names = []
    for pointer, value in entry.items("charges"):
        if isinstance(value, str) and value in charges:
            names.append(value)
        else:
            entry.problems.add(pointer, "charge_unknown", "Name a charge by its key.")
    return tuple(names)


def _read_conversion(fields: Fields | None) -> Conversion | None:
    if fields is None:
        return None
    divide_by: Decimal | str
    if isinstance(fields.raw("divide_by"), str) and fields.raw("divide_by") in PERIOD_DIVISORS:
        divide_by = str(fields.raw("divide_by"))
    else:
        divide_by = fields.decimal("divide_by", default="1", scale=QUANTITY_SCALE, above="0")
    if "divide_by" not in fields and "multiply_by" not in fields:
        fields.problem("divide_by", "required", "A conversion has a divide_by or a multiply_by.")
    conversion = Conversion(
        multiply_by=fields.decimal("multiply_by", default="1", scale=QUANTITY_SCALE, above="0"),
        divide_by=divide_by,
        rounding=Rounding(fields.choice("round", list(Rounding), default="none")),
        decimals=fields.integer("decimals", default=0, at_least=-12, at_most=12),
    )
    fields.close()
    return conversion


def _read_included(fields: Fields) -> Included | None:
    if isinstance(fields.raw("included"), str | int | Decimal):
        return Included(fields.decimal("included", scale=QUANTITY_SCALE, at_least="0"))
    inner = fields.optional_object("included")
    if inner is None:
        return None
    quantity = inner.decimal("quantity", scale=QUANTITY_SCALE, at_least="0")
    included = Included(quantity, read_proration(inner))
    inner.close()
    return included


def _read_commitment(fields: Fields | None) -> Commitment | None:
    if fields is None:
        return None
    quantity = fields.optional_decimal("quantity", scale=QUANTITY_SCALE, at_least="0")
    amount = fields.optional_decimal("amount", at_least="0")
    overage_unit_price = fields.optional_decimal("overage_unit_price", at_least="0")
    if (quantity is None) == (amount is None):
        fields.problem("quantity", "choice", "A commitment is a quantity or an amount, not both.")
    if overage_unit_price is not None and quantity is None:
        fields.problem(
            "overage_unit_price", "not_applicable", "Only a committed quantity has a unit price."
        )
    if overage_unit_price is not None and "overage_factor" in fields:
        fields.problem("overage_factor", "choice", "Overage has a factor or a unit price.")
    commitment = Commitment(
        quantity=quantity,
        amount=amount,
        overage_factor=fields.decimal("overage_factor", default="1", at_least="0"),
        overage_unit_price=overage_unit_price,
        has_true_up=fields.boolean("true_up", default=True),
        proration=read_proration(fields),
    )
    fields.close()
    return commitment


def _read_priced_in(fields: Fields | None) -> PricedIn | None:
    if fields is None:
        return None
    priced_in = PricedIn(fields.text("unit", longest=64), fields.decimal("value", above="0"))
    refuse_real_currency(fields, "unit", priced_in.unit)
    fields.close()
    return priced_in


def refuse_real_currency(fields: Fields, name: str, code: str) -> None:
    """Note a unit of one's own that is called like money, which has decimals of its own."""
    if is_currency_code(code):
        detail = f"{code} is a real currency (ISO 4217); a unit of your own has another name."
        fields.problem(name, "currency_real", detail)


def _refuse_inapplicable(fields: Fields, model: PriceModel, price: PriceRule) -> None:
    """Note modifiers that would do nothing, or nothing sensible, on this model."""
    if isinstance(model, AllCharges):
        _refuse_beside_limits(fields, price)
        return
    _refuse_beside_cycles(fields, model, price)
    refused: dict[str, object]
    by_quantity = price.commitment is not None and price.commitment.quantity is not None
    if model.is_final_only and by_quantity:
        fields.problem(
            "commitment", "not_applicable", f"No quantity can be committed on a {model.name} price."
        )
    if model.kind == "fee":
        refused = {"convert": price.conversion, "included": price.included}
        refused["commitment"] = price.commitment
    elif model.takes_events:
        refused = {"convert": price.conversion, "included": price.included}
        refused["commitment"] = price.commitment if by_quantity else None
    else:
        return
    for name, modifier in refused.items():
        if modifier is not None:
            fields.problem(name, "not_applicable", f"{name} does not apply to {model.name}.")


def _refuse_beside_cycles(fields: Fields, model: PriceModel, price: PriceRule) -> None:
    """Note what goes neither with a cycle of its own nor with seats."""
    limits = {"maximum": price.maximum, "minimum": price.minimum}
    if price.cycle is not None:
        if model.kind != "fee" and price.seats is None:
            fields.problem("cycle", "not_applicable", "Only fees and seats have a cycle.")
        if model.kind == "fee" and model.is_final_only:
            fields.problem("billed", "choice", "The cycle says whether it is due in arrears.")
        for name, limit in limits.items():
            if limit is not None and limit.scope is not LimitScope.CHARGE:
                fields.problem(name, "not_applicable", f"In a cycle a {name} is of one charge.")
    if price.seats is not None and (model.kind == "fee" or model.takes_events):
        fields.problem("seats", "not_applicable", f"A {model.name} price counts no seats.")
    is_timed = price.seats is not None and price.seats.count is not SeatCount.HIGH_WATER
    if price.seats is not None and price.cycle is not None and not is_timed:
        fields.problem("seats", "choice", "In a cycle seats are counted by time.")
    if is_timed and price.proration is not Proration.NONE:
        fields.problem("proration", "not_applicable", "Seats are counted by time already.")
    if price.seats is not None and "convert" in fields:
        fields.problem("convert", "not_applicable", "Seats are counted as they are.")


def _read_seats(fields: Fields) -> SeatRule | None:
    """Read "seats": how they are counted, or {"count", "of"}."""
    if isinstance(fields.raw("seats"), str):
        return SeatRule(SeatCount(fields.choice("seats", list(SeatCount))))
    inner = fields.optional_object("seats")
    if inner is None:
        return None
    count = SeatCount(inner.choice("count", list(SeatCount)))
    of = inner.choice("of", ("bought", "holders"), default="bought")
    inner.close()
    return SeatRule(count, of == "holders")


def _of_seats(seats: SeatRule | None) -> Conversion | None:
    """Seats that count by time come as seconds, and are so many of the whole period."""
    if seats is None or seats.count is SeatCount.HIGH_WATER:
        return None
    return Conversion(divide_by="period_seconds")


def _refuse_beside_limits(fields: Fields, price: PriceRule) -> None:
    """Note whatever a limit over all charges says beside its limits, or that it has none."""
    for name in fields.names:
        if name in _BESIDE_LIMITS:
            fields.problem(name, "not_applicable", f"{name} does not apply to all_charges.")
    if not price.has_limits:
        fields.problem("minimum", "required", "It has a minimum, a maximum, or both.")
