"""Charges as a pricing document writes them.

Owns the fields of a charge. Prices given by name are compiled once, so that their charges share
limits per resource and per account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from billing.rating.account import STANDARD_TAX_GROUP
from billing.rating.charges import (
    AlreadyBilled,
    Charge,
    CompiledPrice,
    Detail,
    OtherTerms,
    TakenBack,
    Terms,
    UnitChange,
)
from billing.rating.compiled import compile_price
from billing.rating.instants import read_gaps, read_span
from billing.rating.models.base import CannotRate, PricedEvent
from billing.rating.models.capacity import METER, read_quantities
from billing.rating.parse import read_price
from billing.rating.price import PriceRule
from billing.rating.reading import QUANTITY_SCALE, Fields, pointer_of
from core.periods import Period

_EVENTS_MAX = 20_000
_NO_DETAIL = Detail()


class ChargeReader:
    """Reads the charges of one document.

    `pointers` says where each charge stands, by its key, and `price_pointers` where its price does.
    """

    def __init__(self, terms: Terms, prices: Mapping[str, PriceRule | None]) -> None:
        self.charges: list[Charge] = []
        self.pointers: dict[str, str] = {}
        self.price_pointers: dict[str, str] = {}
        self.descriptions: dict[str, str] = {}
        self._terms = terms
        self._prices = prices
        self._compiled: dict[tuple[str, Period | None], CompiledPrice | None] = {}

    def read(self, fields: Fields) -> None:
        """Read a charge; one with groups becomes a charge for each group."""
        cycle = read_span(fields, "cycle", self._terms.zone)
        terms = self._terms if cycle is None else replace(self._terms, period=cycle)
        price = self._price(fields, terms)
        key = fields.text("key", default=f"charge-{len(self.pointers) + 1}")
        description = fields.optional_text("description")
        if "groups" not in fields:
            fields.raw("groups")
            self._add(fields, fields, key, price, description, cycle)
            return
        if price is not None and price.price.event_dimensions:
            detail = "One count of tiers goes through all of it: give events with dimensions."
            fields.problem("groups", "choice", detail)
        for group in fields.objects("groups"):
            values = group.text_map("dimensions").values()
            self._add(fields, group, f"{key}[{','.join(values)}]", price, description, cycle)
            group.close()

    def _add(
        self,
        fields: Fields,
        group: Fields,
        key: str,
        price: CompiledPrice | None,
        description: str | None,
        cycle: Period | None,
    ) -> None:
        charge = self._charge(fields, group, key, price, cycle)
        if key in self.pointers:
            group.problem("key", "duplicate", f"There is another charge {key}.")
        self.pointers[key] = group.pointer
        named = fields.raw("price")
        is_named = isinstance(named, str)
        self.price_pointers[key] = f"/prices{pointer_of(named)}" if is_named else fields.at("price")
        if description is not None:
            self.descriptions[key] = description
        if charge is not None:
            self.charges.append(charge)

    def _price(self, fields: Fields, terms: Terms) -> CompiledPrice | None:
        given = fields.raw("price")
        if not isinstance(given, str):
            is_there = fields.required("price")
            if not is_there:
                return None
            return self._compile(read_price(fields.object("price")), fields, terms)
        if given not in self._prices:
            named = ", ".join(self._prices) or "none"
            fields.problem("price", "price_unknown", f"No such price; there are: {named}.")
            return None
        known = given, terms.period
        if known not in self._compiled:
            self._compiled[known] = self._compile(self._prices[given], fields, terms)
        return self._compiled[known]

    @staticmethod
    def _compile(price: PriceRule | None, fields: Fields, terms: Terms) -> CompiledPrice | None:
        try:
            return None if price is None else compile_price(price, terms)
        except CannotRate as refused:
            fields.problem("price", refused.code, refused.message)
            return None

    def _charge(
        self,
        fields: Fields,
        group: Fields,
        key: str,
        price: CompiledPrice | None,
        cycle: Period | None,
    ) -> Charge | None:
        events = tuple(_told(group, price))
        quantity = _read_quantity(group, price, events)
        resource = group.optional_text("resource") or fields.optional_text("resource")
        tax_group = fields.text("tax_group", default=STANDARD_TAX_GROUP)
        subscription = fields.optional_text("subscription")
        dimensions = group.text_map("dimensions")
        detail = self._detail(fields, group, events, cycle, limits_all=_limits_all(price))
        for name in ("prorated_quantity", "units"):
            if price is not None and name in group:
                _refuse_prorated(group, price, name)
        if price is None:
            return None
        if detail is not None and detail.units:
            quantity = sum((change.quantity for change in detail.units), Decimal(0))
        return Charge(
            key, price, quantity, resource, tax_group, dimensions, detail, subscription or ""
        )

    def _detail(
        self,
        fields: Fields,
        group: Fields,
        events: tuple[PricedEvent, ...],
        cycle: Period | None,
        *,
        limits_all: bool,
    ) -> Detail | None:
        active = read_span(fields, "active", self._terms.zone)
        away = tuple(read_gaps(fields, "away", self._terms.zone, within=active))
        if active is not None and cycle is None and self._terms.period is None:
            fields.problem("active", "required", "Proration needs the billing period.")
        is_final = fields.boolean("final", default=True)
        already = _read_already(group.optional_object("already_billed"), limits_all=limits_all)
        prorated = group.optional_decimal("prorated_quantity", scale=QUANTITY_SCALE, at_least="0")
        units = tuple(self._units(group))
        if units and active is not None:
            fields.problem("active", "choice", "Each of the units has its own active.")
        detail = Detail(
            active=active,
            away=away,
            already=already,
            is_final=is_final,
            events=events,
            prorated_quantity=prorated,
            taken_back=_read_taken_back(group.optional_object("taken_back")),
            units=units,
            over=tuple(_read_over(group)) if limits_all else (),
            cycle=cycle,
        )
        return None if detail == _NO_DETAIL else detail

    def _units(self, group: Fields) -> Iterator[UnitChange]:
        """Read units one by one: each says for how long it counts, or as how much."""
        for pointer, item in group.items("units", longest=_EVENTS_MAX):
            entry = Fields(item, pointer, group.problems)
            quantity = entry.decimal("quantity", scale=QUANTITY_SCALE)
            prorated = entry.optional_decimal("prorated_quantity", scale=QUANTITY_SCALE)
            active = read_span(entry, "active", self._terms.zone)
            entry.close()
            if not quantity:
                entry.problem("quantity", "quantity_range", "No unit came or went.")
            if (prorated is None) == (active is None):
                detail = "Units have an active or a prorated_quantity, not both."
                entry.problem("active", "choice", detail)
            elif active is not None and self._terms.period is None:
                entry.problem("active", "required", "Proration needs the billing period.")
            elif prorated is not None and prorated * quantity < 0:
                detail = "It has the sign of the quantity."
                entry.problem("prorated_quantity", "prorated_quantity_range", detail)
            yield UnitChange(quantity, prorated, active)


def _refuse_prorated(group: Fields, price: CompiledPrice, name: str) -> None:
    model = price.price.model
    if model.kind != "usage" or model.takes_events:
        detail = f"A {model.name} price has no units to prorate one by one."
        group.problem(name, "not_applicable", detail)


def _is_money(price: CompiledPrice | None) -> bool:
    """Say whether the quantity of a price is an amount of money: a transaction."""
    return price is not None and price.price.model.name in ("percentage", "graduated_percentage")


def _read_quantity(
    group: Fields, price: CompiledPrice | None, events: tuple[PricedEvent, ...]
) -> Decimal:
    has_none = price is not None and price.price.model.kind != "usage"
    has_events = "events" in group or "amount" in group
    has_events = has_events or (price is not None and bool(price.price.meters))
    if has_none:
        assert price is not None
        for name in (
            "quantity",
            "events",
            "amount",
            *(["taken_back"] if _limits_all(price) else ()),
        ):
            if name in group:
                detail = f"A {price.price.model.name} price has no {name}."
                group.problem(name, "not_applicable", detail)
        return Decimal(0)
    if "events" in group and "quantity" in group:
        group.problem("quantity", "choice", "Give a quantity or its events, not both.")
    for name in ("quantity", "events", "amount", "prorated_quantity"):
        if "units" in group and name in group:
            group.problem("units", "choice", f"Give the units one by one, or a {name}, not both.")
    if "units" in group or has_events or (price is None and "quantity" not in group):
        return Decimal(0)
    return group.decimal("quantity", scale=QUANTITY_SCALE)


def _told(group: Fields, price: CompiledPrice | None) -> Iterator[PricedEvent]:
    """Read the events of a charge; of a price of several meters, what each of them measured."""
    meters = () if price is None else price.price.meters
    if meters and "events" not in group:
        for name in ("quantity", "amount"):
            if group.raw(name) is not None:
                group.problem(name, "not_applicable", "Give the quantities of all meters.")
        for name, quantity in read_quantities(group, meters).items():
            yield PricedEvent(quantity, None, None, {METER: name})
        return
    if price is None:
        group.raw("quantities")
    has_dimensions = price is None or bool(price.price.event_dimensions)
    yield from _read_events(group, is_money=_is_money(price), has_dimensions=has_dimensions)


def _read_events(group: Fields, *, is_money: bool, has_dimensions: bool) -> Iterator[PricedEvent]:
    """Read single events; "amount" beside the charge's quantity is one event with that amount."""
    group.raw("quantity")
    amount = group.optional_decimal("amount", scale=QUANTITY_SCALE)
    if amount is not None:
        yield _event(group, amount, is_money=is_money, event_id=None)
    for pointer, item in group.items("events", longest=_EVENTS_MAX):
        entry = Fields(item, pointer, group.problems)
        money = entry.optional_decimal("amount", scale=QUANTITY_SCALE)
        event_id = entry.optional_text("id")
        event = _event(entry, money, is_money=is_money, event_id=event_id)
        dimensions = entry.text_map("dimensions") if has_dimensions else {}
        yield event._replace(dimensions=dimensions) if dimensions else event
        entry.close()


