"""Simulations and quotes: what bills would come to if something were otherwise, kept line by line.

Facts of the day they were made: nothing here changes later. A simulation moves no money; what it
found can be paged through, and approved later exactly as it was seen, by its digest.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.models import Account
from billing.catalogue.models.plans import Plan, PlanVersion
from billing.contracts.models.changes import ChangeTiming, SubscriptionPause, SubscriptionVerb
from billing.contracts.models.subscriptions import Subscription
from billing.invoicing.models.invoices import Invoice
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField, QuantityField
from core.db.models import AppendOnly, ends_after_start
from core.leases import WorkItem
from usage.models import Meter


class Simulation(AppendOnly):
    """One question, all of it in `payload` in canonical form; ended when it has an outcome."""

    class Kind(models.TextChoices):
        BACK_TEST = "back_test", "Price back-test"
        PRICE = "price", "Wrong price version"
        METER = "meter", "Wrong meter"
        WINDOW = "window", "Wrong window of usage"

    public_id = PublicIdField(prefix="sim")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    plan_version = models.ForeignKey(
        PlanVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="simulations",
        help_text="The version that was assumed.",
    )
    meter = models.ForeignKey(
        Meter, on_delete=models.PROTECT, null=True, blank=True, related_name="simulations"
    )
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["-started_at", "-id"], name="simulation_by_start")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="simulation_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.started_at:%Y-%m-%d %H:%M}"


class SimulationWork(WorkItem):
    """How far a simulation is. `tally` has what was counted so far, so that another worker goes on.

    `total_count` are the account periods to look at, null until the first worker has counted them.
    """

    simulation = models.OneToOneField(Simulation, on_delete=models.PROTECT, related_name="work")
    examined_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(null=True, blank=True)
    tally = models.JSONField(default=dict)

    class Meta(WorkItem.Meta):
        constraints = [
            *WorkItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(total_count__isnull=True, examined_count=0)
                | Q(examined_count__lte=F("total_count")),
                name="simulation_work_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"Work of simulation {self.simulation_id}"


class SimulationRow(AppendOnly):
    """One line that differs, or an account period that could not be compared (`problem_code`).

    `billed_minor` is what the issued invoice charges for it, null where there is none. `before` is
    what it comes to as things are, `after` as assumed; null where there is no such line. `line` has
    everything else the assumed line would say, as an invoice line keeps it.
    """

    simulation = models.ForeignKey(Simulation, on_delete=models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True)
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    key = models.CharField(max_length=400, blank=True, default="")
    description = models.CharField(max_length=500, blank=True, default="")
    currency = CurrencyField()
    billed_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]  # null, as below
    before_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    after_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    delta_minor = MinorAmountField()
    before_quantity = QuantityField(null=True, blank=True)  # type: ignore[misc]
    after_quantity = QuantityField(null=True, blank=True)  # type: ignore[misc]
    line = models.JSONField(null=True, blank=True)
    problem_code = models.CharField(max_length=64, blank=True, default="")
    problem = models.TextField(blank=True, default="")

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["simulation", "account", "position"], name="simulation_row_account"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["simulation", "position"], name="simulation_row_position_once"
            ),
            ends_after_start(
                "simulation_row_period_half_open", start="period_from", end="period_until"
            ),
            models.CheckConstraint(
                condition=Q(
                    delta_minor=Coalesce(F("after_minor"), 0) - Coalesce(F("before_minor"), 0)
                ),
                name="simulation_row_delta_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(problem_code="", problem="") & ~Q(key="") & ~Q(delta_minor=0)
                | ~Q(problem_code="") & Q(key="", delta_minor=0),
                name="simulation_row_differs_or_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.simulation_id}/{self.position}"


class SimulationOutcome(AppendOnly):
    """What a simulation found in all; written last, once every row is there.

    `account_count` and `invoice_count` are those looked at, the `affected_` ones those with a row
    that differs; `unrated_count` those that could not be compared. `totals` has one entry for each
    currency. `content_sha256` is over the payload and every row in order.
    """

    simulation = models.OneToOneField(Simulation, on_delete=models.PROTECT, related_name="outcome")
    finished_at = models.DateTimeField()
    account_count = models.PositiveIntegerField()
    affected_account_count = models.PositiveIntegerField()
    invoice_count = models.PositiveIntegerField()
    affected_invoice_count = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField()
    unrated_count = models.PositiveIntegerField()
    totals = models.JSONField()
    content_sha256 = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(affected_account_count__lte=F("account_count"))
                & Q(affected_invoice_count__lte=F("invoice_count")),
                name="simulation_outcome_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.simulation_id}: {self.affected_account_count} accounts"


class ChangeQuote(AppendOnly):
    """What a change of a subscription would come to: fees of two periods, before and after.

    `effect` has them line by line in minor units; the change is carried out only while it comes to
    the same, and until `expires_at`.
    """

    public_id = PublicIdField(prefix="chq")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="change_quotes"
    )
    kind = models.CharField(max_length=16, choices=SubscriptionVerb.choices)
    timing = models.CharField(max_length=16, choices=ChangeTiming.choices)
    to_plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="change_quotes"
    )
    cause = models.CharField(max_length=16, choices=SubscriptionPause.Cause.choices)
    price_code = models.SlugField(max_length=64, blank=True, default="", db_index=False)
    quantity = models.PositiveIntegerField(null=True, blank=True)
    to_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="change_quotes_to"
    )
    effective_at = models.DateTimeField()
    currency = CurrencyField()
    effect = models.JSONField()
    digest = models.CharField(max_length=64)
    quoted_at = models.DateTimeField()
    quoted_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("quoted_at")), name="change_quote_holds_a_while"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.effective_at:%Y-%m-%d %H:%M}"

    @property
    def before_minor(self) -> int:
        """Fees of both periods as it is."""
        return _sum_of(self.effect, "before")

    @property
    def after_minor(self) -> int:
        """Fees of both periods as it would be."""
        return _sum_of(self.effect, "after")


def _sum_of(effect: Sequence[Mapping[str, Any]], side: str) -> int:
    return sum(minor for period in effect for _, minor in period[side])
