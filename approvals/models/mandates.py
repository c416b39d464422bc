"""Mandates: what finance lets support give at once, and what was given; kept for good.

The database holds the bounds itself: of the mandate, of a case, of an account in a month, the end,
and that nothing is given once a review has failed.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, User
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.immutability import Always
from core.db.models import AppendOnly
from core.money import Money

_WITHIN = """
    SELECT * INTO mandate FROM approvals_mandate WHERE id = NEW.mandate_id FOR UPDATE;
    IF NEW.gives_back_id IS NOT NULL THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(sum(amount_minor), 0),
           coalesce(sum(amount_minor) FILTER (WHERE ticket = NEW.ticket), 0),
           coalesce(sum(amount_minor) FILTER (
               WHERE account_id = NEW.account_id AND month_on = NEW.month_on), 0)
      INTO all_of_it, of_case, of_month
      FROM approvals_mandatedraw WHERE mandate_id = NEW.mandate_id;
    IF EXISTS (
        SELECT FROM approvals_mandatereview AS review
        JOIN approvals_mandatedraw AS draw ON draw.id = review.draw_id
        WHERE draw.mandate_id = NEW.mandate_id AND NOT review.passed)
    THEN broken := 'mandate_frozen';
    ELSIF NEW.drawn_at >= mandate.ends_at THEN broken := 'mandate_over';
    ELSIF all_of_it + NEW.amount_minor > mandate.total_minor THEN broken := 'mandate_total';
    ELSIF of_case + NEW.amount_minor > mandate.per_case_minor THEN broken := 'mandate_case';
    ELSIF of_month + NEW.amount_minor > mandate.per_account_month_minor
    THEN broken := 'mandate_account_month';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'mandate % does not carry this', mandate.public_id
            USING ERRCODE = 'check_violation', CONSTRAINT = broken;
    END IF;
    RETURN NEW;
"""
_REVIEWED = """
    IF NEW.person_id = (SELECT drawn_by_id FROM approvals_mandatedraw WHERE id = NEW.draw_id) THEN
        RAISE EXCEPTION 'person % gave it', NEW.person_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'mandate_reviewed_by_another';
    END IF;
    RETURN NEW;
"""


class Mandate(AppendOnly):
    """So much that may be given at once: in all, for a case, to an account in a calendar month of
    UTC; by which kinds, for which reasons, in one currency, until an instant. Every nth draw is
    reviewed.
    """

    public_id = PublicIdField(prefix="mnd")
    title = models.CharField(max_length=100)
    currency = CurrencyField()
    kinds = models.JSONField(help_text="What may be done at once, by kind of proposal.")
    reason_codes = models.JSONField(help_text="What may be given for.")
    per_case_minor = MinorAmountField()
    per_account_month_minor = MinorAmountField()
    total_minor = MinorAmountField()
    ends_at = models.DateTimeField()
    review_every = models.PositiveSmallIntegerField(
        help_text="Every such draw waits for the look of a finance person."
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    per_case_minor__gt=0,
                    per_account_month_minor__gte=F("per_case_minor"),
                    total_minor__gte=F("per_account_month_minor"),
                ),
                name="mandate_bounds_contain_each_other",
            ),
            models.CheckConstraint(condition=Q(review_every__gt=0), name="mandate_is_reviewed"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("made_at")), name="mandate_holds_for_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def total(self) -> Money:
        """All that may be given."""
        return Money.from_minor(self.total_minor, self.currency)


class MandateDraw(AppendOnly):
    """What was given at once under a mandate, or came back when that was undone."""

    public_id = PublicIdField(prefix="mdw")
    mandate = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, related_name="draws", db_index=False
    )
    number = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mandate_draws")
    month_on = models.DateField(help_text="First day of the month it counts in, in UTC.")
    amount_minor = MinorAmountField(help_text="Below 0 where it came back.")
    kind = models.CharField(max_length=32)
    payload = models.JSONField()
    effect_ref = models.CharField(max_length=64, help_text="Public id of what it made.")
    reason_code = models.CharField(max_length=32)
    ticket = models.CharField(max_length=100, help_text="The case it is for.")
    drawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="mandate_draws")
    drawn_at = models.DateTimeField()
    reason = models.TextField()
    waits_for_review = models.BooleanField(default=False)
    gives_back = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="came_back"
    )

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["mandate", "number"], name="mandate_draw_numbered"),
            models.CheckConstraint(
                condition=Q(gives_back__isnull=True, amount_minor__gt=0)
                | Q(gives_back__isnull=False, amount_minor__lt=0, waits_for_review=False),
                name="mandate_draw_has_a_direction",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(ticket=""), name="mandate_draw_says_why"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="mandate_draw_within",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("mandate", "approvals_mandate%ROWTYPE"),
                    ("all_of_it", "bigint"),
                    ("of_case", "bigint"),
                    ("of_month", "bigint"),
                    ("broken", "text"),
                ],
                func=_WITHIN,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mandate} {self.number}"

    @property
    def amount(self) -> Money:
        """What was given; below 0 where it came back."""
        return Money.from_minor(self.amount_minor, self.mandate.currency)


class MandateReview(AppendOnly):
    """A finance person's look at one draw. One that failed freezes what is left."""

    draw = models.OneToOneField(MandateDraw, on_delete=models.PROTECT, related_name="review")
    passed = models.BooleanField()
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="mandate_reviews")
    said_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="mandate_review_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="mandate_reviewed_by_another",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_REVIEWED,
            ),
        ]

    def __str__(self) -> str:
        return f"{'Passed' if self.passed else 'Failed'}: {self.draw}"
