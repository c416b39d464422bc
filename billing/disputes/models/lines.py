"""Lines of cases: what is contested, what it would come to, how it was decided.

The steps a line goes are held by the database; what is decided is closed. What a claim comes to is
kept each time it is worked out, with its digest.
"""

from datetime import date, timedelta
from typing import Any, ClassVar, Final

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from accounts.models import Resource
from billing.disputes.models.cases import DisputeCase
from billing.disputes.reason_codes import CODES
from billing.invoicing.models import Invoice, InvoiceLine
from billing.receivables.models import Hold
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Always, no_truncate
from core.db.models import AppendOnly, Tracked
from core.money import Money

_STEPS = """
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM disputes_disputecase WHERE id = NEW.case_id FOR NO KEY UPDATE;
        IF NEW.state = 'new' AND coalesce((
            SELECT kind FROM disputes_casemessage
            WHERE case_id = NEW.case_id AND kind IN ('closed', 'reopened')
            ORDER BY id DESC LIMIT 1), 'reopened') = 'reopened'
        THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE'
        AND OLD.state IN ('new', 'investigating', 'waiting_for_customer', 'proposed')
        AND (NEW.state <> 'new' OR OLD.state = 'new')
        AND (OLD.id, OLD.public_id, OLD.case_id, OLD.reason_code, OLD.currency,
             OLD.invoice_line_id, OLD.resource_id, OLD.days_from, OLD.days_until,
             OLD.late_invoice_id, OLD.late_charge)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.public_id, NEW.case_id, NEW.reason_code, NEW.currency,
             NEW.invoice_line_id, NEW.resource_id, NEW.days_from, NEW.days_until,
             NEW.late_invoice_id, NEW.late_charge)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a line of a dispute is decided in steps: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'dispute_line_steps';
"""

LIVE: Final = ("new", "investigating", "waiting_for_customer", "proposed")
"""States in which a line is not decided."""


_IS_LIVE: Final = Q(state__in=LIVE)
_OF_CHARGE: Final = Q(invoice_line__isnull=False, late_invoice__isnull=True, late_charge="")
_OF_DAYS: Final = Q(days_from__isnull=False, days_until__gt=F("days_from"), resource__isnull=False)
_NO_DAYS: Final = Q(days_from__isnull=True, days_until__isnull=True, resource__isnull=True)


