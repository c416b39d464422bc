"""Subscription: an account on a plan version, for a half-open span of time."""

import pgtrigger
from django.db import models

from accounts.models import Account
from billing.catalogue.models.plans import Plan, PlanVersion
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap


class Subscription(Tracked):
    """An account has a plan from `started_at` until `ended_at` (null: still running).

    The same account never holds the same plan twice at one instant.
    """

    locked_after = ("account",)

    public_id = PublicIdField(prefix="sub")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="subscriptions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    plan_version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, related_name="subscriptions"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            ends_after_start("subscription_ends_after_start", start="started_at", end="ended_at"),
            no_overlap(
                "subscription_no_overlap",
                same=["account", "plan"],
                start="started_at",
                end="ended_at",
            ),
        ]
        triggers = [
            # It ends, but stays: invoice lines name it.
            Refuse(name="subscription_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.account} on {self.plan_version}"
