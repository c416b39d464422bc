"""What one request did, by its id: the events it sent, or the record it changed.

A request's id tells when it was made, so only what was written around then is looked at.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from accounts.models import Account
from billing.overview.queries.history import (
    ACCOUNT,
    INVOICE,
    OWNERSHIP,
    PAYER,
    PROFILE,
    SUBSCRIPTION,
    TERMS,
)
from billing.overview.queries.search_hits import Hit
from core.ids import instant_of
from usage.models import Receipt

_AROUND: Final = timedelta(minutes=15)
_CHANGED: Final = (PROFILE, PAYER, SUBSCRIPTION, OWNERSHIP, INVOICE, TERMS, ACCOUNT)


def of_request(request_id: str) -> Hit | None:
    """What a request did; a query by an index of time for each kind of thing it may have done."""
    made = instant_of(request_id)
    span = (made - _AROUND, made + _AROUND)
    sent = Receipt.objects.filter(received_at__range=span, request_id=request_id).first()
    if sent is not None:
        day = sent.received_at.date().isoformat()
        counts = f"{sent.sent_count:,} sent by {sent.actor_name}, {sent.accepted_count:,} accepted"
        return Hit("events-of-day", day, f"Events of request {request_id}", counts)
    return _changed(request_id, span)


def _changed(request_id: str, span: tuple[datetime, datetime]) -> Hit | None:
    for kind in _CHANGED:
        history: Any = kind.model.history  # type: ignore[attr-defined]
        rows = history.filter(history_date__range=span, request_id=request_id)
        column = "id" if kind is ACCOUNT else "account_id"
        account_id = rows.values_list(column, flat=True).first()
        account = Account.objects.filter(pk=account_id).first() if account_id else None
        if account is not None:
            return Hit(
                "timeline", account.public_id, account.name, f"{kind.noun} changed by this request"
            )
    return None
