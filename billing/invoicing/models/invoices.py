"""Invoices of every kind: of a period, consolidated, typed, and of a threshold.

A draft can be rebuilt; an issued invoice never changes again, in any column or line: triggers
refuse it. What happens to it later (payment, credit) is a row elsewhere that points at it.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from billing.invoicing.models.number_series import NumberSeries
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Always, Refuse, no_truncate
from core.db.models import Tracked, ends_after_start, no_overlap
from core.money import Money
from core.periods import Period


def live(prefix: str = "") -> Q:
    """Invoices that are owed: issued, and not void. `prefix` is the way to the invoice."""
    return Q(**{f"{prefix}state": "issued", f"{prefix}void__isnull": True})


def owed(prefix: str = "") -> Q:
    """Live invoices that are paid by themselves: a statement is owed with what it is part of."""
    return live(prefix) & Q(**{f"{prefix}consolidated_on__isnull": True})


def of_period(prefix: str = "") -> Q:
    """Live invoices of billing periods: what was rated, and what may become late."""
    return live(prefix) & Q(**{f"{prefix}kind": "period"})


_DRAFT = Q(
    state="draft",
    series__isnull=True,
    sequence__isnull=True,
    number__isnull=True,
    issued_at__isnull=True,
    issued_on__isnull=True,
    due_on__isnull=True,
    consolidated_on__isnull=True,
    content_sha256="",
)
_ISSUED = Q(
    state="issued", issued_at__isnull=False, issued_on__isnull=False, due_on__isnull=False
) & ~Q(content_sha256="")
_NUMBERED = Q(
    series__isnull=False,
    sequence__isnull=False,
    number__isnull=False,
    consolidated_on__isnull=True,
)
_STATEMENT = Q(
    series__isnull=True,
    sequence__isnull=True,
    number__isnull=True,
    consolidated_on__isnull=False,
)


class Invoice(Tracked):
    """What an account owes: for a billing period [period_from, period_until), or otherwise.

    A period invoice whose payer has one invoice for all is a statement: `consolidated_on` is what
    it is part of, has the number, and is what is owed.
    """

    class Kind(models.TextChoices):
        PERIOD = "period", "Period"
        CONSOLIDATED = "consolidated", "Consolidated"
        ONE_OFF = "one_off", "One-off"
        THRESHOLD = "threshold", "Threshold"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"

    public_id = PublicIdField(prefix="inv")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PERIOD)
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
    consolidated_on = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="statements",
        db_index=False,
        help_text="The invoice that this statement is part of.",
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
    purchase_order = models.CharField(
        max_length=100, blank=True, default="", help_text="The customer's own reference, copied."
    )
    note = models.TextField(blank=True, default="", help_text="Printed on the invoice, copied.")
    rated_at = models.DateTimeField(help_text="Usage received by then is on it.")
    terms_days = models.PositiveIntegerField(help_text="Days from issue until payment is due.")
    # Its unique sequence serves it.
    series = models.ForeignKey(
        NumberSeries, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    sequence = models.BigIntegerField(null=True, blank=True)
    number = models.CharField(max_length=64, null=True, blank=True, unique=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_on = models.DateField(
        null=True, blank=True, help_text="Day of issue where the issuing entity stands."
    )
    due_on = models.DateField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-period_from"], name="invoice_by_account"),
            models.Index(fields=["-issued_at", "-id"], name="invoice_by_issue"),
            models.Index(fields=["-period_from", "-id"], name="invoice_by_period"),
            models.Index(fields=["currency", "total_minor", "id"], name="invoice_by_total"),
            models.Index(fields=["period_from"], condition=Q(state="draft"), name="invoice_drafts"),
            models.Index(
                fields=["consolidated_on"],
                condition=Q(consolidated_on__isnull=False),
                name="invoice_statements",
            ),
        ]
        constraints = [
            ends_after_start("invoice_period_half_open", start="period_from", end="period_until"),
            models.CheckConstraint(
                condition=Q(total_minor=F("subtotal_minor") + F("tax_minor") + F("carried_minor")),
                name="invoice_total_adds_up",
            ),
            models.CheckConstraint(
                # Teams on one invoice carry forward each by itself.
                condition=Q(carried_minor__lte=0) | Q(total_minor=0) | Q(kind="consolidated"),
                name="invoice_carries_what_does_not_fit",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0), name="invoice_total_not_negative"
            ),
            models.CheckConstraint(
                condition=_DRAFT | (_ISSUED & (_NUMBERED | _STATEMENT)),
                name="invoice_issued_iff_numbered",
            ),
            models.CheckConstraint(
                condition=Q(consolidated_on__isnull=True) | Q(kind="period"),
                name="invoice_statement_is_of_a_period",
            ),
            models.CheckConstraint(
                # What is typed may be for a time to come.
                condition=Q(issued_at__isnull=True)
                | Q(issued_at__gte=F("period_until"))
                | Q(kind="one_off"),
                name="invoice_issued_after_its_period",
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(due_on__gte=F("issued_on")),
                name="invoice_due_not_before_issue",
            ),
            models.UniqueConstraint(
                fields=["series", "sequence"], name="invoice_sequence_once_per_series"
            ),
            no_overlap(
                "invoice_one_per_account_and_period",
                same=["account"],
                start="period_from",
                end="period_until",
                among=Q(reissues__isnull=True, kind="period"),
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
            Always(
                name="invoice_one_off_approved",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__kind="one_off", new__state="issued"),
                declare=[("approved", "boolean")],
                func="""
                    SELECT EXISTS (
                        SELECT FROM invoicing_oneoffinvoice
                        WHERE invoice_id = NEW.id AND approved_by <> '') INTO approved;
                    IF NOT approved THEN
                        RAISE EXCEPTION 'a one-off invoice is issued by a second person'
                            USING ERRCODE = 'check_violation',
                                  CONSTRAINT = 'invoice_one_off_approved';
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
        if self.number:
            return self.number
        return f"{'Draft' if self.is_draft else 'Statement'} {self.public_id}"

    @property
    def is_draft(self) -> bool:
        """Whether the invoice may still be rebuilt."""
        return self.state == self.State.DRAFT

    @property
    def is_statement(self) -> bool:
        """Whether it is owed with another invoice, which has the number."""
        return self.consolidated_on_id is not None

    @property
    def period(self) -> Period:
        """The billing period, half-open, UTC."""
        return Period(self.period_from, self.period_until)

    @property
    def total(self) -> Money:
        """What is owed, tax included."""
        return Money.from_minor(self.total_minor, self.currency)
