"""Grants: credit in money or in units that invoices draw on, and every draw of them one by one.

A grant is granted once and never changes; what is left of it is what its movements leave. The
database holds that nothing goes below zero and that nothing comes back that was not drawn.
"""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q

from accounts.models import Account
from billing.invoicing.models.invoices import Invoice
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField, QuantityField
from core.db.immutability import Always
from core.db.models import AppendOnly, ends_after_start

DRAWN_MAX = Decimal(10) ** 18
"""No grant is of more than this, so that sums stay within the columns."""


class CreditGrant(AppendOnly):
    """An account may use so much without paying for it, in [effective_from, expires_at).

    `amount` is in minor units of the currency, or in `unit`s of what is used; null end never
    expires. Without price and product codes it covers every charge. Low priority is drawn first.
    One that recurs is granted anew every so many months, each kept for `windows_kept` windows more.
    """

    class Kind(models.TextChoices):
        PROMOTIONAL = "promotional", "Promotional"
        GOODWILL = "goodwill", "Goodwill"
        PREPAID = "prepaid", "Prepaid"

    public_id = PublicIdField(prefix="grt")
    # The index of accounts and starts serves it.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="credit_grants", db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=200, help_text="As it is printed on invoices.")
    currency = CurrencyField()
    unit = models.CharField(
        max_length=64, blank=True, default="", help_text="Empty: the grant is of money."
    )
    amount = QuantityField(help_text="In minor units of the currency, or in units.")
    priority = models.PositiveSmallIntegerField(default=50, help_text="Low is drawn first.")
    price_codes = models.JSONField(default=list, blank=True)
    product_codes = models.JSONField(default=list, blank=True)
    effective_from = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    bought_with = models.OneToOneField(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="grant_bought",
        help_text="The invoice of its own that a prepaid grant was bought with.",
    )
    paid_minor = MinorAmountField(default=0, help_text="What was charged for it, before tax.")
    recurs_months = models.PositiveSmallIntegerField(default=0, help_text="0: once.")
    recurs_until = models.DateTimeField(null=True, blank=True)
    windows_kept = models.PositiveSmallIntegerField(
        default=0, help_text="For how many windows more what is left rolls over."
    )
    recurrence_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="windows"
    )
    reason_code = models.CharField(max_length=32)
    ticket = models.CharField(max_length=100, blank=True)
    reason = models.TextField()
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["account", "effective_from"], name="grant_by_account"),
            models.Index(
                fields=["expires_at"], condition=Q(expires_at__isnull=False), name="grant_expiring"
            ),
        ]
        constraints = [
            ends_after_start("grant_expires_after_start", start="effective_from", end="expires_at"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=DRAWN_MAX), name="grant_of_something"
            ),
            models.CheckConstraint(
                condition=~Q(unit="") | Q(amount=Func(F("amount"), function="TRUNC")),
                name="grant_of_whole_minor_units",
            ),
            models.CheckConstraint(
                condition=Q(kind="prepaid", bought_with__isnull=False, paid_minor__gt=0)
                | (~Q(kind="prepaid") & Q(bought_with__isnull=True, paid_minor=0)),
                name="grant_prepaid_was_bought",
            ),
            models.CheckConstraint(
                condition=Q(recurs_months=0, recurs_until__isnull=True, windows_kept=0)
                | Q(recurs_months__gt=0, recurrence_of__isnull=True, expires_at__isnull=False),
                name="grant_recurs_once",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(name=""), name="grant_says_why"),
            models.UniqueConstraint(
                fields=["recurrence_of", "effective_from"],
                condition=Q(recurrence_of__isnull=False),
                name="grant_once_per_window",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    @property
    def is_money(self) -> bool:
        """Whether it is of money, and not of units."""
        return not self.unit

    @property
    def is_bought(self) -> bool:
        """Whether the customer paid for it."""
        return self.kind == self.Kind.PREPAID

    @property
    def order_key(self) -> list[str | int]:
        """What decides which grant is drawn first; the lowest. Stored on each draw.

        Priority, narrowest scope, earliest end, promotional before bought, when it was granted.
        """
        return [
            self.priority,
            0 if self.price_codes else 1 if self.product_codes else 2,
            self.expires_at.isoformat() if self.expires_at else "9999",
            1 if self.is_bought else 0,
            self.granted_at.isoformat(),
            self.public_id,
        ]


class GrantMovement(AppendOnly):
    """One change of what is left of a grant: drawn, given back, expired or taken back.

    `change` is in the grant's minor units or units, below 0 where less is left; `worth_minor` what
    that took off an invoice or put back on one. A giving back names the draw it undoes.
    """

    class Kind(models.TextChoices):
        DRAW = "draw", "Drawn"
        GIVE_BACK = "give_back", "Given back"
        EXPIRY = "expiry", "Expired"
        REVOCATION = "revocation", "Taken back"

    public_id = PublicIdField(prefix="gmv")
    # The index of grants and kinds serves it.
    grant = models.ForeignKey(
        CreditGrant, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    change = QuantityField()
    worth_minor = MinorAmountField(default=0)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="grant_movements"
    )
    charge_key = models.CharField(max_length=300, blank=True, default="")
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    because = models.CharField(
        max_length=64, blank=True, default="", help_text="Public id of what it follows from."
    )
    drawn_by_key = models.JSONField(
        default=list, blank=True, help_text="What decided the order it was drawn in."
    )
    effective_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["grant", "kind"], name="grant_movement_by_grant")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="give_back", change__gt=0, undoes__isnull=False)
                | (~Q(kind="give_back") & Q(change__lt=0, undoes__isnull=True)),
                name="grant_movement_way",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["draw", "give_back"]) | Q(invoice__isnull=False),
                name="grant_movement_on_invoice",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_movement_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="grant_never_below_zero",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("granted", "numeric"), ("leaves", "numeric"), ("drawn", "numeric")],
                # The grant is locked first, so of two that draw at once the second sees the first.
                func="""
                    SELECT amount INTO granted FROM invoicing_creditgrant
                    WHERE id = NEW.grant_id FOR UPDATE;
                    SELECT granted + sum(change) INTO leaves FROM invoicing_grantmovement
                    WHERE grant_id = NEW.grant_id;
                    IF leaves < 0 OR leaves > granted THEN
                        RAISE EXCEPTION 'a grant would be left with % of %', leaves, granted
                            USING ERRCODE = 'check_violation',
                                  CONSTRAINT = 'grant_never_below_zero';
                    END IF;
                    IF NEW.undoes_id IS NOT NULL THEN
                        SELECT sum(change) INTO drawn FROM invoicing_grantmovement
                        WHERE grant_id = NEW.grant_id
                          AND (id = NEW.undoes_id OR undoes_id = NEW.undoes_id);
                        IF drawn > 0 THEN
                            RAISE EXCEPTION 'more would come back than was drawn'
                                USING ERRCODE = 'check_violation',
                                      CONSTRAINT = 'grant_gives_back_what_was_drawn';
                        END IF;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.change} of {self.grant_id}"
