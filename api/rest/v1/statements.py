"""GET below /api/v1/accounts/{id}: the statement of a payer, and the bill so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from accounts.queries.profiles import zones_of
from api.rest.account_door import AccountDoor
from api.rest.days import DAYS, days_asked
from api.rest.resources import refuse_unknown
from api.rest.v1.shapes import Shape
from api.rest.values import MONEY, money_answer
from billing.catalogue.queries.currencies import currencies_sold
from billing.invoicing.queries.month_to_date import draft_line_row, month_to_date
from billing.receivables.queries.statement import StatementEntry, statement
from core.clock import now
from core.decimals import decimal_text
from core.errors import NotFound
from core.filtering import ParameterInvalid
from core.periods import Period
from usage.days import period_of
from usage.operations.settling import bring_up_to_date

_DAYS_MAX: Final = 800
_LINES_MAX: Final = 1_000
_TEXT: Final[Shape] = {"type": "string"}
_INSTANT: Final[Shape] = {"type": "string", "format": "date-time"}
_PERIOD: Final[Shape] = {"type": "object", "properties": {"start": _INSTANT, "end": _INSTANT}}
_STATEMENT: Final[Shape] = {
    "type": "object",
    "required": ["period", "opening", "entries", "closing"],
    "properties": {
        "period": _PERIOD,
        "opening": MONEY,
        "entries": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "title", "source", "source_id", "amount", "balance"],
                "properties": {
                    "at": _INSTANT,
                    "title": _TEXT,
                    "source": _TEXT,
                    "source_id": _TEXT,
                    "amount": MONEY,
                    "balance": MONEY,
                },
            },
        },
        "closing": MONEY,
    },
}
_BILL: Final[Shape] = {
    "type": "object",
    "required": ["period", "zone", "total", "lines", "has_more", "problem", "computed_at"],
    "properties": {
        "period": _PERIOD,
        "zone": _TEXT,
        "total": MONEY,
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["position", "description", "kind", "quantity", "unit", "amount"],
                "properties": {
                    "position": {"type": "integer"},
                    "description": _TEXT,
                    "kind": _TEXT,
                    "quantity": {"type": ["string", "null"]},
                    "unit": _TEXT,
                    "amount": MONEY,
                },
            },
        },
        "has_more": {"type": "boolean"},
        "problem": {"type": ["string", "null"], "description": "Why it cannot be billed as it is."},
        "computed_at": _INSTANT,
    },
}


class AccountStatementOf(AccountDoor):
    """What a payer owed, what happened, and what it owes."""

    required_scope = CredentialScope.PAYMENTS_READ

    @extend_schema(
        operation_id="accounts_statement",
        parameters=[*DAYS, OpenApiParameter("currency", str, description="The account's own.")],
        responses={200: _STATEMENT},
    )
    def get(self, request: Request, public_id: str) -> Response:
        """Of days of the account's own calendar, by when things were effective.

        Below 0 it is owed to the account. Ranges that meet tile: one closes with what the next
        opens with.
        """
        refuse_unknown(request, ("from", "until", "currency"))
        account = self.account(request, public_id)
        first, until = days_asked(request, at_most=_DAYS_MAX)
        currency = request.query_params.get("currency", account.currency)
        known = {account.currency, *currencies_sold()}
        if currency not in known:
            raise ParameterInvalid(
                f"currency is one of {', '.join(sorted(known))}.", field="currency"
            )
        period = period_of(zones_of({account.pk})[account.pk], first, until)
        if period is None:
            raise ParameterInvalid("The account's calendar skips these days.", field="from")
        told = statement(account, period=period, currency=currency)
        return Response(
            {
                "period": _period(period),
                "opening": money_answer(told.opening),
                "entries": [_entry(each) for each in told.entries],
                "closing": money_answer(told.closing),
            }
        )


class AccountBill(AccountDoor):
    """What the present period of an account has come to."""

    required_scope = CredentialScope.INVOICES_READ

    @extend_schema(operation_id="accounts_bill", responses={200: _BILL})
    def get(self, request: Request, public_id: str) -> Response:
        """As it would be billed now, by the functions that bill; nothing is stored.

        The first 1,000 lines are told; `total` is of all.
        """
        refuse_unknown(request, ())
        account, at = self.account(request, public_id), now()
        bring_up_to_date([account.pk], at=at)
        bill = month_to_date(account, at=at)
        if bill is None:
            raise NotFound("The account has no billing profile.")
        shown = enumerate(bill.lines[:_LINES_MAX], start=1)
        rows = [draft_line_row(position, line, account.currency) for position, line in shown]
        return Response(
            {
                "period": _period(bill.period),
                "zone": bill.zone,
                "total": money_answer(bill.total),
                "lines": [
                    {
                        "position": row.position,
                        "description": row.description,
                        "kind": row.kind,
                        "quantity": None if row.quantity is None else decimal_text(row.quantity),
                        "unit": row.unit,
                        "amount": money_answer(row.amount),
                    }
                    for row in rows
                ],
                "has_more": len(bill.lines) > _LINES_MAX,
                "problem": bill.problem and bill.problem.message,
                "computed_at": instant_text(at),
            }
        )


def instant_text(at: datetime) -> str:
    """An instant as it is answered."""
    return at.isoformat().replace("+00:00", "Z")


def _period(period: Period) -> dict[str, str]:
    return {"start": instant_text(period.start), "end": instant_text(period.end)}


def _entry(entry: StatementEntry) -> dict[str, Any]:
    return {
        "at": instant_text(entry.at),
        "title": entry.title,
        "source": entry.source,
        "source_id": entry.source_id,
        "amount": money_answer(entry.amount),
        "balance": money_answer(entry.balance),
    }