class DisputeLine(Tracked):
    """One contested target: the customer's fact, the amount, the decision.

    The target is a charge of an issued invoice; some days of it, for one resource (`days_from` to
    `days_until`, half-open, by the account's own calendar); or what came late of a charge
    (`late_charge`, its key) of an issued invoice and is not billed yet. Amounts are before tax, in
    minor units. `facts` are the values its reason needs, as text.
    """

    class State(models.TextChoices):
        NEW = "new", "New"
        INVESTIGATING = "investigating", "Investigating"
        WAITING_FOR_CUSTOMER = "waiting_for_customer", "Waiting for the customer"
        PROPOSED = "proposed", "Proposed"
        GRANTED = "granted", "Granted"
        PARTLY_GRANTED = "partly_granted", "Granted in part"
        DENIED = "denied", "Denied"
        WITHDRAWN = "withdrawn", "Withdrawn"

    locked_after: ClassVar[tuple[str, ...]] = ("case",)

    public_id = PublicIdField(prefix="dsl")
    case = models.ForeignKey(DisputeCase, on_delete=models.PROTECT, related_name="lines")
    invoice_line = models.ForeignKey(
        InvoiceLine, on_delete=models.PROTECT, related_name="disputes", null=True, blank=True
    )
    days_from = models.DateField(null=True, blank=True)
    days_until = models.DateField(null=True, blank=True)
    resource = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="Whose days are contested.",
    )
    late_invoice = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        related_name="late_disputes",
        null=True,
        blank=True,
        help_text="The issued invoice whose late usage is contested.",
    )
    late_charge = models.CharField(max_length=300, blank=True, default="")
    late_description = models.CharField(max_length=500, blank=True, default="")
    reason_code = models.CharField(max_length=32, choices=CODES)
    facts = models.JSONField(default=dict)
    currency = CurrencyField()
    claimed_minor = MinorAmountField()
    approved_minor = MinorAmountField(null=True, blank=True)  # type: ignore[misc]  # none yet
    state = models.CharField(max_length=20, choices=State.choices, default=State.NEW)
    outcome = models.TextField(blank=True, help_text="The decision in words for the customer.")
    proposal = models.CharField(
        max_length=64, blank=True, help_text="Public id of the proposal that settles it."
    )
    settled_by = models.CharField(
        max_length=64, blank=True, help_text="Public id of the document that settled it."
    )
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["proposal"], name="dispute_line_by_proposal"),
            models.Index(fields=["reason_code", "state"], name="dispute_line_alike"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=_OF_CHARGE & (_OF_DAYS | _NO_DAYS)
                | _NO_DAYS
                & Q(invoice_line__isnull=True, late_invoice__isnull=False)
                & ~Q(late_charge=""),
                name="dispute_line_has_one_target",
            ),
            models.UniqueConstraint(
                fields=["invoice_line"],
                condition=_IS_LIVE & Q(days_from__isnull=True, invoice_line__isnull=False),
                nulls_distinct=False,
                name="dispute_line_live_once",
            ),
            models.UniqueConstraint(
                fields=["late_invoice", "late_charge"],
                condition=_IS_LIVE & Q(late_invoice__isnull=False),
                nulls_distinct=False,
                name="dispute_line_late_live_once",
            ),
            ExclusionConstraint(
                name="dispute_line_days_live_once",
                expressions=[
                    ("invoice_line", RangeOperators.EQUAL),
                    ("resource", RangeOperators.EQUAL),
                    (
                        Func("days_from", "days_until", function="DATERANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=_IS_LIVE & Q(days_from__isnull=False),
            ),
            # What a charge and some of its days come to rests on each other: one at a time.
            models.UniqueConstraint(
                fields=["invoice_line"],
                condition=Q(state="proposed", invoice_line__isnull=False),
                nulls_distinct=False,
                name="dispute_charge_proposed_once",
            ),
            models.CheckConstraint(
                condition=Q(claimed_minor__gte=0), name="dispute_line_claims_an_amount"
            ),
            models.CheckConstraint(
                condition=Q(approved_minor__isnull=True)
                & ~Q(state__in=["granted", "partly_granted"])
                | Q(approved_minor__gt=0, state__in=["granted", "partly_granted"])
                & ~Q(settled_by=""),
                name="dispute_line_granted_by_a_document",
            ),
            models.CheckConstraint(
                condition=~Q(state="proposed") | ~Q(proposal=""), name="dispute_line_proposed"
            ),
            models.CheckConstraint(
                condition=~Q(state="denied") | ~Q(outcome=""), name="dispute_line_denied_in_words"
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE, decided_at__isnull=True)
                | ~Q(state__in=LIVE) & Q(decided_at__isnull=False),
                name="dispute_line_decided_at_an_instant",
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            Always(
                name="dispute_line_steps",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_STEPS,
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def charged(self) -> InvoiceLine:
        """The charge that is contested; of late usage, what of it is known before it is billed."""
        if self.invoice_line is not None:
            return self.invoice_line
        assert self.late_invoice is not None  # dispute_line_has_one_target
        return InvoiceLine(
            invoice=self.late_invoice,
            corrects=self.late_invoice,
            key=self.late_charge,
            description=self.late_description,
        )

    @property
    def days(self) -> tuple[date, date] | None:
        """The days that are contested, half-open; None is all of the charge."""
        return (self.days_from, self.days_until) if self.days_from and self.days_until else None

    @property
    def target_text(self) -> str:
        """What is contested, in words."""
        if self.days_from is None or self.days_until is None:
            return self.charged.description
        last = self.days_until - timedelta(days=1)
        span = f"{self.days_from}" if last == self.days_from else f"{self.days_from} to {last}"
        return f"{self.charged.description}, {self.resource}, {span}"

    @property
    def is_live(self) -> bool:
        """Whether it is not decided."""
        return self.state in LIVE

    def money(self, minor: int) -> Money:
        """An amount in its currency."""
        return Money.from_minor(minor, self.currency)


class ClaimDraft(AppendOnly):
    """What a claim came to when it was worked out: the period drafted again under its fact.

    `billed_minor` is what the charge was billed, `drafted_minor` what it comes to under the fact,
    `corrected_minor` what credit notes took off it already, `elsewhere_minor` what discounts and
    other charges of the bill change with it. `credit_minor` is what is left of that, before tax;
    not above 0 where the customer would owe as much or more. `gross_minor` is with tax.
    """

    line = models.ForeignKey(DisputeLine, on_delete=models.PROTECT, related_name="drafts")
    number = models.PositiveIntegerField()
    facts = models.JSONField()
    billed_minor = MinorAmountField()
    drafted_minor = MinorAmountField()
    corrected_minor = MinorAmountField()
    elsewhere_minor = MinorAmountField()
    credit_minor = MinorAmountField()
    gross_minor = MinorAmountField()
    credits = models.JSONField(help_text="What is credited of each charge, in minor units.")
    evidence = models.JSONField(help_text="What was found for and against it.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the fact and the amounts.")
    drafted_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["line", "number"], name="claim_draft_numbered"),
            models.CheckConstraint(
                condition=Q(
                    credit_minor=F("billed_minor")
                    - F("drafted_minor")
                    - F("corrected_minor")
                    - F("elsewhere_minor")
                ),
                name="claim_draft_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}/{self.number}"
