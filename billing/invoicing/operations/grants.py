"""Grant credit, take it back, and give back what was drawn.

All three are effects that a second person lets happen (`billing.invoicing.proposals.grants`). Draws
are written by issuing an invoice (`grant_movements`). The account is locked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Account
from billing.invoicing import bookings
from billing.invoicing.models import CreditGrant, GrantMovement, Invoice, InvoiceVoid
from billing.invoicing.operations.grant_movements import (
    Moved,
    draws_of,
    movement_of,
    undo_draws,
    write_movements,
)
from billing.invoicing.queries.grants import left_of
from billing.ledger import operations as ledger
from core.actor import Actor
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.money import Money
from eventing.publish import Fact, publish_all

PRIORITY_MAX = 100
WINDOWS_MAX = 120


class GrantInvalid(Invalid):
    """What is to be granted breaks a rule; the field is named."""

    code = "grant_invalid"
    title = "That cannot be granted"


class GrantSpent(Conflict):
    """Nothing is left of the grant to take back, or less was drawn than is to come back."""

    code = "grant_nothing_left"
    title = "Nothing is left of it"


class GrantOverdrawn(Conflict):
    """Somebody else drew on the grant meanwhile; nothing of it goes below zero."""

    code = "grant_overdrawn"
    title = "The grant has less left than that"
    retryable = True


class GrantBoughtAlready(Conflict):
    """The invoice paid for another grant."""

    code = "grant_bought_already"
    title = "The invoice has its grant already"


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What is granted; the fields are those of `CreditGrant`."""

    kind: CreditGrant.Kind
    name: str
    amount: Decimal
    effective_from: datetime
    expires_at: datetime | None = None
    unit: str = ""
    priority: int = 50
    price_codes: Sequence[str] = ()
    product_codes: Sequence[str] = ()
    bought_with: Invoice | None = None
    recurs_months: int = 0
    recurs_until: datetime | None = None
    windows_kept: int = 0
    reason_code: str = "goodwill"
    ticket: str = ""


_ERRORS = {
    "grant_never_below_zero": GrantOverdrawn,
    "grant_gives_back_what_was_drawn": GrantSpent,
    "invoicing_creditgrant_bought_with_id_key": GrantBoughtAlready,
}


def grant(
    *, account: Account, terms: GrantTerms, at: datetime, by: Actor, reason: str
) -> CreditGrant:
    """Give an account credit that its next invoices draw on.

    Raises: GrantInvalid, GrantBoughtAlready.
    """
    _check(account, terms)
    with transaction(), constraint_errors(_ERRORS):
        _lock(account.pk)
        paid = 0
        if terms.bought_with is not None:
            _require_bought(account, terms.bought_with)
            paid = terms.bought_with.subtotal_minor
        made = CreditGrant(
            account=account,
            kind=terms.kind,
            name=terms.name.strip(),
            currency=account.currency,
            unit=terms.unit,
            amount=terms.amount,
            priority=terms.priority,
            price_codes=sorted(terms.price_codes),
            product_codes=sorted(terms.product_codes),
            effective_from=terms.effective_from,
            expires_at=terms.expires_at,
            bought_with=terms.bought_with,
            paid_minor=paid,
            recurs_months=terms.recurs_months,
            recurs_until=terms.recurs_until,
            windows_kept=terms.windows_kept,
            reason_code=terms.reason_code,
            ticket=terms.ticket,
            reason=reason,
            granted_at=at,
            granted_by=by.name,
        )
        made.save(force_insert=True)
        if paid:
            posting = bookings.of_grant(bookings.GRANT_BOUGHT, made, made.public_id, paid)
            ledger.post(postings=[posting], at=at)
        publish_all([granted_fact(made)], at=at)
    return made


