"""Changes of subscriptions: what may change when, what was asked for, and what became of it.

A change is dated when it is due, whenever it is carried out. Pauses are intervals by cause, and
only what is paused for no cause is billed.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.catalogue.models.plans import Plan, Product
from billing.contracts.models.subscriptions import Subscription
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import AppendOnly, Tracked, ends_after_start, no_overlap


class SubscriptionVerb(models.TextChoices):
    """What can be done to a subscription."""

    UPGRADE = "upgrade", "Upgrade"
    DOWNGRADE = "downgrade", "Downgrade"
    CANCEL = "cancel", "Cancel"
    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    REACTIVATE = "reactivate", "Reactivate"
    MORE_SEATS = "more_seats", "More seats"
    FEWER_SEATS = "fewer_seats", "Fewer seats"
    TRANSFER = "transfer", "Transfer to another account"


class ChangeTiming(models.TextChoices):
    """When a change may take effect."""

    NOW = "now", "Now"
    PERIOD_END = "period_end", "At the end of the billing period"
    DATE = "date", "On a date"


class ChangePolicy(Tracked):
    """When one kind of change may take effect, for the plans of a product or of all others.

    Without a row the house's own table counts (`billing.contracts.change_policy`).
    """

    public_id = PublicIdField(prefix="chp")
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, blank=True, related_name="change_policies"
    )
    kind = models.CharField(max_length=16, choices=SubscriptionVerb.choices)
    allows_now = models.BooleanField(default=False)
    allows_period_end = models.BooleanField(default=True)
    allows_date = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "change policies"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "kind"], nulls_distinct=False, name="change_policy_once"
            ),
            models.CheckConstraint(
                condition=Q(allows_now=True) | Q(allows_period_end=True) | Q(allows_date=True),
                name="change_policy_allows_something",
            ),
        ]
        triggers = [no_truncate()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.product or 'every other product'}"


class SubscriptionChange(AppendOnly):
    """A change somebody asked for, of one subscription at an instant; `quote` is what was seen."""

    public_id = PublicIdField(prefix="chg")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=16, choices=SubscriptionVerb.choices)
    to_plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="changes_to"
    )
    cause = models.CharField(
        max_length=16, blank=True, default="", help_text="Of a pause, or of what is resumed."
    )
    price_code = models.SlugField(
        max_length=64, blank=True, default="", db_index=False, help_text="Of seats."
    )
    quantity = models.PositiveIntegerField(null=True, blank=True, help_text="Seats from then on.")
    to_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="changes_to"
    )
    effective_at = models.DateTimeField()
    quote = models.CharField(max_length=64, unique=True, help_text="Public id of its quote.")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["effective_at", "id"], name="change_by_effect")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["upgrade", "downgrade"], to_plan__isnull=False)
                | (~Q(kind__in=["upgrade", "downgrade"]) & Q(to_plan__isnull=True)),
                name="change_names_its_plan",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["more_seats", "fewer_seats"], quantity__isnull=False)
                & ~Q(price_code="")
                | ~Q(kind__in=["more_seats", "fewer_seats"])
                & Q(quantity__isnull=True, price_code=""),
                name="change_names_its_seats",
            ),
            models.CheckConstraint(
                condition=Q(kind="transfer", to_account__isnull=False)
                | (~Q(kind="transfer") & Q(to_account__isnull=True)),
                name="change_names_its_account",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="change_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.effective_at:%Y-%m-%d %H:%M}"


class ChangeOutcome(AppendOnly):
    """What became of a change, once: done, withdrawn before it was due, or refused by a rule."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REFUSED = "refused", "Refused"

    change = models.OneToOneField(
        SubscriptionChange, on_delete=models.PROTECT, related_name="outcome"
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    began = models.ForeignKey(
        Subscription,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="begun_by",
        help_text="The subscription that goes on instead.",
    )
    said = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="change_outcome_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.change_id} {self.outcome}"


class SubscriptionPause(Tracked):
    """A subscription is paused for one cause during [paused_from, paused_until); null runs on."""

    class Cause(models.TextChoices):
        CUSTOMER = "customer", "Asked for by the customer"
        OVERDUE = "overdue", "Invoices are overdue"
        INCIDENT = "incident", "An incident of ours"

    locked_after = ("subscription__account", "subscription")

    public_id = PublicIdField(prefix="pse")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="pauses")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    paused_from = models.DateTimeField()
    paused_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            ends_after_start("pause_ends_after_start", start="paused_from", end="paused_until"),
            no_overlap(
                "pause_once_per_cause",
                same=["subscription", "cause"],
                start="paused_from",
                end="paused_until",
            ),
        ]
        triggers = [
            Refuse(name="pause_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} from {self.paused_from:%Y-%m-%d %H:%M}"
