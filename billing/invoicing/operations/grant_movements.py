"""Movements of grants: drawn by issuing an invoice, given back, and what each books.

The accounts are locked by the caller. What may be granted or taken back is in
`billing.invoicing.operations.grants`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from billing.invoicing import bookings
from billing.invoicing.drafting.granting import share_of_draw, standing_draws
from billing.invoicing.models import CreditGrant, GrantMovement, Invoice, InvoiceLine, InvoiceVoid
from billing.invoicing.models.invoice_lines import GRANT
from billing.invoicing.queries.grants import left_of
from billing.ledger import operations as ledger
from billing.ledger.templates import Template
from billing.rating import expand
from core.actor import current_actor, current_reason
from core.db.transactions import transaction_required
from core.money import round_half_up
from eventing.publish import Fact, publish_all

_Kind = GrantMovement.Kind
_BOOKED: Final[Mapping[str, Template]] = {
    _Kind.DRAW: bookings.GRANT_DRAWN,
    _Kind.GIVE_BACK: bookings.GRANT_DRAWN,
    _Kind.EXPIRY: bookings.GRANT_EXPIRED,
    _Kind.REVOCATION: bookings.GRANT_REVOKED,
}


@dataclass(frozen=True, slots=True)
class Moved:
    """Who moves something of a grant, when and why; `because` is the public id it follows from."""

    at: datetime
    by: str
    reason: str
    because: str = ""
    effective_at: datetime | None = None


def draws_of(invoice: Invoice) -> list[GrantMovement]:
    """What an invoice drew and is not given back, the last drawn first."""
    return standing_draws(GrantMovement.objects.filter(kind=_Kind.DRAW, invoice=invoice))


def movement_of(grant: CreditGrant, kind: _Kind, change: Decimal, moved: Moved) -> GrantMovement:
    """A movement that is not stored yet."""
    return GrantMovement(
        grant=grant,
        kind=kind,
        change=change,
        because=moved.because,
        effective_at=moved.effective_at or moved.at,
        made_at=moved.at,
        made_by=moved.by,
        reason=moved.reason,
    )


@transaction_required()
def write_movements(movements: Sequence[GrantMovement], *, at: datetime) -> None:
    """Store movements one by one, and book what was paid for of them."""
    postings = []
    for each in movements:
        before = left_of(each.grant)
        each.save(force_insert=True)
        paid = _paid(each.grant, before) - _paid(each.grant, before + each.change)
        effective_at = each.effective_at if each.kind == _Kind.EXPIRY else None
        postings.append(
            bookings.of_grant(
                _BOOKED[each.kind], each.grant, each.public_id, paid, effective_at=effective_at
            )
        )
    ledger.post(postings=postings, at=at)
    publish_all([_moved_fact(each) for each in movements], at=at)


def _paid(grant: CreditGrant, left: Decimal) -> int:
    """What was paid for what is left of a grant, in minor units; all parts add up to all of it."""
    return round_half_up(Fraction(grant.paid_minor) * Fraction(left) / Fraction(grant.amount))


@transaction_required()
def undo_draws(
    draws: Sequence[GrantMovement], worth_minor: int, moved: Moved
) -> list[GrantMovement]:
    """Give back so much of draws that stand, in their order."""
    made, rest = [], worth_minor
    for draw in draws:
        back = min(rest, draw.worth_minor)
        if draw.worth_minor and not back:
            break
        made.append(_undoing(draw, back, share_of_draw(draw, back), moved))
        rest -= back
    write_movements(made, at=moved.at)
    return made


def _undoing(draw: GrantMovement, worth_minor: int, change: Decimal, moved: Moved) -> GrantMovement:
    made = movement_of(draw.grant, _Kind.GIVE_BACK, change, moved)
    made.worth_minor, made.undoes_id = worth_minor, draw.pk
    made.invoice_id, made.charge_key = draw.invoice_id, draw.charge_key
    return made


@transaction_required()
def undo_voided(void: InvoiceVoid) -> None:
    """Give back all that a void invoice drew, and draw again what it had given back."""
    draws = draws_of(void.invoice)
    moved = Moved(void.voided_at, void.voided_by, void.reason, void.public_id)
    undo_draws(draws, sum(each.worth_minor for each in draws), moved)
    back = GrantMovement.objects.filter(kind=_Kind.GIVE_BACK, because=void.invoice.public_id)
    again = []
    for each in back.select_related("grant").order_by("pk"):
        made = movement_of(each.grant, _Kind.DRAW, -each.change, moved)
        made.worth_minor, made.invoice_id = each.worth_minor, each.invoice_id
        made.charge_key = each.charge_key
        again.append(made)
    write_movements(again, at=moved.at)


@transaction_required()
def undo_credited(invoice: Invoice, charges: Sequence[str], moved: Moved) -> None:
    """Give back what was drawn for charges of an invoice that are credited in full."""
    draws = [each for each in draws_of(invoice) if each.charge_key in charges]
    undo_draws(draws, sum(each.worth_minor for each in draws), moved)


@transaction_required()
def record_drawn(*, invoices: Sequence[Invoice], at: datetime) -> None:
    """Write down what issuing these invoices draws on grants, and what it gives back to them."""
    issued = {invoice.pk: invoice for invoice in invoices}
    lines = list(
        InvoiceLine.objects.filter(invoice_id__one_of=list(issued), kind=GRANT).order_by(
            "invoice_id", "position"
        )
    )
    if not lines:
        return
    moved = Moved(at, current_actor().name, current_reason())
    told = [(line, expand(line.explanation).steps[0]) for line in lines]
    grants = {
        each.public_id: each
        for each in CreditGrant.objects.filter(public_id__in={step["grant"] for _, step in told})
    }
    made = [
        _given_back(line, step, issued[line.invoice_id], moved)
        if line.amount_minor > 0
        else _drawn(line, step, grants, moved)
        for line, step in told
    ]
    for each, line in zip(made, lines, strict=True):
        each.effective_at = issued[line.invoice_id].period_until
    write_movements(made, at=at)


def _drawn(
    line: InvoiceLine, step: Mapping[str, Any], grants: Mapping[str, CreditGrant], moved: Moved
) -> GrantMovement:
    made = movement_of(grants[step["grant"]], _Kind.DRAW, -Decimal(step["drawn"]), moved)
    made.worth_minor, made.invoice_id = -line.amount_minor, line.invoice_id
    made.charge_key = line.key.split("/", 1)[0]
    made.drawn_by_key = step["order"]
    return made


def _given_back(
    line: InvoiceLine, step: Mapping[str, Any], on: Invoice, moved: Moved
) -> GrantMovement:
    draw = GrantMovement.objects.select_related("grant").get(public_id=step["undoes"])
    made = _undoing(draw, line.amount_minor, -Decimal(step["drawn"]), moved)
    made.because = on.public_id
    return made


def _moved_fact(movement: GrantMovement) -> Fact:
    return Fact(
        f"grant.{movement.kind}",
        subject=movement.grant.public_id,
        payload={
            "movement": movement.public_id,
            "change": format(movement.change.normalize(), "f"),
        },
    )
