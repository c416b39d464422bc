"""The grants of an account to read: in the order they are drawn, with what is left of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Account
from billing.invoicing.models import CreditGrant, GrantMovement
from core.decimals import decimal_text
from core.errors import NotFound
from core.money import Money


class GrantNotFound(NotFound):
    """No grant has this id."""

    code = "grant_not_found"
    title = "No such grant"


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as a list shows it; amounts are of money, or numbers of its unit."""

    grant: CreditGrant
    amount: Money | None
    left: Money | None
    amount_text: str
    left_text: str
    state: str
    """upcoming, in_force, spent or expired."""

    @property
    def draws(self) -> bool:
        """Whether invoices may still draw on it."""
        return self.state in ("in_force", "upcoming")


def left_of(grant: CreditGrant) -> Decimal:
    """What is left of a grant, in its minor units or units; one query."""
    moved = GrantMovement.objects.filter(grant=grant).aggregate(sum=Sum("change"))["sum"]
    return grant.amount + (moved or Decimal(0))


def drawn_of(grant: CreditGrant) -> Decimal:
    """What invoices drew of a grant and did not give back; one query."""
    kinds = (GrantMovement.Kind.DRAW, GrantMovement.Kind.GIVE_BACK)
    moved = GrantMovement.objects.filter(grant=grant, kind__in=kinds)
    return -(moved.aggregate(sum=Sum("change"))["sum"] or Decimal(0))


def with_left(rows: QuerySet[CreditGrant]) -> QuerySet[CreditGrant]:
    """The rows with what is `left` of each."""
    return rows.annotate(left=F("amount") + Coalesce(Sum("movements__change"), Decimal(0)))


def with_something_left(rows: QuerySet[CreditGrant]) -> QuerySet[CreditGrant]:
    """Those of the rows that are not spent."""
    return (
        with_left(rows)
        .alias(rest=F("amount") + Coalesce(Sum("movements__change"), Decimal(0)))
        .filter(rest__gt=0)
    )


def grants_of(account: Account, *, at: datetime) -> list[GrantRow]:
    """All grants of an account: those that are drawn in their order, then the others; one query."""
    rows = with_left(CreditGrant.objects.filter(account=account)).select_related("bought_with")
    found = [_row(each, at) for each in sorted(rows, key=lambda each: each.order_key)]
    return sorted(found, key=lambda row: not row.draws)


def find_grant(public_id: str) -> CreditGrant:
    """A grant with its account. Raises: GrantNotFound."""
    rows = CreditGrant.objects.select_related("account", "bought_with", "recurrence_of")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise GrantNotFound(f"There is no grant {public_id[:64]}.")
    return found


def grant_row(grant: CreditGrant, *, at: datetime) -> GrantRow:
    """One grant as a list shows it; one query."""
    return _row(with_left(CreditGrant.objects.filter(pk=grant.pk)).get(), at)


MOVEMENTS_SHOWN = 500


def movements_of(grant: CreditGrant) -> Sequence[MovementRow]:
    """What happened to a grant last, newest first; one query."""
    rows = grant.movements.select_related("invoice").order_by("-pk")[:MOVEMENTS_SHOWN]
    return [
        MovementRow(
            each, text_of(grant, each.change), Money.from_minor(each.worth_minor, grant.currency)
        )
        for each in rows
    ]


def state_of(grant: CreditGrant, left: Decimal, *, at: datetime) -> str:
    """spent, expired, upcoming or in_force."""
    if left <= 0:
        return "spent"
    if grant.expires_at is not None and grant.expires_at <= at:
        return "expired"
    return "upcoming" if grant.effective_from > at else "in_force"


def _row(grant: CreditGrant, at: datetime) -> GrantRow:
    left = grant.left  # type: ignore[attr-defined]  # annotated
    money = grant.is_money
    return GrantRow(
        grant=grant,
        amount=Money.from_minor(int(grant.amount), grant.currency) if money else None,
        left=Money.from_minor(int(left), grant.currency) if money else None,
        amount_text=text_of(grant, grant.amount),
        left_text=text_of(grant, left),
        state=state_of(grant, left, at=at),
    )


def text_of(grant: CreditGrant, amount: Decimal) -> str:
    """An amount of a grant in words: of its currency, or of its unit."""
    if grant.is_money:
        return str(Money.from_minor(int(amount), grant.currency))
    return f"{decimal_text(amount.normalize())} {grant.unit}"


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement with its change in words."""

    movement: GrantMovement
    change_text: str
    worth: Money