def _event(
    entry: Fields, amount: Decimal | None, *, is_money: bool, event_id: str | None
) -> PricedEvent:
    if is_money and amount is not None:
        if entry.raw("quantity") is not None:
            entry.problem("quantity", "choice", "A transaction has an amount, no quantity.")
        return PricedEvent(amount, None, event_id)
    default = None if amount is None else "1"
    return PricedEvent(
        entry.decimal("quantity", default=default, scale=QUANTITY_SCALE), amount, event_id
    )


def _limits_all(price: CompiledPrice | None) -> bool:
    return price is not None and price.price.limits_all


def _read_over(group: Fields) -> Iterator[str]:
    """Read the subscriptions whose charges are limited together; absent is the charge's own."""
    for pointer, value in group.items("over"):
        if isinstance(value, str) and value:
            yield value
        else:
            group.problems.add(pointer, "type", "A subscription is named by a text.")


def _read_already(fields: Fields | None, *, limits_all: bool) -> AlreadyBilled | None:
    if fields is None:
        return None
    if limits_all:
        limited = AlreadyBilled(amount=fields.decimal("amount"), lines=fields.decimal("lines"))
        fields.close()
        return limited
    already = AlreadyBilled(
        quantity=fields.decimal("quantity", default="0", scale=QUANTITY_SCALE),
        amount=fields.optional_decimal("amount"),
        events=fields.integer("events", default=0, at_least=0, at_most=10**12),
        other_terms=_read_other_terms(fields.optional_object("other_terms")),
    )
    if already.other_terms is not None and already.amount is None:
        detail = "What other terms billed cannot be worked out: give the amount."
        fields.problem("amount", "required", detail)
    fields.close()
    return already


def _read_other_terms(fields: Fields | None) -> OtherTerms | None:
    if fields is None:
        return None
    other_terms = OtherTerms(
        has_fees=fields.boolean("fees", default=False),
        discounts=fields.decimal("discounts", default="0", at_least="0"),
    )
    fields.close()
    return other_terms


def _read_taken_back(fields: Fields | None) -> TakenBack | None:
    if fields is None:
        return None
    back = TakenBack(
        amount=fields.decimal("amount"),
        quantity=fields.decimal("quantity", default="0", scale=QUANTITY_SCALE),
        replaced=fields.boolean("replaced", default=True),
    )
    fields.close()
    return back
