"""Entitlements: what an account may, by its plans or by a word of its own, from when until when.

Answers come from intervals, never from a status: a date to come has its own answer.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.catalogue.models.plans import Plan
from billing.contracts.models.subscriptions import Subscription
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap
from usage.models import Meter

NUMBER = r"^[0-9]{1,18}(\.[0-9]{1,6})?$"
"""What is allowed of a meter."""


class Entitlement(Tracked):
    """A feature of a plan for whoever is on it, of one subscription, or of one account instead.

    `value` is "true" or "false", a word, or a number of what is allowed: what the feature makes of
    it. With a meter it is how much of it is allowed in a billing period. Holds in
    [valid_from, valid_until). The account's own wins over its subscriptions', theirs over plans'.
    """

    locked_after = ("account", "plan", "subscription")

    public_id = PublicIdField(prefix="ent")
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="entitlements"
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="entitlements"
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="entitlements"
    )
    meter = models.ForeignKey(
        Meter,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Empty: nothing is metered.",
    )
    feature = models.SlugField(max_length=64, db_index=False)
    value = models.CharField(max_length=200)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    granted_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "feature"],
                condition=Q(account__isnull=False),
                name="entitlement_of_account",
            ),
            models.Index(
                fields=["plan", "feature"],
                condition=Q(plan__isnull=False),
                name="entitlement_of_plan",
            ),
            models.Index(
                fields=["subscription", "feature"],
                condition=Q(subscription__isnull=False),
                name="entitlement_of_subscription",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(plan__isnull=True, account__isnull=False, subscription__isnull=True)
                | Q(plan__isnull=False, account__isnull=True, subscription__isnull=True)
                | Q(plan__isnull=True, account__isnull=True, subscription__isnull=False),
                name="entitlement_of_one",
            ),
            ends_after_start("entitlement_ends_after_start", start="valid_from", end="valid_until"),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(value=""), name="entitlement_says_why"
            ),
            models.CheckConstraint(
                condition=Q(meter__isnull=True) | Q(value__regex=NUMBER),
                name="entitlement_metered_is_a_number",
            ),
            no_overlap(
                "entitlement_once_per_account",
                same=["account", "feature"],
                start="valid_from",
                end="valid_until",
            ),
            no_overlap(
                "entitlement_once_per_plan",
                same=["plan", "feature"],
                start="valid_from",
                end="valid_until",
            ),
            no_overlap(
                "entitlement_once_per_subscription",
                same=["subscription", "feature"],
                start="valid_from",
                end="valid_until",
            ),
        ]
        triggers = [
            Refuse(
                name="entitlement_stays",
                level=pgtrigger.Row,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["valid_until"]),
            ),
            Refuse(name="entitlement_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.feature} = {self.value}"
