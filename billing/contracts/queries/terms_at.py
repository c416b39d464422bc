"""The terms of accounts at an instant: plan versions with the prices agreed instead of theirs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from billing.catalogue.queries.price_book import BookPrice, BookVersion, versions, with_agreed
from billing.contracts.queries.tenures import tenures
from core.periods import Period

_INSTANT = timedelta(microseconds=1)


def terms_at(account_ids: Collection[int], *, at: datetime) -> dict[int, list[BookVersion]]:
    """What each account's subscriptions bill by at the instant, oldest first; six queries."""
    held = tenures(account_ids)
    books = versions(held.version_ids)
    moment = Period(at, at + _INSTANT)
    return {
        account_id: [
            with_agreed(books[each.version_id], tuple(each.agreed))
            for each in held.stretches(account_id, moment)
        ]
        for account_id in account_ids
    }


def price_had(
    terms: Collection[BookVersion], meter_id: int, dimensions: Mapping[str, str]
) -> BookPrice | None:
    """The price of this usage under the first of the terms that have one."""
    found = (each.price_of(meter_id, dimensions) for each in terms)
    return next((price for price in found if price is not None), None)
