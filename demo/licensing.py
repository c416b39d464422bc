"""Two licences of one enterprise, agreed before anything is billed.

One counts what its teams spend in the played month and the ones after it, and will be used up
before its term; the other is paid ahead and begins with the month that is not billed yet. Neither
changes an amount of the finished month.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from accounts.models import Account, User
from accounts.permissions import Role
from billing.licences.models import License
from billing.licences.operations import quotes
from billing.licences.operations.quotes import AcceptedBy
from billing.licences.terms import read_terms
from core.periods import month_day
from demo.platform.play import Play
from demo.reference.people import actor_of

ENTERPRISE: Final = "Meridian Health"
SPEND: Final = "LIC-2210"
AHEAD: Final = "LIC-2211"
_SPENT: Final = "60000"
"""Of the term, in USD: the three teams use it up some months before its end."""


def agree_licences(
    play: Play, opened: Mapping[str, Account], people: Mapping[Role, User], *, at: datetime
) -> None:
    """Offer both by one person, and write down by another that they were accepted."""
    account = next((each for each in opened.values() if each.name == ENTERPRISE), None)
    if account is None:
        return
    month_on = play.time.month_on
    for number, starts_on, terms in (
        (SPEND, month_on, _spend()),
        (AHEAD, play.time.next_month_on, _ahead()),
    ):
        _agree(account, number, _term(starts_on) | terms, people, at=at)


def _term(starts_on: date) -> dict[str, Any]:
    until = month_day(starts_on, 12)
    return {
        "starts_on": starts_on.isoformat(),
        "until": until.isoformat(),
        "renewal_notice_on": month_day(starts_on, 11).isoformat(),
    }


def _spend() -> dict[str, Any]:
    return {
        "name": "Platform spend",
        "purchase_order": "MH-2026-0117",
        "products": [
            {
                "code": "spend",
                "name": "Platform spend",
                "quantity": "0",
                "unit_price": "0",
                "billed": "yearly",
            }
        ],
        "commitments": [
            {
                "product": "spend",
                "name": "Platform spend",
                "window": "term",
                "quantity": _SPENT,
                "counted": True,
                "product_codes": ["platform"],
            }
        ],
    }


def _ahead() -> dict[str, Any]:
    return {
        "name": "Prepaid platform use",
        "purchase_order": "MH-2026-0131",
        "products": [
            {
                "code": "prepaid",
                "name": "Prepaid platform use",
                "quantity": "28500",
                "unit_price": "0.95",
                "billed": "quarterly",
            }
        ],
        "commitments": [
            {
                "product": "prepaid",
                "name": "Prepaid platform use",
                "window": "month",
                "quantity": "9500",
                "ramp": [{"from_window": 4, "quantity": "11000"}],
                "rollover": "one_window",
                "rollover_cap": "15000",
                "priority": 50,
                "product_codes": ["platform"],
            }
        ],
    }


def _agree(
    account: Account,
    number: str,
    document: dict[str, Any],
    people: Mapping[Role, User],
    *,
    at: datetime,
) -> License:
    quote = quotes.offer(
        account=account,
        number=number,
        terms=read_terms(document),
        valid_until=at + timedelta(days=30),
        at=at,
        by=actor_of(people[Role.FINANCE_ADMIN]),
        reason="Asked for by their procurement",
    )
    return quotes.accept(
        quote=quote,
        accepted=AcceptedBy(
            "Dana Whitfield", date.fromisoformat(document["starts_on"]), quote.digest
        ),
        at=at,
        by=actor_of(people[Role.FINANCE_APPROVER]),
        reason="Signed, annex 2",
    )
