"""The tax of an invoice: one row a group, rounded once on what the group's lines come to."""

import pgtrigger
from django.db import models
from django.db.models import Q

from billing.invoicing.models.invoice_lines import frozen_with_invoice
from billing.invoicing.models.invoices import Invoice
from billing.invoicing.models.tax_rates import ROUNDINGS
from billing.invoicing.tax import TaxRounding, Treatment
from core.db.fields import MinorAmountField, RateField
from core.db.immutability import no_truncate

TREATMENTS = [
    (Treatment.STANDARD.value, "Taxed"),
    (Treatment.REVERSE_CHARGE.value, "Reverse charge"),
    (Treatment.EXEMPT.value, "Exempt"),
    (Treatment.OUTSIDE.value, "Not taxable here"),
]


class InvoiceTax(models.Model):
    """What one tax group of an invoice comes to, and why; `group` is what its lines name.

    `rate` is a fraction of the base: 0.19 is 19 %.
    """

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="taxes", db_index=False
    )
    group = models.CharField(max_length=128)
    jurisdiction = models.CharField(max_length=16)
    treatment = models.CharField(max_length=16, choices=TREATMENTS)
    name = models.CharField(max_length=100, blank=True, help_text="As printed, such as VAT.")
    rate = RateField()
    base_minor = MinorAmountField(help_text="Sum of the group's posted lines.")
    tax_minor = MinorAmountField()
    evidence = models.CharField(
        max_length=300, blank=True, help_text="Certificate or tax id it rests on, as of the day."
    )
    product_class = models.CharField(
        max_length=64, blank=True, help_text="Class of products the rate is for; empty: all others."
    )
    rounding = models.CharField(max_length=16, choices=ROUNDINGS, default=TaxRounding.HALF_UP.value)
    is_included = models.BooleanField(
        default=False, help_text="Whether the rated lines of the group have the tax in them."
    )

    class Meta:
        verbose_name_plural = "invoice taxes"
        constraints = [
            models.UniqueConstraint(fields=["invoice", "group"], name="invoice_tax_group_once"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=1), name="invoice_tax_rate_is_a_fraction"
            ),
            models.CheckConstraint(
                condition=Q(treatment="standard") | Q(rate=0, tax_minor=0),
                name="invoice_tax_only_where_taxed",
            ),
            models.CheckConstraint(
                condition=Q(base_minor__gte=0, tax_minor__gte=0)
                | Q(base_minor__lte=0, tax_minor__lte=0),
                name="invoice_tax_has_the_sign_of_its_base",
            ),
        ]
        triggers = [
            frozen_with_invoice("taxes", "insert", pgtrigger.Insert, new="changed"),
            frozen_with_invoice("taxes", "update", pgtrigger.Update, old="changed"),
            frozen_with_invoice("taxes", "delete", pgtrigger.Delete, old="changed"),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.jurisdiction}"
