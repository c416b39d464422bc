"""Revenue by the month it is earned in: schedules of charges, and what each month recognised.

All append-only. A schedule is what a charge of an issued invoice is spread over; an entry is what a
recognition added for it to one month, so a month that was recognised is corrected by another entry
and never rewritten. Days are the account's own, as the invoice counts them.
"""

from django.db import models
from django.db.models import F, Q

from billing.invoicing.models import Invoice
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.models import AppendOnly


class RecognitionPolicy(AppendOnly):
    """A version of when which charge is earned; the highest one holds for new schedules."""

    version = models.PositiveIntegerField(unique=True)
    document = models.JSONField(help_text="Methods by kind of line, product and price.")
    sha256 = models.CharField(max_length=64, help_text="Digest of the document.")
    adopted_at = models.DateTimeField()
    adopted_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "recognition policies"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="recognition_policy_says_why"),
        ]

    def __str__(self) -> str:
        return f"Policy of revenue {self.version}"


class RevenueRecognition(AppendOnly):
    """One pass over a month in one currency that found something to recognise."""

    public_id = PublicIdField(prefix="rcg")
    month_on = models.DateField(help_text="First day of the month.")
    currency = CurrencyField()
    recognised_at = models.DateTimeField()
    recognised_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["month_on", "id"], name="recognition_by_month")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="recognition_says_why"),
            models.CheckConstraint(condition=Q(month_on__day=1), name="recognition_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m} {self.currency} {self.public_id}"


class RevenueSchedule(AppendOnly):
    """What a charge of an issued invoice comes to, and the days it is earned over.

    A charge is its line with its discounts and limits. Where its lines are of several periods, it
    has a schedule for each, and `before_minor` is what those before this one come to of
    `charge_minor`: a credit note of the charge is shared by it.
    """

    class Method(models.TextChoices):
        DAILY = "daily", "By day"
        AT_USE = "at_use", "As it is used"
        AT_START = "at_start", "On the first day"
        AT_END = "at_end", "On the last day"

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="schedules", db_index=False
    )
    charge_key = models.CharField(max_length=300)
    method = models.CharField(max_length=16, choices=Method.choices)
    policy = models.ForeignKey(RecognitionPolicy, on_delete=models.PROTECT, db_index=False)
    first_on = models.DateField()
    last_on = models.DateField()
    amount_minor = MinorAmountField()
    charge_minor = MinorAmountField()
    before_minor = MinorAmountField()
    used_by_month = models.JSONField(
        default=dict,
        help_text="Where use spans months: what of the amount is used by the end of each.",
    )

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["last_on"], name="revenue_schedule_by_end")]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "charge_key", "first_on", "last_on", "before_minor"],
                name="revenue_schedule_once",
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="revenue_schedule_has_days"
            ),
            models.CheckConstraint(
                condition=~Q(amount_minor=0), name="revenue_schedule_of_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge_key} {self.first_on} to {self.last_on}"


class RevenueEntry(AppendOnly):
    """What a recognition added to its month for one schedule, in minor units.

    What is earned goes to revenue; what is billed and not earned stands deferred, what is earned
    and not billed stands unbilled, and both are taken back as months go by.
    """

    recognition = models.ForeignKey(
        RevenueRecognition, on_delete=models.PROTECT, related_name="entries"
    )
    schedule = models.ForeignKey(
        RevenueSchedule, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    recognised_minor = MinorAmountField()
    deferred_minor = MinorAmountField()
    unbilled_minor = MinorAmountField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "revenue entries"
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "recognition"], name="revenue_entry_once_per_recognition"
            ),
            models.CheckConstraint(
                condition=~Q(recognised_minor=0, deferred_minor=0, unbilled_minor=0),
                name="revenue_entry_of_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.recognised_minor}"
