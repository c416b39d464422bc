"""What keeps an invoice from being issued: usage that is not complete, amounts nobody expects.

Policies are versions: the latest of its currency holds. Who lets a bill pass is a row for good.
"""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField, RateField
from core.db.models import AppendOnly
from usage.models import Source


class SourceWaiver(AppendOnly):
    """Bills of periods that ended by `through_at` do not wait for a source; one account, or all."""

    public_id = PublicIdField(prefix="swv")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="waivers")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True)
    through_at = models.DateTimeField()
    waived_by = models.CharField(max_length=200)
    waived_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="source_waiver_says_why")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} waived through {self.through_at:%Y-%m-%d}"


class SanityPolicy(AppendOnly):
    """What a bill of a currency may come to without anybody looking; null bounds nothing.

    `times_usual` is against the median of the account's last period invoices, `times_forecast`
    against what they go on to; both from `usual_from_minor` on: what is small may grow as it likes.
    Amounts in minor units, before tax.
    """

    public_id = PublicIdField(prefix="snp")
    currency = CurrencyField()
    line_max_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    invoice_max_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    run_max_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]
    times_usual = RateField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    times_forecast = RateField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    usual_from_minor = MinorAmountField(default=0)
    set_by = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "sanity policies"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="sanity_policy_says_why"),
            models.CheckConstraint(
                condition=(Q(line_max_minor__isnull=True) | Q(line_max_minor__gt=0))
                & (Q(invoice_max_minor__isnull=True) | Q(invoice_max_minor__gt=0))
                & (Q(run_max_minor__isnull=True) | Q(run_max_minor__gt=0))
                & (Q(times_usual__isnull=True) | Q(times_usual__gt=1))
                & (Q(times_forecast__isnull=True) | Q(times_forecast__gt=1))
                & Q(usual_from_minor__gte=0),
                name="sanity_policy_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} from {self.set_at:%Y-%m-%d %H:%M}"


class SanityRelease(AppendOnly):
    """Somebody looked at a bill that tripped, and lets it pass as it is; another trips again."""

    public_id = PublicIdField(prefix="snr")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sanity_releases")
    period_from = models.DateTimeField()
    inputs_digest = models.CharField(max_length=64, help_text="Of the bill that was looked at.")
    figure = models.TextField(help_text="What tripped, in words.")
    released_by = models.CharField(max_length=200)
    released_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="sanity_release_says_why"),
            models.UniqueConstraint(
                fields=["account", "period_from", "inputs_digest"], name="sanity_release_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.period_from:%Y-%m-%d} released"
