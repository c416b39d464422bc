"""Making a coupon as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import transaction as django_transaction

from accounts.models import Account
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, canonical_digest
from approvals.payloads import PayloadReader
from billing.contracts.operations import coupons
from billing.contracts.operations.coupons import CouponTerms
from billing.invoicing.proposals.grants import read_instant
from core.decimals import decimal_text
from core.money import Money, UnknownCurrency, minor_exponent


class CouponProposal:
    """Make a coupon.

    Payload: `code`, `name`, `percent` or `amount` with `currency`, `periods` (none is for good),
    `prices`, `products`, `redeem_until`, `redemptions_max`.
    """

    name: ClassVar[str] = "coupon"
    title: ClassVar[str] = "Coupon"
    reason_codes: ClassVar[Mapping[str, str]] = {
        "promotion": "Promotion",
        "agreed": "As agreed in a contract",
        "goodwill": "Goodwill",
    }

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in its canonical form. Raises: PayloadInvalid."""
        reader = PayloadReader(payload)
        said: dict[str, Any] = {"code": reader.text("code"), "name": reader.text("name")}
        if not said["code"] or not said["code"].replace("-", "").replace("_", "").isalnum():
            raise reader.wrong("code", "A code has letters, digits, hyphens and underscores.")
        if reader.has("percent") == reader.has("amount"):
            raise reader.wrong("percent", "Say per cent, or an amount.")
        if reader.has("percent"):
            said["percent"] = decimal_text(reader.decimal("percent", scale=6) or Decimal(0))
        else:
            said |= _amount(reader)
        if reader.has("periods"):
            said["periods"] = reader.whole("periods", least=1, most=1_200)
        said |= {"prices": reader.texts("prices"), "products": reader.texts("products")}
        if reader.has("redeem_until"):
            said["redeem_until"] = read_instant(reader, "redeem_until").isoformat()
        said["redemptions_max"] = reader.whole("redemptions_max", least=1, most=1_000_000)
        reader.end()
        return said

    def bring_up_to_date(self, payload: Mapping[str, Any], *, at: datetime) -> None:
        """Nothing is worked out from usage."""

    def prepare(self, payload: Mapping[str, Any], acting: Acting) -> PreparedEffect:
        """The coupon it would make."""
        return _NewCoupon(_terms(payload), acting)


def _amount(reader: PayloadReader) -> dict[str, str]:
    currency = reader.text("currency")
    try:
        minor_exponent(currency)
    except UnknownCurrency as unknown:
        raise reader.wrong("currency", "There is no such currency.") from unknown
    minor = reader.required_amount("amount", currency)
    amount = decimal_text(Money.from_minor(minor, currency).amount)
    return {"amount": amount, "currency": currency}


def _terms(payload: Mapping[str, Any]) -> CouponTerms:
    until, percent = payload.get("redeem_until"), payload.get("percent")
    money = Money(Decimal(payload["amount"]), payload["currency"]) if percent is None else None
    return CouponTerms(
        code=payload["code"],
        name=payload["name"],
        share=None if percent is None else Decimal(percent) / 100,
        amount_minor=money.minor if money else None,
        currency=money.currency if money else None,
        periods=payload.get("periods"),
        price_codes=payload["prices"],
        product_codes=payload["products"],
        redeem_until=datetime.fromisoformat(until) if until else None,
        redemptions_max=payload["redemptions_max"],
    )


@dataclass(frozen=True, slots=True)
class _NewCoupon:
    terms: CouponTerms
    acting: Acting

    @property
    def account(self) -> Account | None:
        """No customer's."""
        return None

    def preview(self) -> ProposedEffect:
        """What it would say. Raises what making it raises."""
        with django_transaction.atomic():
            self._make()
            django_transaction.set_rollback(True)
        return self._effect()

    def carry_out(self, *, seen: str) -> str:
        """Make it. Raises: ChangedSince, and as preview."""
        self._effect().require_seen(seen)
        return self._make()

    def _make(self) -> str:
        by = {"at": self.acting.at, "by": self.acting.by, "reason": self.acting.reason}
        return coupons.make(terms=self.terms, **by).public_id  # type: ignore[arg-type]

    def _effect(self) -> ProposedEffect:
        terms = self.terms
        off = (
            f"{decimal_text((terms.share * 100).normalize())} %"
            if terms.share is not None
            else str(Money.from_minor(terms.amount_minor or 0, terms.currency or ""))
        )
        covers = ", ".join([*terms.price_codes, *terms.product_codes]) or "every charge"
        periods = f"{terms.periods} billing periods" if terms.periods else "every billing period"
        note = (
            f"{terms.code}: {off} off {covers}, for {periods}, for up to "
            f"{terms.redemptions_max:,} accounts."
        )
        return ProposedEffect(amount=None, digest=canonical_digest([note]), notes=[note])
