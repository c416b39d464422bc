"""Heroku: invoices of an account or a team as its API gives them, in JSON.

An account's amounts are numbers in dollars, a team's are whole cents: a team's invoice is told by
the parts its charges have. Neither has lines; the parts are the lines. All is in US dollars. Days
have no zone, and the last one is part of the period.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from billing.legacy.amounts import (
    LegacyValueInvalid,
    after_last,
    currency_code,
    day,
    instant,
    money_in_parts,
    money_in_units,
)
from billing.legacy.mapping import LegacyMapping
from billing.legacy.readers.json_files import JsonObject, json_objects, origin_of, text_of
from billing.legacy.rows import (
    LegacyDocument,
    LegacyLine,
    LegacyLineKind,
    LegacyParty,
    LegacyProblem,
    LegacyRow,
    LegacySettlement,
    RowOrigin,
    SettlementKind,
)
from core.money import Money

CURRENCY = "USD"
ACCOUNT = "account"
"""Whom an account's invoices belong to, which they do not say."""
_PARTS = ("platform_total", "addons_total", "database_total")
_TAKEN = frozenset({
    "id", "number", "period_start", "period_end", "charges_total", "credits_total", "total",
    "state", "created_at", "payment_status", "team", *_PARTS,
})  # fmt: skip


def read(paths: Sequence[Path], mapping: LegacyMapping) -> Iterator[LegacyRow]:
    """The rows of every invoice. Raises: FileRefused."""
    for path in paths:
        for number, invoice in json_objects(path):
            origin = origin_of(path, number, invoice, _TAKEN)
            try:
                yield from list(_invoice(invoice, origin, mapping))
            except LegacyValueInvalid as error:
                yield LegacyProblem(origin, error.message)


def _invoice(invoice: JsonObject, origin: RowOrigin, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    currency_code(CURRENCY, mapping)
    is_team = any(part in invoice for part in _PARTS)

    def money(key: str) -> Money:
        text = text_of(invoice, key) or "0"
        return (
            money_in_parts(text, CURRENCY, mapping) if is_team else money_in_units(text, CURRENCY)
        )

    document, party = text_of(invoice, "id"), _party(invoice)
    if not document:
        raise LegacyValueInvalid("The invoice has no id.")
    credits = money("credits_total")
    start, end = text_of(invoice, "period_start"), text_of(invoice, "period_end")
    if not start or not end:
        raise LegacyValueInvalid("The invoice has no period.")
    service_from, service_until = instant(start, mapping.zone), after_last(end, mapping.zone)
    yield LegacyParty(origin, party, party)
    yield LegacyDocument(
        origin,
        document,
        text_of(invoice, "number") or document,
        party,
        CURRENCY,
        day(text_of(invoice, "created_at") or end),
        money("total") + credits,
        period_from=service_from,
        period_until=service_until,
        state=text_of(invoice, "payment_status") or text_of(invoice, "state"),
    )
    for part in _PARTS if is_team else ("charges_total",):
        if (amount := money(part)).minor:
            name = part.removesuffix("_total")
            yield LegacyLine(
                origin, document, "", LegacyLineKind.CHARGE, name, name.capitalize(), amount, None,
                service_from, service_until,
            )  # fmt: skip
    if credits.minor:
        yield LegacySettlement(origin, document, "credits", SettlementKind.CREDIT, credits)


def _party(invoice: JsonObject) -> str:
    team = invoice.get("team")
    if isinstance(team, dict):
        return text_of(team, "name") or text_of(team, "id") or ACCOUNT
    return ACCOUNT
