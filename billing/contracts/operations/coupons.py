"""Make coupons, redeem them, and release what is redeemed.

A coupon is made by a proposal that another person approves. Who is first has the last place; the
others are told. Lock order: account, then coupon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from accounts.models import Account
from billing.contracts.models import Coupon, CouponRedemption
from billing.contracts.models.coupons import PLACES_MAX
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid, NotFound
from eventing.publish import publish


class CouponInvalid(Invalid):
    """What the coupon is to say breaks a rule; the field is named."""

    code = "coupon_invalid"
    title = "That is no coupon"


class CouponCodeTaken(Conflict):
    """Another coupon has the code."""

    code = "coupon_code_taken"
    title = "The code is taken"


class CouponNotFound(NotFound):
    """No coupon has this code."""

    code = "coupon_not_found"
    title = "No such coupon"


class CouponUsedUp(Conflict):
    """It was redeemed as often as it may be."""

    code = "coupon_used_up"
    title = "The coupon is used up"


class CouponOver(Conflict):
    """It could be redeemed until a day that is over, or is of another currency."""

    code = "coupon_over"
    title = "The coupon can no longer be redeemed"


class CouponRedeemedAlready(Conflict):
    """The account has it."""

    code = "coupon_redeemed"
    title = "The account has this coupon"


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a coupon says; the fields are those of `Coupon`."""

    code: str
    name: str
    redemptions_max: int
    share: Decimal | None = None
    amount_minor: int | None = None
    currency: str | None = None
    periods: int | None = None
    price_codes: Sequence[str] = ()
    product_codes: Sequence[str] = ()
    redeem_until: datetime | None = None


def make(*, terms: CouponTerms, at: datetime, by: Actor, reason: str) -> Coupon:
    """Make a coupon. Raises: CouponInvalid, CouponCodeTaken."""
    _check(terms)
    with transaction(), constraint_errors({"contracts_coupon_code_key": CouponCodeTaken}):
        coupon = Coupon(
            code=terms.code,
            name=terms.name.strip(),
            share=terms.share,  # type: ignore[misc]  # null has no generic
            amount_minor=terms.amount_minor,
            currency=terms.currency,
            periods=terms.periods,
            price_codes=sorted(terms.price_codes),
            product_codes=sorted(terms.product_codes),
            redeem_until=terms.redeem_until,
            redemptions_max=terms.redemptions_max,
            made_at=at,
            made_by=by.name,
            reason=reason,
        )
        coupon.save(force_insert=True)
        publish("coupon.made", subject=coupon.public_id, payload={"code": coupon.code}, at=at)
    return coupon


def redeem(
    *, account: Account, code: str, at: datetime, by: Actor, reason: str
) -> CouponRedemption:
    """Give an account a coupon by its code, for the billing periods that end from now on.

    Raises: CouponNotFound, CouponOver, CouponUsedUp, CouponRedeemedAlready.
    """
    errors = {
        "coupon_once_per_account": CouponRedeemedAlready,
        "coupon_place_taken_once": CouponUsedUp,
        "coupon_has_the_place": CouponUsedUp,
    }
    with acting_as(by, reason=reason), transaction(), constraint_errors(errors):
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        coupon = Coupon.objects.select_for_update().filter(code=code[:64]).first()
        if coupon is None:
            raise CouponNotFound(f"There is no coupon {code[:64]!r}.", field="code")
        _require_redeemable(coupon, account, at)
        made = CouponRedemption.objects.create(
            coupon=coupon,
            account=account,
            place=_free_place(coupon),
            redeemed_at=at,
            redeemed_by=by.name,
            reason=reason,
        )
        publish(
            "coupon.redeemed",
            subject=coupon.public_id,
            payload={"account": account.public_id, "redemption": made.public_id},
            at=at,
        )
    return made


@transaction_required()
def release(redemption: CouponRedemption, *, at: datetime) -> None:
    """Free the place of a redemption of a locked account; the caller says who and why."""
    redemption.released_at = at
    redemption.save()
    publish(
        "coupon.released",
        subject=redemption.coupon.public_id,
        payload={"redemption": redemption.public_id},
        at=at,
    )


def _require_redeemable(coupon: Coupon, account: Account, at: datetime) -> None:
    if coupon.redeem_until is not None and at >= coupon.redeem_until:
        raise CouponOver(
            f"{coupon.name} could be redeemed until {coupon.redeem_until:%Y-%m-%d %H:%M} UTC.",
            field="code",
        )
    if coupon.of_currency not in (None, account.currency):
        raise CouponOver(f"{coupon.name} is of {coupon.of_currency}.", field="code")
    known = CouponRedemption.objects.filter(
        coupon=coupon, account=account, released_at__isnull=True
    )
    if known.exists():
        raise CouponRedeemedAlready(f"{account.name} has {coupon.name}.", field="code")


def _free_place(coupon: Coupon) -> int:
    """The lowest place that nobody has. Raises: CouponUsedUp."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(free.place) FROM (
                SELECT 1 AS place UNION ALL
                SELECT place + 1 FROM contracts_couponredemption
                WHERE coupon_id = %(coupon)s AND released_at IS NULL) AS free
            WHERE NOT EXISTS (
                SELECT FROM contracts_couponredemption AS taken
                WHERE taken.coupon_id = %(coupon)s AND taken.released_at IS NULL
                  AND taken.place = free.place)
            """,
            {"coupon": coupon.pk},
        )
        place = int(cursor.fetchone()[0])
    if place > coupon.redemptions_max:
        raise CouponUsedUp(
            f"All {coupon.redemptions_max} of {coupon.name} are redeemed.", field="code"
        )
    return place


def _check(terms: CouponTerms) -> None:
    """Raises: CouponInvalid."""
    if not terms.code or not terms.name.strip():
        raise CouponInvalid("It has a code and a name.", field="code")
    if (terms.share is None) == (terms.amount_minor is None):
        raise CouponInvalid("Say per cent, or an amount.", field="percent")
    if terms.share is not None and not 0 < terms.share <= 1:
        raise CouponInvalid("It takes more than 0 and up to 100 per cent off.", field="percent")
    if terms.amount_minor is not None and (terms.amount_minor <= 0 or not terms.currency):
        raise CouponInvalid("Say an amount above 0, and its currency.", field="amount")
    if not 1 <= terms.redemptions_max <= PLACES_MAX:
        raise CouponInvalid(
            f"It can be redeemed from once to {PLACES_MAX:,} times.", field="redemptions_max"
        )
    if terms.periods is not None and terms.periods < 1:
        raise CouponInvalid("It is for one billing period or more.", field="periods")
