"""Pricing documents: charges and account terms as JSON, read with every problem at once.

Owns the document `quote` takes, docs/pricing.md describes and a proof contains. A document of one
charge may leave out the list and name the charge's fields directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing.rating.account import AccountTerms, Credit, Grant, Tax
from billing.rating.charge_document import ChargeReader
from billing.rating.charges import Charge, Terms
from billing.rating.instants import read_date, read_gaps, read_period, read_span
from billing.rating.models.base import CannotRate
from billing.rating.parse import (
    read_discounts,
    read_limit,
    read_names,
    read_price,
    refuse_real_currency,
)
from billing.rating.price import LimitScope, PriceLimit, PriceRule
from billing.rating.proration import share_of
from billing.rating.reading import DocumentProblems, Fields
from core.money import UnknownCurrency, minor_exponent
from core.periods import Period


@dataclass(frozen=True, slots=True)
class PricingDocument:
    """A document, read. Pointers and descriptions belong to the charges, by key."""

    terms: Terms
    charges: tuple[Charge, ...]
    account: AccountTerms
    pointers: Mapping[str, str]
    price_pointers: Mapping[str, str]
    descriptions: Mapping[str, str]


def read_document(document: object) -> PricingDocument:
    """Read a pricing document.

    Raises: DocumentRefused with every problem and its JSON pointer.
    """
    problems = DocumentProblems()
    fields = Fields(document, "", problems)
    terms = _read_terms(fields)
    reader = ChargeReader(terms, _read_prices(fields))
    if "charges" in fields:
        for entry in fields.objects("charges"):
            reader.read(entry)
            entry.close()
    else:
        fields.raw("charges")
        reader.read(fields)
    account = _read_account(fields.optional_object("account"), terms, set(reader.pointers))
    fields.close()
    problems.raise_if_any()
    return PricingDocument(
        terms=terms,
        charges=tuple(reader.charges),
        account=account,
        pointers=reader.pointers,
        price_pointers=reader.price_pointers,
        descriptions=reader.descriptions,
    )


def _read_terms(fields: Fields) -> Terms:
    period, zone = read_period(fields)
    if isinstance(fields.raw("currency"), Mapping):
        inner = fields.object("currency")
        code = inner.text("code", longest=32)
        refuse_real_currency(inner, "code", code)
        exponent = inner.integer("decimals", default=2, at_least=0, at_most=8)
        inner.close()
        return Terms(code, exponent, period, zone)
    code = fields.text("currency", longest=32)
    try:
        return Terms(code, minor_exponent(code) if code else 2, period, zone)
    except UnknownCurrency as unknown:
        fields.problem("currency", unknown.code, unknown.message)
        return Terms(code, 2, period, zone)


def _read_prices(fields: Fields) -> dict[str, PriceRule | None]:
    inner = fields.optional_object("prices")
    return {} if inner is None else {name: read_price(inner.object(name)) for name in inner.names}


def _read_account(fields: Fields | None, terms: Terms, charges: set[str]) -> AccountTerms:
    if fields is None:
        return AccountTerms()
    active = read_span(fields, "active", terms.zone)
    away = tuple(read_gaps(fields, "away", terms.zone, within=active))
    billed, lines_before = _read_billed_before(fields)
    if active is not None and terms.period is None:
        fields.problem("active", "required", "Proration needs the billing period.")
    account = AccountTerms(
        discounts=tuple(read_discounts(fields, charges)),
        maximum=_read_account_limit(fields, "maximum", terms, active),
        minimum=_read_account_limit(fields, "minimum", terms, active),
        grants=tuple(_read_grant(entry, charges) for entry in fields.objects("grants")),
        taxes=tuple(_read_tax(entry) for entry in fields.objects("taxes")),
        credits=tuple(_read_credit(entry) for entry in fields.objects("credits")),
        already_billed=billed,
        lines_before=lines_before,
        is_final=fields.boolean("final", default=True),
        active=active,
        away=away,
    )
    fields.close()
    return account


def _read_billed_before(fields: Fields) -> tuple[Decimal, Decimal | None]:
    """Read what was billed, as an amount or {"amount", "lines"}: its lines before the limits."""
    if not isinstance(fields.raw("already_billed"), Mapping):
        return fields.decimal("already_billed", default="0"), None
    inner = fields.object("already_billed")
    billed, lines = inner.decimal("amount"), inner.decimal("lines")
    inner.close()
    return billed, lines


def _read_account_limit(
    fields: Fields, name: str, terms: Terms, active: Period | None
) -> PriceLimit | None:
    limit = read_limit(fields, name, scope=LimitScope.ACCOUNT)
    if limit is not None and terms.period is not None:
        try:
            share_of(limit.proration, active, terms.period, terms.zone)
        except CannotRate as refused:
            fields.problem("active", refused.code, refused.message)
    return limit


def _read_grant(entry: Fields, charges: set[str]) -> Grant:
    grant = Grant(
        name=entry.text("name", default="grant"),
        amount=entry.decimal("amount", at_least="0"),
        priority=entry.integer("priority", default=0, at_least=0, at_most=1_000),
        expires_on=read_date(entry, "expires_on"),
        charges=read_names(entry, charges),
    )
    entry.close()
    return grant


def _read_tax(entry: Fields) -> Tax:
    groups = []
    for pointer, value in entry.items("groups"):
        if isinstance(value, str):
            groups.append(value)
        else:
            entry.problems.add(pointer, "type", "A tax group is a text.")
    name, percent = entry.text("name", default="tax"), entry.decimal("percent", at_least="0")
    entry.close()
    return Tax(name, percent, tuple(groups))


def _read_credit(entry: Fields) -> Credit:
    credit = Credit(entry.text("name", default="credit"), entry.decimal("amount", at_least="0"))
    entry.close()
    return credit
