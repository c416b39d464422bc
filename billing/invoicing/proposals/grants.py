"""Granting credit, taking it back and giving back what was drawn, as proposals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import transaction as django_transaction

from accounts.models import Account
from approvals.drawing import MandateNotFor
from approvals.kinds import (
    Acting,
    EffectChange,
    NothingLeft,
    PreparedEffect,
    ProposedEffect,
    canonical_digest,
)
from approvals.payloads import PayloadReader
from billing.invoicing.models import CreditGrant, Invoice
from billing.invoicing.operations import grants as operations
from billing.invoicing.operations.grant_sweeps import window_of
from billing.invoicing.operations.grants import GrantSpent, GrantTerms
from billing.invoicing.queries.grants import find_grant, grant_row
from billing.invoicing.queries.invoices import find as find_invoice
from core.decimals import decimal_text
from core.money import Money

Kind = CreditGrant.Kind


class GrantProposal:
    """Grant credit to an account, take a grant back, or give back what an invoice drew.

    Payload: `account`, `type` (promotional, goodwill or prepaid), `name`, `amount` (of money) or
    `units` and `unit`, `from`, `until`, `priority`, `prices`, `products`, `bought_with`,
    `recurs_months`, `recurs_until`, `windows_kept`; or `revoke` (a grant); or `invoice` and
    `give_back` (an amount).
    """

    name: ClassVar[str] = "grant"
    title: ClassVar[str] = "Grant"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "goodwill": "Goodwill",
        "promotion": "Promotion",
        "agreed": "As agreed in the contract",
        "top_up": "Bought by the customer",
        "billing_error": "Billing error",
        "by_mistake": "Granted by mistake",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        if reader.has("revoke"):
            grant = reader.named("revoke", find_grant, "grant")
            reader.end()
            return {"revoke": grant.public_id}
        if reader.has("invoice"):
            invoice = reader.named("invoice", find_invoice, "invoice")
            minor = reader.required_amount("give_back", invoice.currency)
            reader.end()
            said = decimal_text(Money.from_minor(minor, invoice.currency).amount)
            return {"invoice": invoice.public_id, "give_back": said}
        return _read_new(reader)

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def drawn_for(
        self, payload: Mapping[str, Any], prepared: PreparedEffect, effect: ProposedEffect
    ) -> Account:
        """Who is given credit. Raises: MandateNotFor."""
        is_once = "amount" in payload and not payload.get("recurs_months")
        if payload.get("type") != Kind.GOODWILL or not is_once or prepared.account is None:
            raise MandateNotFor(
                "Under a mandate an amount of goodwill is given, once.", field="type"
            )
        return prepared.account

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """What granting, taking back or giving back would do."""
        by: dict[str, Any] = {"at": acting.at, "by": acting.by, "reason": acting.reason}
        if "revoke" in payload:
            grant = find_grant(payload["revoke"])
            return _Prepared(grant.account, acting, lambda: _revoked(grant, by))
        if "invoice" in payload:
            invoice = find_invoice(payload["invoice"])
            minor = Money(Decimal(payload["give_back"]), invoice.currency).minor
            return _Prepared(invoice.account, acting, lambda: _given_back(invoice, minor, by))
        account = Account.objects.get(public_id=payload["account"])
        terms = _terms(account, payload, acting)
        return _Prepared(account, acting, lambda: _granted(account, terms, by))


def _account(ref: str) -> Account | None:
    return Account.objects.filter(public_id=ref).first()


def _read_new(reader: PayloadReader) -> dict[str, Any]:
    account = reader.named("account", _account, "account")
    kind = reader.text("type")
    if kind not in Kind.values:
        raise reader.wrong("type", f"Say one of {', '.join(Kind.values)}.")
    said: dict[str, Any] = {"account": account.public_id, "type": kind, "name": reader.text("name")}
    if not said["name"] or len(said["name"]) > 200:
        raise reader.wrong("name", "Say what to print on invoices, in up to 200 characters.")
    if reader.has("units"):
        units = reader.decimal("units", scale=6)
        said |= {"units": decimal_text(units or Decimal(0)), "unit": reader.text("unit")[:64]}
        if not units or not said["unit"]:
            raise reader.wrong("units", "Say how many units, above 0, and of what.")
    else:
        minor = reader.required_amount("amount", account.currency)
        said["amount"] = decimal_text(Money.from_minor(minor, account.currency).amount)
    for name in ("from", "until", "recurs_until"):
        if reader.has(name):
            said[name] = read_instant(reader, name).isoformat()
    if "from" not in said:
        raise reader.wrong("from", "Say from when it may be drawn.")
    said["priority"] = reader.whole("priority", least=0, most=100, default=50)
    said["recurs_months"] = reader.whole("recurs_months", least=0, most=120, default=0)
    said["windows_kept"] = reader.whole("windows_kept", least=0, most=120, default=0)
    said |= {"prices": reader.texts("prices"), "products": reader.texts("products")}
    if reader.has("bought_with"):
        said["bought_with"] = reader.named("bought_with", find_invoice, "invoice").public_id
    reader.end()
    return said


def read_instant(reader: PayloadReader, name: str) -> datetime:
    """An instant with its offset. Raises: PayloadInvalid."""
    try:
        found = datetime.fromisoformat(reader.text(name))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 2000 <= found.year < 2200:
        raise reader.wrong(name, "Expected an instant with its offset, such as 2026-11-01T00:00Z.")
    return found


def _terms(account: Account, payload: Mapping[str, Any], acting: Acting) -> GrantTerms:
    start = datetime.fromisoformat(payload["from"])
    months, kept = payload["recurs_months"], payload["windows_kept"]
    ends = _maybe(payload.get("until"))
    if months and ends is None:
        ends = window_of(account.pk, start, months * (1 + kept))
    bought = payload.get("bought_with")
    return GrantTerms(
        kind=Kind(payload["type"]),
        name=payload["name"],
        amount=Decimal(payload["units"])
        if "units" in payload
        else Decimal(Money(Decimal(payload["amount"]), account.currency).minor),
        effective_from=start,
        expires_at=ends,
        unit=payload.get("unit", ""),
        priority=payload["priority"],
        price_codes=payload["prices"],
        product_codes=payload["products"],
        bought_with=find_invoice(bought) if bought else None,
        recurs_months=months,
        recurs_until=_maybe(payload.get("recurs_until")),
        windows_kept=kept,
        reason_code=acting.reason_code,
        ticket=acting.ticket,
    )


def _maybe(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class _GrantTold:
    ref: str
    amount: Money | None
    changes: tuple[EffectChange, ...] = ()
    notes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def effect(self) -> ProposedEffect:
        """What is looked at; the digest is of what it comes to, not of ids made anew each time."""
        said = [
            str(self.amount),
            [[each.of, each.name, str(each.before), str(each.after)] for each in self.changes],
            list(self.notes),
        ]
        return ProposedEffect(
            amount=self.amount,
            digest=canonical_digest(said),
            changes=self.changes,
            notes=self.notes,
            subjects=self.subjects,
        )


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An operation on grants: previewed by carrying it out and undoing it."""

    account: Account
    acting: Acting
    operation: Callable[[], _GrantTold]

    def preview(self) -> ProposedEffect:
        """What it would do. Raises what carrying it out raises."""
        with django_transaction.atomic():
            told = self.operation()
            django_transaction.set_rollback(True)
        return told.effect

    def carry_out(self, *, seen: str) -> str:
        """Do it, if it comes to what was seen. Raises: ChangedSince, NothingLeft."""
        try:
            told = self.operation()
        except GrantSpent as spent:
            raise NothingLeft(spent.message) from spent
        told.effect.require_seen(seen)
        return told.ref


