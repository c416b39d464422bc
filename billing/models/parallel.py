"""Parallel runs: a foreign bill re-computed here, row by row, every difference named.

A row is expected (what the source billed) against ours (what the same usage costs by our
prices). A difference without a named reason is `unexplained`, and that count is the verdict.
"""

from django.db import models

from accounts.models import Account
from core.db.fields import CurrencyField, PublicIdField
from core.db.models import AppendOnly


class ParallelRun(AppendOnly):
    """One comparison of an imported file with what we bill for it."""

    public_id = PublicIdField(prefix="prl")
    file_name = models.CharField(max_length=300)
    file_sha256 = models.CharField(max_length=64)
    ran_at = models.DateTimeField()
    ran_by = models.CharField(max_length=200)
    currency = CurrencyField()
    summary = models.JSONField()

    def __str__(self) -> str:
        return f"{self.file_name} at {self.ran_at:%Y-%m-%d %H:%M}"


class ParallelRunRow(AppendOnly):
    """One row of the file: what was expected, what we make of it, and why they differ."""

    run = models.ForeignKey(ParallelRun, on_delete=models.PROTECT, related_name="rows")
    row_number = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True)
    sku = models.CharField(max_length=200, blank=True, default="")
    description = models.TextField(blank=True, default="")
    event_id = models.CharField(max_length=255, blank=True, default="")
    expected_amount = models.DecimalField(max_digits=38, decimal_places=18)
    our_amount = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    fate = models.CharField(
        max_length=16, choices=[("billed", "Billed"), ("quarantined", "Quarantined")]
    )
    difference_reason = models.CharField(max_length=64, blank=True, default="")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["run", "row_number"], name="parallel_run_row_once"),
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}"
