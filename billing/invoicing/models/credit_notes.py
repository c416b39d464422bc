"""Credit notes: what an issued invoice is corrected by, in a gapless series of its own.

Amounts are positive: a note takes away. A note is of charges of one invoice; what may still be
credited of a charge, and of its tax, is held by the database, whatever way was asked. How the
money of a note is used is a row of receivables that points at it.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from billing.invoicing.models.invoices import Invoice
from billing.invoicing.models.number_series import NumberSeries
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField, QuantityField
from core.db.immutability import Always
from core.db.models import AppendOnly
from core.money import Money

_WITHIN_LINES = """
    SELECT invoice_id INTO credited FROM invoicing_creditnote WHERE id = NEW.note_id;
    PERFORM FROM invoicing_invoice WHERE id = credited FOR NO KEY UPDATE;
    SELECT coalesce(sum(line.amount_minor), 0) INTO taken FROM invoicing_creditnoteline AS line
    JOIN invoicing_creditnote AS note ON note.id = line.note_id
    WHERE note.invoice_id = credited;
    SELECT subtotal_minor INTO billed FROM invoicing_invoice WHERE id = credited;
    IF taken > billed THEN
        RAISE EXCEPTION 'credit notes of invoice % come to % of %', credited, taken, billed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_invoice';
    END IF;
    SELECT coalesce(sum(line.amount_minor), 0) INTO taken FROM invoicing_creditnoteline AS line
    JOIN invoicing_creditnote AS note ON note.id = line.note_id
    WHERE note.invoice_id = credited AND line.charge_key = NEW.charge_key;
    SELECT coalesce(sum(greatest(amount_minor, 0)), 0) INTO billed FROM invoicing_invoiceline
    WHERE invoice_id = credited
      AND (key = NEW.charge_key OR starts_with(key, NEW.charge_key || '/'));
    IF taken > billed THEN
        RAISE EXCEPTION 'credit notes of charge % come to % of %', NEW.charge_key, taken, billed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_charge';
    END IF;
    RETURN NULL;
"""
_WITHIN_TAX = """
    SELECT invoice_id INTO credited FROM invoicing_creditnote WHERE id = NEW.note_id;
    PERFORM FROM invoicing_invoice WHERE id = credited FOR NO KEY UPDATE;
    SELECT coalesce(sum(tax.tax_minor), 0) INTO taken FROM invoicing_creditnotetax AS tax
    JOIN invoicing_creditnote AS note ON note.id = tax.note_id
    WHERE note.invoice_id = credited AND tax."group" = NEW."group";
    SELECT coalesce(sum(tax_minor), 0) INTO billed FROM invoicing_invoicetax
    WHERE invoice_id = credited AND "group" = NEW."group";
    IF taken > billed THEN
        RAISE EXCEPTION 'credited tax % comes to % of %', NEW."group", taken, billed
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_within_tax';
    END IF;
    RETURN NULL;
"""
_DECLARED = [("credited", "bigint"), ("taken", "numeric"), ("billed", "numeric")]


def _checked(name: str, func: str) -> Always:
    """A check of each row as it is written, under the lock of its invoice."""
    return Always(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=_DECLARED,
        func=func,
    )


class CreditNote(AppendOnly):
    """What of an issued invoice is not owed after all, tax included."""

    class Reason(models.TextChoices):
        BILLING_ERROR = "billing_error", "Billing error"
        RE_RATED = "re_rated", "As it should have been rated"
        PRICE_NOT_AS_AGREED = "price_not_as_agreed", "Price not as agreed"
        USAGE_NOT_THEIRS = "usage_not_theirs", "Usage not theirs"
        SERVICE_UNAVAILABLE = "service_unavailable", "Service unavailable"
        GOODWILL = "goodwill", "Goodwill"
        TAX = "tax", "Tax only"
        ADDRESS = "address", "Name or address only"

    public_id = PublicIdField(prefix="crn")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    currency = CurrencyField()
    subtotal_minor = MinorAmountField()
    tax_minor = MinorAmountField()
    total_minor = MinorAmountField()
    reason_code = models.CharField(max_length=32, choices=Reason.choices)
    ticket = models.CharField(max_length=100, blank=True)
    reason = models.TextField()
    billed_to = models.JSONField(help_text="Name, address and tax id as printed, copied.")
    # Its unique sequence serves it.
    series = models.ForeignKey(NumberSeries, on_delete=models.PROTECT, db_index=False)
    sequence = models.BigIntegerField()
    number = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=200)
    content_sha256 = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["-issued_at", "-id"], name="credit_note_by_issue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_minor=F("subtotal_minor") + F("tax_minor")),
                name="credit_note_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(subtotal_minor__gte=0, tax_minor__gte=0),
                name="credit_note_takes_away",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0) | Q(reason_code="address"),
                name="credit_note_of_something",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_note_says_why"),
            models.UniqueConstraint(
                fields=["series", "sequence"], name="credit_note_sequence_once_per_series"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        """What is not owed after all, tax included."""
        return Money.from_minor(self.total_minor, self.currency)


CORRECTING = (
    CreditNote.Reason.BILLING_ERROR,
    CreditNote.Reason.RE_RATED,
    CreditNote.Reason.PRICE_NOT_AS_AGREED,
    CreditNote.Reason.USAGE_NOT_THEIRS,
)
"""The charge was wrong by what these took off; others are given beside a charge that is right."""


class CreditNoteLine(AppendOnly):
    """What a note takes off one charge of its invoice, before tax.

    `charge_key` is the key of the charge's own line; lines of its discounts and limits share it.
    """

    note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    charge_key = models.CharField(max_length=300)
    description = models.CharField(max_length=500)
    quantity = QuantityField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    unit = models.CharField(max_length=64, blank=True)
    tax_group = models.CharField(max_length=128, blank=True)
    amount_minor = MinorAmountField()
    gross_minor = MinorAmountField(  # type: ignore[misc]  # null has no generic
        null=True, blank=True, help_text="With its tax, where the charge's price has it in it."
    )

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="credit_note_line_takes_away"
            ),
            models.CheckConstraint(
                condition=Q(gross_minor__isnull=True) | Q(gross_minor__gte=F("amount_minor")),
                name="credit_note_line_gross_has_the_tax",
            ),
            models.UniqueConstraint(
                fields=["note", "charge_key"], name="credit_note_line_once_per_charge"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, _checked("credit_within_invoice", _WITHIN_LINES)]

    def __str__(self) -> str:
        return f"{self.description} {self.amount_minor}"


class CreditNoteTax(AppendOnly):
    """What a note takes off one tax group of its invoice."""

    note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, related_name="taxes", db_index=False
    )
    group = models.CharField(max_length=128)
    base_minor = MinorAmountField(help_text="What the note credits of the group before tax.")
    tax_minor = MinorAmountField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(base_minor__gte=0, tax_minor__gte=0),
                name="credit_note_tax_takes_away",
            ),
            models.UniqueConstraint(
                fields=["note", "group"], name="credit_note_tax_once_per_group"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, _checked("credit_within_tax", _WITHIN_TAX)]

    def __str__(self) -> str:
        return f"{self.group} {self.tax_minor}"


class InvoiceVoid(AppendOnly):
    """That an issued invoice is not owed at all. It keeps its number; its journal is reversed."""

    public_id = PublicIdField(prefix="ivd")
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="void")
    effective_at = models.DateTimeField()
    voided_at = models.DateTimeField()
    voided_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="invoice_void_says_why"),
            models.CheckConstraint(
                condition=Q(effective_at__lte=F("voided_at")), name="invoice_void_not_ahead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} void"