def _granted(account: Account, terms: GrantTerms, by: Mapping[str, Any]) -> _GrantTold:
    made = operations.grant(account=account, terms=terms, **by)
    row = grant_row(made, at=by["at"])
    until = f"until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else "without an end"
    covers = ", ".join([*made.price_codes, *made.product_codes]) or "every charge"
    again = f" It recurs every {made.recurs_months} months." if made.recurs_months else ""
    worth = row.amount
    if made.is_bought:
        worth = Money.from_minor(made.paid_minor, made.currency)
    return _GrantTold(
        made.public_id,
        worth,
        notes=(
            f"{account.name} gets {row.amount_text} ({made.get_kind_display().lower()}) from "
            f"{made.effective_from:%Y-%m-%d %H:%M} UTC {until}, for {covers}.{again}",
            "Invoices draw on it before tax; nothing of it is paid out.",
        ),
    )


def _revoked(grant: CreditGrant, by: Mapping[str, Any]) -> _GrantTold:
    before = grant_row(grant, at=by["at"])
    made = operations.revoke(grant=grant, **by)
    return _GrantTold(
        made.public_id,
        before.left,
        changes=_left_changes(grant, before.left),
        notes=(f"{before.left_text} of {grant.name} is taken back; what was drawn stays drawn.",),
    )


def _left_changes(grant: CreditGrant, left: Money | None) -> tuple[EffectChange, ...]:
    if left is None:
        return ()
    return (EffectChange(grant.name, "Left", left, Money.from_minor(0, grant.currency)),)


def _given_back(invoice: Invoice, minor: int, by: Mapping[str, Any]) -> _GrantTold:
    made = operations.give_back(invoice=invoice, worth_minor=minor, **by)
    return _GrantTold(
        made[0].public_id,
        Money.from_minor(minor, invoice.currency),
        notes=tuple(
            f"{Money.from_minor(each.worth_minor, invoice.currency)} goes back to "
            f"{each.grant.name}."
            for each in made
        ),
        subjects=(invoice.public_id,),
    )
