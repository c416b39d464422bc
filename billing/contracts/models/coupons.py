"""Coupons and their redemptions: so much off the charges of so many billing periods.

How often one may be redeemed is held by the database: each redemption has a place from 1 to the
most there are, and a place has one redemption that stands.
"""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField, RateField
from core.db.immutability import Always, Refuse, no_truncate
from core.db.models import AppendOnly, Tracked

PLACES_MAX = 1_000_000


class Coupon(AppendOnly):
    """Takes a share or an amount off what charges come to before tax, for `periods` periods.

    `share` is 0.1 for ten per cent. Null periods never end; null `redeem_until` always can be
    redeemed. Without price and product codes it is off every charge.
    """

    public_id = PublicIdField(prefix="cpn")
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200, help_text="As it is printed on invoices.")
    share = RateField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    amount_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    currency = CurrencyField(blank=True, null=True)  # type: ignore[misc]
    periods = models.PositiveSmallIntegerField(null=True, blank=True)
    price_codes = models.JSONField(default=list, blank=True)
    product_codes = models.JSONField(default=list, blank=True)
    redeem_until = models.DateTimeField(null=True, blank=True)
    redemptions_max = models.PositiveIntegerField(help_text="How many accounts may redeem it.")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(share__isnull=False, amount_minor__isnull=True, currency__isnull=True)
                | Q(share__isnull=True, amount_minor__isnull=False, currency__isnull=False),
                name="coupon_share_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gt=0, share__lte=1),
                name="coupon_share_of_all",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | Q(amount_minor__gt=0),
                name="coupon_of_something",
            ),
            models.CheckConstraint(
                condition=Q(redemptions_max__gte=1, redemptions_max__lte=PLACES_MAX),
                name="coupon_can_be_redeemed",
            ),
            models.CheckConstraint(
                condition=Q(periods__isnull=True) | Q(periods__gte=1), name="coupon_for_a_period"
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(name=""), name="coupon_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def share_off(self) -> Decimal | None:
        """What share it takes off; None where it takes an amount."""
        share: Decimal | None = self.share
        return share

    @property
    def minor_off(self) -> int | None:
        """What amount it takes off, in minor units; None where it takes a share."""
        minor: int | None = self.amount_minor
        return minor

    @property
    def of_currency(self) -> str | None:
        """The currency of its amount."""
        currency: str | None = self.currency
        return currency


class CouponRedemption(Tracked):
    """An account has a coupon from `redeemed_at` on; what is released stands no more.

    `place` is which of the coupon's places it takes. It counts for billing periods that end after
    it was redeemed.
    """

    locked_after = ("account", "coupon")

    public_id = PublicIdField(prefix="cpr")
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="coupon_redemptions"
    )
    place = models.PositiveIntegerField()
    redeemed_at = models.DateTimeField()
    redeemed_by = models.CharField(max_length=200)
    reason = models.TextField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["coupon", "place"],
                condition=Q(released_at__isnull=True),
                name="coupon_place_taken_once",
            ),
            models.UniqueConstraint(
                fields=["coupon", "account"],
                condition=Q(released_at__isnull=True),
                name="coupon_once_per_account",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("redeemed_at")),
                name="coupon_released_after",
            ),
        ]
        triggers = [
            Always(
                name="coupon_has_the_place",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("places", "bigint")],
                func="""
                    SELECT redemptions_max INTO places FROM contracts_coupon
                    WHERE id = NEW.coupon_id;
                    IF NEW.place < 1 OR NEW.place > places THEN
                        RAISE EXCEPTION 'the coupon has % places', places
                            USING ERRCODE = 'check_violation',
                                  CONSTRAINT = 'coupon_has_the_place';
                    END IF;
                    RETURN NULL;
                """,
            ),
            Refuse(
                name="coupon_redemption_stays",
                level=pgtrigger.Row,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["released_at"]),
            ),
            Refuse(name="coupon_redemption_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.coupon} of {self.account_id}"
