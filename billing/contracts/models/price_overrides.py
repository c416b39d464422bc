"""Prices agreed with one subscription alone: a layer of their own over the catalogue."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from billing.contracts.models.subscriptions import Subscription
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, no_overlap


class PriceOverride(Tracked):
    """Instead of the plan's price with this code, the subscription has `definition`.

    Holds during [valid_from, valid_until), whatever version the subscription is on; null runs on.
    Never changed once made: clearing it sets its end, and another price is another override. One
    cleared before it began is left empty, never deleted.
    """

    locked_after = ("subscription__account", "subscription")

    public_id = PublicIdField(prefix="ovr")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="price_overrides"
    )
    price_code = models.SlugField(max_length=64)
    definition = models.JSONField(help_text="A price document, as docs/pricing.md describes it.")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="price_override_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="price_override_says_why"),
            no_overlap(
                "price_override_no_overlap",
                same=["subscription", "price_code"],
                start="valid_from",
                end="valid_until",
            ),
        ]
        triggers = [
            Refuse(
                name="price_override_agreed",
                level=pgtrigger.Row,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["valid_until"]),
            ),
            Refuse(name="price_override_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.price_code} of {self.subscription_id}"
