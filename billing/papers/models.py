"""What is stored of papers: who sells, which papers there are, and the files of each."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models.accounts import BillingProfile
from billing.invoicing.models import CreditNote, Invoice, InvoiceVoid, NumberSeries
from core.db.fields import PublicIdField
from core.db.immutability import Refuse, no_truncate
from core.db.models import AppendOnly
from core.leases import WorkItem

CODE_LENGTH = 12
DIGEST_LENGTH = 64


class Seller(AppendOnly):
    """The issuing entity as papers print it, from an instant on, until the next one begins."""

    public_id = PublicIdField(prefix="sel")
    valid_from = models.DateTimeField(unique=True)
    legal_name = models.CharField(max_length=300)
    address = models.TextField()
    country = models.CharField(max_length=2, help_text="ISO 3166 code, such as DE.")
    tax_id = models.CharField(max_length=64, blank=True, help_text="Such as DE123456789.")
    registration = models.CharField(
        max_length=100, blank=True, help_text="In its commercial register, such as HRB 12345."
    )
    email = models.EmailField(blank=True)
    bank_name = models.CharField(max_length=100, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    named_at = models.DateTimeField()
    named_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(legal_name=""), name="seller_has_a_name"),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="seller_country_is_a_code"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="seller_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name} from {self.valid_from:%Y-%m-%d}"


class Paper(AppendOnly):
    """One invoice, credit note or void that a customer is given; `code` leads back to it.

    The code is printed, so it is worked out from what was sealed at issue and is the same however
    often the paper is made.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit_note", "Credit note"
        VOID = "void", "Void of an invoice"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    invoice = models.OneToOneField(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="paper"
    )
    credit_note = models.OneToOneField(
        CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="paper"
    )
    void = models.OneToOneField(
        InvoiceVoid, on_delete=models.PROTECT, null=True, blank=True, related_name="paper"
    )
    planned_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind="invoice",
                    invoice__isnull=False,
                    credit_note__isnull=True,
                    void__isnull=True,
                )
                | Q(
                    kind="credit_note",
                    invoice__isnull=True,
                    credit_note__isnull=False,
                    void__isnull=True,
                )
                | Q(
                    kind="void", invoice__isnull=True, credit_note__isnull=True, void__isnull=False
                ),
                name="paper_is_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.code}"


class PaperFile(WorkItem):
    """A paper in one format and language: to be made, made, or withheld with a reason.

    Once made, its digest, size and place never change: the database refuses it.
    """

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        HTML = "html", "HTML"
        CSV = "csv", "CSV"
        JSON = "json", "JSON"
        UBL = "ubl", "E-invoice, UBL"
        CII = "cii", "E-invoice, CII"

    public_id = PublicIdField(prefix="pfl")
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="files", db_index=False)
    format = models.CharField(max_length=8, choices=Format.choices)
    language = models.CharField(max_length=2, choices=BillingProfile.Language.choices)
    media_type = models.CharField(max_length=64, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="")
    byte_count = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=DIGEST_LENGTH, blank=True, default="")
    withheld_because = models.TextField(blank=True, default="")

    class Meta(WorkItem.Meta):
        constraints = [
            *WorkItem.Meta.constraints,
            models.UniqueConstraint(
                fields=["paper", "format", "language"], name="paper_file_once_per_format"
            ),
            models.CheckConstraint(
                condition=Q(state="done") & ~Q(sha256="") & ~Q(path="") & Q(withheld_because="")
                | Q(state="done", sha256="", path="") & ~Q(withheld_because="")
                | ~Q(state="done") & Q(sha256="", path="", withheld_because=""),
                name="paper_file_made_or_withheld",
            ),
        ]
        triggers = [
            Refuse(
                name="paper_file_never_changes",
                level=pgtrigger.Row,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="done"),
            ),
            Refuse(
                name="paper_file_stays",
                level=pgtrigger.Row,
                operation=pgtrigger.Delete,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} of {self.paper_id}"

    @property
    def is_made(self) -> bool:
        """Whether there are bytes."""
        return self.sha256 != ""


class PlannedThrough(models.Model):
    """Up to which number of a series the papers are planned.

    Numbers of a series become visible in their order, as it is locked until the commit, so none
    below the mark is ever overlooked.
    """

    series = models.OneToOneField(NumberSeries, on_delete=models.PROTECT, related_name="+")
    sequence = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "planned through"
        constraints = [
            models.CheckConstraint(condition=Q(sequence__gte=0), name="planned_through_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.series_id} through {self.sequence}"
