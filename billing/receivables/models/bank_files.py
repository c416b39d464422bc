"""Files of a bank or gateway, their rows, and the fate of each row.

A row is stored once however many files bring it: its key is made of the account of ours, what the
row says, and which of equal rows of a file it is. What became of it is told by its last fate.
"""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.receivables.models.payments import Payment, PaymentReversal
from core.db.fields import PublicIdField
from core.db.models import AppendOnly
from core.money import Money


class BankFile(AppendOnly):
    """One imported file; `new_count` of its rows were not known before."""

    public_id = PublicIdField(prefix="bnk")
    bank_account = models.CharField(max_length=64, help_text="Which account of ours it is of.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    name = models.CharField(max_length=200)
    format_code = models.SlugField(max_length=32, db_index=False)
    format_number = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField()
    new_count = models.PositiveIntegerField()
    opening_minor = models.BigIntegerField(null=True, blank=True)
    closing_minor = models.BigIntegerField(null=True, blank=True)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["-imported_at", "-id"], name="bank_file_by_import")]
        constraints = [
            models.UniqueConstraint(fields=["bank_account", "digest"], name="bank_file_once"),
            models.CheckConstraint(
                condition=Q(opening_minor__isnull=True) | Q(closing_minor__isnull=False),
                name="bank_file_balances_both_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BankRow(AppendOnly):
    """One row of a bank's file as it was read; above 0 is money in, below 0 money out."""

    class Kind(models.TextChoices):
        CREDIT = "credit", "Money in"
        DEBIT = "debit", "Money out"
        REVERSAL = "reversal", "Taken back by the bank"
        CHARGEBACK = "chargeback", "Chargeback"
        UNREADABLE = "unreadable", "Cannot be read"

    public_id = PublicIdField(prefix="bnr")
    file = models.ForeignKey(
        BankFile, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    line = models.PositiveIntegerField(help_text="Line of the file.")
    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    booked_on = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    text = models.CharField(max_length=500, blank=True, help_text="What the payer wrote.")
    payer_reference = models.CharField(
        max_length=100, blank=True, help_text="The payer's account at its bank, or its number."
    )
    payer_name = models.CharField(max_length=200, blank=True)
    bank_reference = models.CharField(
        max_length=100, blank=True, help_text="What the bank or gateway calls the movement."
    )
    raw = models.TextField(help_text="The line as received.")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["file", "line"], name="bank_row_once_a_line"),
            models.CheckConstraint(
                condition=Q(
                    kind="unreadable",
                    amount_minor__isnull=True,
                    booked_on__isnull=True,
                    currency="",
                )
                | (
                    ~Q(kind="unreadable")
                    & Q(amount_minor__isnull=False, booked_on__isnull=False)
                    & Q(currency__regex=r"^[A-Z]{3}$")
                ),
                name="bank_row_read_or_not",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True)
                | Q(kind="credit", amount_minor__gt=0)
                | (~Q(kind="credit") & Q(amount_minor__lt=0)),
                name="bank_row_signed_by_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.line} of {self.file}"

    @property
    def amount(self) -> Money | None:
        """What moved; None where it could not be read."""
        if self.amount_minor is None:
            return None
        return Money.from_minor(self.amount_minor, self.currency)


class BankRowFate(AppendOnly):
    """What became of a row; the one with the highest number holds."""

    class Fate(models.TextChoices):
        MATCHED = "matched", "Matched"
        SUGGESTED = "suggested", "Suggested"
        UNMATCHED = "unmatched", "Not matched"
        IGNORED = "ignored", "Ignored"

    row = models.ForeignKey(BankRow, on_delete=models.PROTECT, related_name="fates", db_index=False)
    number = models.PositiveIntegerField()
    fate = models.CharField(max_length=16, choices=Fate.choices)
    rule = models.CharField(max_length=32, blank=True, help_text="The matching rule that found it.")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_fates"
    )
    reversal = models.ForeignKey(
        PaymentReversal, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_fates"
    )
    why = models.TextField(help_text="What happened, or why nothing did.")
    decided_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["row", "number"], name="bank_row_fate_numbered"),
            models.CheckConstraint(condition=~Q(why=""), name="bank_row_fate_says_why"),
            models.CheckConstraint(
                condition=~Q(fate="matched") | Q(payment__isnull=False),
                name="bank_row_matched_to_money",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_fate_display()}: {self.row}"


class PayerReference(AppendOnly):
    """Whose a reference at a bank is, as a person said; the last word on a pair of them holds."""

    reference = models.CharField(max_length=100)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payer_references")
    holds = models.BooleanField(default=True, help_text="Unticked: it is theirs no more.")
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["reference"], name="payer_reference_by_text")]
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="payer_reference_is_said"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} is {self.account}"
