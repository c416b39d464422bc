"""The lines of invoices: what is printed, explained, and frozen with its invoice."""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Resource
from billing.catalogue.models.plans import Price
from billing.contracts.models.price_overrides import PriceOverride
from billing.contracts.models.subscriptions import Subscription
from billing.invoicing.models.invoices import Invoice
from billing.rating import expand
from core.db.fields import MinorAmountField, QuantityField, UnitPriceField
from core.db.immutability import Always, no_truncate
from core.db.models import ends_after_start

DEDUCTION = "deduction"
"""Kind of a line that takes off what a threshold invoice billed of the same usage."""
STATEMENT = "statement"
"""Kind of a line that is what a statement of a consolidated invoice comes to."""
TYPED = "typed"
"""Kind of a line somebody typed."""
ADJUSTMENT = "adjustment"
"""Kind of a line that bills or gives what somebody decided on."""
TAX_INCLUDED = "tax_included"
"""Kind of a line that takes the tax out of prices that have it in them."""
TAXED_APART = "taxed_apart"
"""Kind of a line that moves what some days come to into the tax group of those days."""
COUPON = "coupon"
"""Kind of a line that takes off what a coupon says."""
GRANT = "grant"
"""Kind of a line that takes off what a grant covers, or puts back what it covered too much."""
POOL_DRAW = "pool_draw"
"""Kind of a line that takes off what pools of a licence cover, or prices what is beyond them."""
LICENSE_FEE = "license_fee"
"""Kind of a line that is what a licence costs for a period, in advance."""
OF_TAX = (TAX_INCLUDED, TAXED_APART)
"""Kinds of lines that tax adds to what was rated."""
UNRATED = (DEDUCTION, ADJUSTMENT, COUPON, GRANT, POOL_DRAW, LICENSE_FEE, *OF_TAX)
"""Kinds of lines of a period that no usage and no price made."""


def frozen_with_invoice(
    what: str, name: str, operation: pgtrigger.Operation, **rows: str
) -> Always:
    """Refuse to touch rows of an issued invoice; per statement, as runs copy thousands."""
    return Always(
        name=f"invoice_{what}_frozen_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),  # type: ignore[no-untyped-call]
        func=f"""
            IF EXISTS (
                SELECT 1 FROM changed AS line
                JOIN invoicing_invoice ON invoicing_invoice.id = line.invoice_id
                WHERE invoicing_invoice.state = 'issued'
            ) THEN
                RAISE EXCEPTION '{what} of an issued invoice never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_{what}_frozen';
            END IF;
            RETURN NULL;
        """,  # noqa: S608  names of this module, no data
    )


_REFERENCES = {
    "price": """catalogue_price AS kept JOIN catalogue_planversion AS version
                ON version.id = kept.plan_version_id AND version.state = 'published'""",
    "price_override": "contracts_priceoverride AS kept",
    "resource": "accounts_resource AS kept",
    "subscription": "contracts_subscription AS kept",
}


def _refers_to(name: str, kept: str) -> str:
    """What a foreign key would check of each row, once for all rows of a statement."""
    return f"""
            SELECT line.{name}_id INTO missing
            FROM (SELECT DISTINCT {name}_id FROM written WHERE {name}_id IS NOT NULL) AS line
            WHERE NOT EXISTS (SELECT FROM {kept} WHERE kept.id = line.{name}_id) LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'a line names {name} %, which is not there to stay', missing
                    USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'line_{name}_exists';
            END IF;"""  # noqa: S608  names of this module, no data


def _lines_refer(name: str, operation: pgtrigger.Operation) -> Always:
    """What a line is of exists. None of it can be deleted: published prices, agreed prices,
    resources and subscriptions refuse it. So a look at the end of the statement is enough, and a
    run that copies ten thousand lines looks four times, not forty thousand.
    """
    checks = "".join(_refers_to(*reference) for reference in _REFERENCES.items())
    return Always(
        name=f"invoice_lines_refer_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
        declare=[("missing", "bigint")],
        func=f"{checks}\n            RETURN NULL;",
    )


class InvoiceLine(models.Model):
    """One explained amount of an invoice.

    `key` is stable: rating the same usage again gives the same key. `explanation` is the compact
    data `billing.rating` produced; it is expanded to words only where it is shown.
    """

    # Its unique positions serve as its index.
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    kind = models.CharField(max_length=32)
    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    price = models.ForeignKey(
        Price,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    price_override = models.ForeignKey(
        PriceOverride,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        help_text="What was agreed instead of the price.",
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    corrects = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="late_lines",
        db_index=False,
        help_text="The issued invoice whose late usage this bills.",
    )
    group_label = models.CharField(
        max_length=300, blank=True, default="", help_text="App the line is printed under, copied."
    )
    description = models.CharField(max_length=500)
    quantity = QuantityField()
    unit = models.CharField(max_length=64, blank=True, default="")
    unit_price = UnitPriceField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    amount_minor = MinorAmountField()
    tax_group = models.CharField(
        max_length=128, blank=True, db_default="", help_text="Tax of the invoice it falls under."
    )
    dimensions = models.JSONField(default=dict)
    explanation = models.JSONField()
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["corrects"], condition=Q(corrects__isnull=False), name="line_late"
            ),
            # People who have seen an amount somewhere look for it; equal ones are kept together.
            models.Index(fields=["amount_minor", "id"], name="line_by_amount"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_unique"),
            models.UniqueConstraint(fields=["invoice", "key"], name="line_key_unique"),
            ends_after_start("line_period_half_open", start="period_from", end="period_until"),
        ]
        triggers = [
            frozen_with_invoice("lines", "insert", pgtrigger.Insert, new="changed"),
            frozen_with_invoice("lines", "update", pgtrigger.Update, old="changed"),
            frozen_with_invoice("lines", "delete", pgtrigger.Delete, old="changed"),
            _lines_refer("insert", pgtrigger.Insert),
            _lines_refer("update", pgtrigger.Update),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.position} {self.description}"

    @property
    def is_priced(self) -> bool:
        """Whether it prices something; one that adjusts others has no quantity and no unit."""
        return expand(self.explanation).is_priced

    @property
    def rated_quantity(self) -> Decimal | None:
        """What was priced; None on a line that adjusts others, whose `quantity` stands for none."""
        return self.quantity if self.is_priced else None

    @property
    def rated_unit(self) -> str:
        """What was priced is counted in; empty on a line that adjusts others."""
        return self.unit if self.is_priced else ""
