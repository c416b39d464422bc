"""Parallel runs: a foreign bill re-computed here, row by row, every difference named.

A row is expected (what the source billed) against ours (quantity × list price, exact); a SKU is
expected against its invoice line, in whole minor units. A difference whose reason is no explanation
makes the run fail. Facts of the day the run was made: nothing here changes later.
"""

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from billing.invoicing.models.bill_runs import BillRun
from core.db.fields import CurrencyField, PublicIdField
from core.db.models import AppendOnly
from usage.models.columns import ExactField


class ForeignAccount(AppendOnly):
    """The account opened here for a billing account of another provider, in one currency."""

    provider = models.CharField(max_length=200)
    foreign_id = models.CharField(max_length=200)
    currency = CurrencyField()
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="foreign")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "foreign_id", "currency"], name="foreign_account_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.foreign_id} ({self.currency})"


class ParallelRun(AppendOnly):
    """One comparison of an imported file with what we bill for it.

    `summary` is what the command printed, amounts as decimal strings.
    """

    public_id = PublicIdField(prefix="prl")
    file_name = models.CharField(max_length=300)
    file_sha256 = models.CharField(max_length=64)
    ran_at = models.DateTimeField()
    ran_by = models.CharField(max_length=200)
    reason = models.TextField()
    bill_run = models.ForeignKey(BillRun, on_delete=models.PROTECT, null=True, blank=True)
    summary = models.JSONField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["file_sha256", "-ran_at"], name="parallel_run_by_file")]

    def __str__(self) -> str:
        return f"{self.file_name} at {self.ran_at:%Y-%m-%d %H:%M}"

    @property
    def has_passed(self) -> bool:
        """Whether something was compared, and every difference has its explanation."""
        return bool(self.summary["billed"]) and not self.summary["unexplained"]

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        rows, unexplained = self.summary["rows"], self.summary["unexplained"]
        not_compared = sum(each["rows"] for each in self.summary["not_compared"])
        differ = unexplained - not_compared
        if self.has_passed:
            return "Every difference is explained."
        said = [
            f"{differ:,} of {rows:,} rows differ without an explanation." if differ else "",
            f"{not_compared:,} of {rows:,} rows could not be compared." if not_compared else "",
            "" if self.summary["billed"] else "Nothing of the file was billed here.",
        ]
        return " ".join(filter(None, said))


class ImportUnderWay(models.Model):
    """Where the import that works just now is; gone when it has ended."""

    class Step(models.TextChoices):
        LOOKING = "looking", "Looking at how the file is written"
        OPENING = "opening", "Opening accounts and resources"
        SENDING = "sending", "Sending usage"
        BILLING = "billing", "Billing"
        STORING = "storing", "Storing the comparison"

    file_name = models.CharField(max_length=300)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=200)
    step = models.CharField(max_length=16, choices=Step.choices, default=Step.LOOKING)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.file_name


class ParallelRunRow(AppendOnly):
    """One row of the file: what was expected, what we make of it, and why they differ.

    `expected_amount` is null where it could not be read, `our_amount` where nothing was billed.
    """

    class Fate(models.TextChoices):
        BILLED = "billed", "Billed"
        QUARANTINED = "quarantined", "Quarantined"

    run = models.ForeignKey(ParallelRun, on_delete=models.PROTECT, related_name="rows")
    row_number = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    period_from = models.DateTimeField(null=True, blank=True)
    sku = models.CharField(max_length=200, blank=True, default="")
    description = models.TextField(blank=True, default="")
    event_id = models.CharField(max_length=255, blank=True, default="")
    expected_amount = ExactField(null=True, blank=True)
    our_amount = ExactField(null=True, blank=True)
    fate = models.CharField(max_length=16, choices=Fate.choices)
    difference_reason = models.CharField(max_length=64, blank=True, default="")
    detail = models.TextField(blank=True, default="")

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                fields=["run", "difference_reason", "row_number"], name="parallel_run_row_by_reason"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "row_number"], name="parallel_run_row_once"),
            models.CheckConstraint(
                condition=Q(fate="billed", our_amount__isnull=False, expected_amount__isnull=False)
                | Q(fate="quarantined", our_amount__isnull=True),
                name="parallel_run_row_fate",
            ),
            models.CheckConstraint(
                condition=Q(our_amount__isnull=False, our_amount=F("expected_amount"))
                | ~Q(difference_reason=""),
                name="parallel_run_row_difference_named",
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}"


class ParallelRunSku(AppendOnly):
    """One SKU at one price in one billing period: the rows of the file against the invoice line.

    `our_amount` is the invoice line's, less what other files put on the line. `differences` has
    the amount, ours − expected, of every reason; they sum to the whole difference.
    """

    run = models.ForeignKey(ParallelRun, on_delete=models.PROTECT, related_name="skus")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    period_from = models.DateTimeField(null=True, blank=True)
    sku = models.CharField(max_length=200, blank=True, default="")
    list_price = models.CharField(max_length=64, blank=True, default="")
    unit = models.CharField(max_length=64, blank=True, default="")
    description = models.TextField(blank=True, default="")
    row_count = models.PositiveIntegerField()
    billed_count = models.PositiveIntegerField()
    expected_amount = ExactField()
    our_amount = ExactField()
    differences = models.JSONField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["run", "account", "currency", "period_from", "sku", "list_price", "unit"],
                nulls_distinct=False,
                name="parallel_run_sku_once",
            ),
            models.CheckConstraint(
                condition=Q(billed_count__lte=F("row_count")), name="parallel_run_sku_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} at {self.list_price}"