def revoke(*, grant: CreditGrant, at: datetime, by: Actor, reason: str) -> GrantMovement:
    """Take back what is left of a grant; one that recurs is not granted anew.

    What was paid for it stays paid: the invoice it was bought with is corrected apart. Raises:
    GrantSpent.
    """
    with transaction(), constraint_errors(_ERRORS):
        _lock(grant.account_id)
        left = left_of(grant)
        if left <= 0:
            raise GrantSpent(f"Nothing is left of {grant}.", grant=grant.public_id)
        moved = Moved(at, by.name, reason)
        made = movement_of(grant, GrantMovement.Kind.REVOCATION, -left, moved)
        write_movements([made], at=at)
    return made


def give_back(
    *, invoice: Invoice, worth_minor: int | None, at: datetime, by: Actor, reason: str
) -> list[GrantMovement]:
    """Give back to their grants what an invoice drew, the last drawn first; None gives back all.

    The invoice stays as it is: no money moves, the account may use the credit again. Raises:
    GrantSpent where less was drawn.
    """
    with transaction(), constraint_errors(_ERRORS):
        _lock(invoice.account_id)
        draws = draws_of(invoice)
        drawn = sum(each.worth_minor for each in draws)
        wanted = drawn if worth_minor is None else worth_minor
        if not 0 < wanted <= drawn:
            said = Money.from_minor(drawn, invoice.currency)
            raise GrantSpent(
                f"{invoice} has drawn {said} that is not given back.", field="give_back"
            )
        return undo_draws(draws, wanted, Moved(at, by.name, reason))


def _require_bought(account: Account, invoice: Invoice) -> None:
    is_own = invoice.kind == Invoice.Kind.ONE_OFF and invoice.account_id == account.pk
    void = InvoiceVoid.objects.filter(invoice=invoice).exists()
    if not is_own or invoice.is_draft or void or invoice.subtotal_minor <= 0:
        raise GrantInvalid(
            f"{invoice} is no issued one-off invoice of {account.name}: prepaid credit is bought "
            "with an invoice of its own.",
            field="bought_with",
        )


def _check(account: Account, terms: GrantTerms) -> None:
    """Raises: GrantInvalid."""
    if not terms.name.strip():
        raise GrantInvalid("Say what to print on invoices.", field="name")
    if terms.amount <= 0:
        raise GrantInvalid("Grant more than nothing.", field="amount")
    if not terms.unit and terms.amount != terms.amount.to_integral_value():
        raise GrantInvalid(f"{account.currency} has no smaller unit.", field="amount")
    if terms.expires_at is not None and terms.expires_at <= terms.effective_from:
        raise GrantInvalid("It ends after it begins.", field="expires_at")
    if not 0 <= terms.priority <= PRIORITY_MAX:
        raise GrantInvalid(f"A priority is from 0 to {PRIORITY_MAX}.", field="priority")
    if (terms.kind == CreditGrant.Kind.PREPAID) != (terms.bought_with is not None):
        raise GrantInvalid(
            "Prepaid credit names the invoice it was bought with, and nothing else does.",
            field="bought_with",
        )
    if terms.recurs_months and (terms.expires_at is None or terms.bought_with is not None):
        raise GrantInvalid(
            "Only credit that is not bought and expires is granted anew.", field="recurs_months"
        )
    if not terms.recurs_months and (terms.recurs_until or terms.windows_kept):
        raise GrantInvalid("It is granted once: say how often it recurs.", field="recurs_months")
    if not 0 <= terms.recurs_months <= WINDOWS_MAX or not 0 <= terms.windows_kept <= WINDOWS_MAX:
        raise GrantInvalid(f"Up to {WINDOWS_MAX} months and windows.", field="recurs_months")


def _lock(account_id: int) -> None:
    Account.objects.select_for_update(no_key=True).get(pk=account_id)


def granted_fact(made: CreditGrant) -> Fact:
    """The fact that something was granted."""
    return Fact(
        "grant.granted",
        subject=made.public_id,
        payload={"account": made.account.public_id, "kind": str(made.kind), "unit": made.unit},
    )
