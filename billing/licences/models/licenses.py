"""Licences: what was agreed with an enterprise for a term, and how that was amended."""

from datetime import datetime
from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.licences.models.quotes import LicenseQuote
from core.db.fields import CurrencyField, PublicIdField, QuantityField, UnitPriceField
from core.db.immutability import Refuse, no_truncate
from core.db.models import AppendOnly, Tracked, ends_after_start
from core.periods import Period


class License(Tracked):
    """A contract of an account for the term [starts_at, ends_at), made from an accepted quote."""

    class Standing(models.TextChoices):
        COMING = "coming", "Not begun"
        IN_FORCE = "in_force", "In force"
        ENDED = "ended", "Ended"

    locked_after = ("account",)

    public_id = PublicIdField(prefix="lic")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="licenses")
    quote = models.OneToOneField(LicenseQuote, on_delete=models.PROTECT, related_name="license")
    number = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    currency = CurrencyField()
    purchase_order = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    renewal_notice_on = models.DateField(
        null=True, blank=True, help_text="The last day on which notice is given."
    )

    class Meta:
        constraints = [
            ends_after_start("license_ends_after_start", start="starts_at", end="ends_at"),
            models.CheckConstraint(condition=~Q(number=""), name="license_has_a_number"),
        ]
        triggers = [
            Refuse(name="license_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.name}"

    @property
    def term(self) -> Period:
        """From when until when it holds."""
        return Period(self.starts_at, self.ends_at)

    def standing(self, at: datetime) -> Standing:
        """Whether it holds at an instant."""
        if at < self.starts_at:
            return self.Standing.COMING
        return self.Standing.IN_FORCE if at < self.ends_at else self.Standing.ENDED


class LicenseProduct(AppendOnly):
    """What a licence sells: so many units at a price, and what a unit beyond them costs.

    Null as `overage_price` is what the account's plan says.
    """

    class Billed(models.TextChoices):
        ONCE = "once", "Once, at the beginning"
        MONTHLY = "monthly", "Each month"
        QUARTERLY = "quarterly", "Each quarter"
        YEARLY = "yearly", "Each year"

    license = models.ForeignKey(
        License, on_delete=models.PROTECT, related_name="products", db_index=False
    )
    code = models.SlugField(max_length=64)
    name = models.CharField(max_length=200)
    quantity = QuantityField()
    unit = models.CharField(max_length=64, blank=True)
    unit_price = UnitPriceField()
    overage_price = UnitPriceField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    billed = models.CharField(max_length=16, choices=Billed.choices)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["license", "code"], name="license_product_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="license_product_quantity"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0)
                & (Q(overage_price__isnull=True) | Q(overage_price__gte=0)),
                name="license_product_prices",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price_beyond(self) -> Decimal | None:
        """What a unit beyond costs; None where the account's plan says it."""
        return self.overage_price


class LicenseAmendment(AppendOnly):
    """One change of a licence, as a fact: what, from when, to what, why and by whom."""

    class Kind(models.TextChoices):
        QUANTITY = "quantity", "Another quantity"
        END = "end", "Another end"
        PURCHASE_ORDER = "purchase_order", "Another purchase order"
        CREDIT_BACK = "credit_back", "Units given back"
        REVOKE = "revoke", "Units taken away"

    public_id = PublicIdField(prefix="amd")
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="amendments")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    commitment = models.ForeignKey(
        "licences.PoolCommitment",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="amendments",
    )
    effective_at = models.DateTimeField()
    was = models.CharField(max_length=200, blank=True)
    became = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="license_amendment_says_why"),
            models.CheckConstraint(
                condition=Q(kind__in=["end", "purchase_order"], commitment__isnull=True)
                | Q(kind__in=["quantity", "credit_back", "revoke"], commitment__isnull=False),
                name="license_amendment_names_its_pool",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.license}"
