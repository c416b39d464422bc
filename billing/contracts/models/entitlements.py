"""Entitlements: what an account may, by its plans or by a word of its own, from when until when.

Answers come from intervals, never from a status: a date to come has its own answer.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.catalogue.models.plans import Plan
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap


class Entitlement(Tracked):
    """A feature that a plan has for whoever is on it, or that one account has instead.

    `value` is "true" or "false", a word, or a number of what is allowed: what the feature makes of
    it. Holds in [valid_from, valid_until). The account's own wins over its plans.
    """

    locked_after = ("account", "plan")

    public_id = PublicIdField(prefix="ent")
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="entitlements"
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="entitlements"
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
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(plan__isnull=True, account__isnull=False)
                | Q(plan__isnull=False, account__isnull=True),
                name="entitlement_of_one",
            ),
            ends_after_start("entitlement_ends_after_start", start="valid_from", end="valid_until"),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(value=""), name="entitlement_says_why"
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
