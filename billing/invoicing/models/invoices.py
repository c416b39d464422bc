"""Invoices, their lines, and the gapless number series.

A draft can be rebuilt; an issued invoice never changes again, in any column or line: triggers
refuse it. What happens to it later (payment, credit) is a row elsewhere that points at it.
"""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, Resource
from billing.catalogue.models.plans import Price
from billing.contracts.models.price_overrides import PriceOverride
from billing.contracts.models.subscriptions import Subscription
from billing.rating import expand
from core.db.fields import (
    CurrencyField,
    MinorAmountField,
    PublicIdField,
    QuantityField,
    UnitPriceField,
)
from core.db.immutability import Always, Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap
from core.money import Money
from core.periods import Period


def live(prefix: str = "") -> Q:
    """Invoices that are owed: issued, and not void. `prefix` is the way to the invoice."""
    return Q(**{f"{prefix}state": "issued", f"{prefix}void__isnull": True})


class NumberSeries(models.Model):
    """A gapless series of invoice numbers of one issuing entity.

    `next_value` and the instant of issue are taken under the row's lock, last before the commit. So
    numbers follow the order in which invoices were issued, whatever the clocks of several workers
    say, and a rolled-back issue leaves no gap.
    """

    prefix = models.CharField(max_length=32, unique=True)
    next_value = models.BigIntegerField(default=1)
    last_issued_at = models.DateTimeField(
        null=True, blank=True, help_text="No later number is issued before this instant."
    )

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.CheckConstraint(condition=Q(next_value__gte=1), name="number_series_positive")
        ]

    def __str__(self) -> str:
        return self.prefix


class Invoice(Tracked):
    """What an account owes for one billing period [period_from, period_until)."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"

    public_id = PublicIdField(prefix="inv")
    # The index of accounts and periods serves it.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="invoices", db_index=False
    )
    payer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payable_invoices")
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    zone = models.CharField(max_length=64, help_text="Billing zone the period was cut in.")
    reissues = models.OneToOneField(
        "invoicing.InvoiceVoid",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reissued",
        help_text="The void of the invoice that this one stands in for.",
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    currency = CurrencyField()
    subtotal_minor = MinorAmountField()
    tax_minor = MinorAmountField()
    carried_minor = MinorAmountField(
        default=0,
        help_text="Credit that does not fit and is carried forward; below 0: taken of such credit.",
    )
    total_minor = MinorAmountField()
    inputs_digest = models.CharField(
        max_length=64, help_text="SHA-256 of what was rated; the same digest needs no new rating."
    )
    billed_to = models.JSONField(help_text="Name, address and tax id as printed, copied.")
    rated_at = models.DateTimeField(help_text="Usage received by then is on it.")
    terms_days = models.PositiveIntegerField(help_text="Days from issue until payment is due.")
    # Its unique sequence serves it.
    series = models.ForeignKey(
        NumberSeries, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    sequence = models.BigIntegerField(null=True, blank=True)
    number = models.CharField(max_length=64, null=True, blank=True, unique=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-period_from"], name="invoice_by_account"),
            models.Index(fields=["-issued_at", "-id"], name="invoice_by_issue"),
            models.Index(fields=["-period_from", "-id"], name="invoice_by_period"),
            models.Index(fields=["period_from"], condition=Q(state="draft"), name="invoice_drafts"),
        ]
        constraints = [
            ends_after_start("invoice_period_half_open", start="period_from", end="period_until"),
            models.CheckConstraint(
                condition=Q(total_minor=F("subtotal_minor") + F("tax_minor") + F("carried_minor")),
                name="invoice_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(carried_minor__lte=0) | Q(total_minor=0),
                name="invoice_carries_what_does_not_fit",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0), name="invoice_total_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="draft",
                    series__isnull=True,
                    sequence__isnull=True,
                    number__isnull=True,
                    issued_at__isnull=True,
                    due_on__isnull=True,
                    content_sha256="",
                )
                | (
                    Q(
                        state="issued",
                        series__isnull=False,
                        sequence__isnull=False,
                        number__isnull=False,
                        issued_at__isnull=False,
                        due_on__isnull=False,
                    )
                    & ~Q(content_sha256="")
                ),
                name="invoice_issued_iff_numbered",
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=True) | Q(issued_at__gte=F("period_until")),
                name="invoice_issued_after_its_period",
            ),
            models.UniqueConstraint(
                fields=["series", "sequence"], name="invoice_sequence_once_per_series"
            ),
            no_overlap(
                "invoice_one_per_account_and_period",
                same=["account"],
                start="period_from",
                end="period_until",
                among=Q(reissues__isnull=True),
            ),
        ]
        triggers = [
            Always(
                name="invoice_reissues_its_own_period",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__reissues__isnull=False),
                declare=[("agrees", "boolean")],
                func="""
                    SELECT EXISTS (
                        SELECT FROM invoicing_invoicevoid AS void
                        JOIN invoicing_invoice AS first ON first.id = void.invoice_id
                        WHERE void.id = NEW.reissues_id
                          AND first.account_id = NEW.account_id
                          AND first.period_from = NEW.period_from
                          AND first.period_until = NEW.period_until) INTO agrees;
                    IF NOT agrees THEN
                        RAISE EXCEPTION 'an invoice is reissued for its account and period'
                            USING ERRCODE = 'check_violation',
                                  CONSTRAINT = 'invoice_reissues_its_own_period';
                    END IF;
                    RETURN NULL;
                """,
            ),
            Refuse(
                name="invoice_frozen",
                level=pgtrigger.Row,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="issued"),
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.number or f"Draft {self.public_id}"

    @property
    def is_draft(self) -> bool:
        """Whether the invoice may still be rebuilt."""
        return self.state == self.State.DRAFT

    @property
    def period(self) -> Period:
        """The billing period, half-open, UTC."""
        return Period(self.period_from, self.period_until)

    @property
    def total(self) -> Money:
        """What is owed, tax included."""
        return Money.from_minor(self.total_minor, self.currency)


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
        max_length=64, blank=True, db_default="", help_text="Tax of the invoice it falls under."
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
