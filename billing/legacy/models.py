"""Invoices of another system as they were read, and the imports that brought them. Facts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.models import AppendOnly
from core.money import Money


class LegacyImport(AppendOnly):
    """Files that were read together, balanced, and kept. `files` has name, SHA-256 and bytes of
    each; `summary` the sums by currency as decimal strings, and how many invoices were new.
    """

    public_id = PublicIdField(prefix="lgi")
    system = models.CharField(max_length=32)
    mapping_digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=200)
    reason = models.TextField()
    files = models.JSONField()
    summary = models.JSONField()

    class Meta(AppendOnly.Meta):
        verbose_name = "import of another system's invoices"
        verbose_name_plural = "imports of another system's invoices"
        indexes = [models.Index(fields=["-imported_at", "-id"], name="legacy_import_newest")]

    def __str__(self) -> str:
        return f"{self.system} at {self.imported_at:%Y-%m-%d %H:%M}"


class LegacyInvoice(AppendOnly):
    """One document of the other system, known there as `foreign_id`, once for all time.

    `charged_minor` is what its lines come to, `settled_minor` what was put on it by then; a credit
    note is below zero. `content` has party, lines, settlements and every column that has no place
    here, with the file and line of each; `sha256` is its digest.
    """

    public_id = PublicIdField(prefix="lgv")
    brought_by = models.ForeignKey(LegacyImport, on_delete=models.PROTECT, related_name="invoices")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="legacy_invoices")
    system = models.CharField(max_length=32)
    foreign_id = models.CharField(max_length=255)
    number = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=64, blank=True)
    currency = CurrencyField()
    issued_on = models.DateField()
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    charged_minor = MinorAmountField()
    settled_minor = MinorAmountField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        verbose_name = "invoice of another system"
        verbose_name_plural = "invoices of another system"
        constraints = [
            models.UniqueConstraint(fields=["system", "foreign_id"], name="legacy_invoice_once"),
            models.CheckConstraint(
                condition=Q(period_until__gt=F("period_from")), name="legacy_invoice_period"
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "-period_until", "-id"], name="legacy_invoice_of_account"
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.foreign_id

    @property
    def charged(self) -> Money:
        """What its lines come to, with tax."""
        return Money.from_minor(self.charged_minor, self.currency)

    @property
    def open(self) -> Money:
        """What nobody had paid by the time of the export."""
        return Money.from_minor(self.charged_minor - self.settled_minor, self.currency)


class CutOver(AppendOnly):
    """From `switch_at` on an account is billed here and not by the other system. Done once.

    `opening_minor` is what was open there, which that system goes on to collect. `plans` are those
    it was put on, each with `from` and `until` in ISO 8601.
    """

    public_id = PublicIdField(prefix="cto")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cut_overs")
    system = models.CharField(max_length=32)
    mapping_digest = models.CharField(max_length=64)
    switch_at = models.DateTimeField()
    currency = CurrencyField()
    opening_minor = MinorAmountField()
    plans = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["account", "system"], name="cut_over_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="cut_over_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.account} from {self.system} at {self.switch_at:%Y-%m-%d}"

    @property
    def opening(self) -> Money:
        """What was open there."""
        return Money.from_minor(self.opening_minor, self.currency)
