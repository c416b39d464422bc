"""What was said to payers who are late, and what they promised."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.invoicing.models import Invoice
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.models import AppendOnly
from core.money import Money


class DunningNotice(AppendOnly):
    """A step of dunning that was taken, or taken back by a resumption.

    Days are those of the account's own calendar. `base_on` is the due day that the steps were
    counted from, that of the earliest part that was unpaid and not held; `asked` is what was asked
    for, as it stood when it was sent.
    """

    class Action(models.TextChoices):
        REMIND = "remind", "Reminded"
        WARN = "warn", "Warned"
        SUSPEND = "suspend", "Suspended"
        DELETE = "delete", "Given up for deletion"
        RESUME = "resume", "Resumed"

    public_id = PublicIdField(prefix="dun")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="dunning_notices", db_index=False
    )
    action = models.CharField(max_length=16, choices=Action.choices)
    on_day = models.DateField()
    step_days = models.PositiveIntegerField(null=True, blank=True)
    base_on = models.DateField(null=True, blank=True)
    base_invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="dunning_notices"
    )
    asked = models.JSONField(help_text="Amounts that are due, one a currency.")
    policy_code = models.SlugField(max_length=32, blank=True, db_index=False)
    policy_number = models.PositiveIntegerField()
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["account", "-sent_at", "-id"], name="dunning_notice_by_account"),
            models.Index(fields=["-sent_at", "-id"], name="dunning_notice_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "on_day"],
                condition=~Q(action="resume"),
                name="dunning_notice_once_a_day",
            ),
            models.CheckConstraint(
                condition=Q(action="resume")
                | Q(step_days__isnull=False, base_on__isnull=False, base_invoice__isnull=False),
                name="dunning_notice_has_its_base",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.account} on {self.on_day}"


class PaymentPromise(AppendOnly):
    """A payer says: this much by that day. Until the day has ended nothing is sent.

    Kept or broken is worked out from what came in, never stored. The last promise counts.
    """

    public_id = PublicIdField(prefix="ppr")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payment_promises")
    currency = CurrencyField()
    amount_minor = MinorAmountField()
    promised_on = models.DateField(help_text="By the end of this day of the account's calendar.")
    made_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="promise_is_of_money"),
            models.CheckConstraint(condition=~Q(reason=""), name="promise_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} by {self.promised_on}"

    @property
    def amount(self) -> Money:
        """What was promised."""
        return Money.from_minor(self.amount_minor, self.currency)
