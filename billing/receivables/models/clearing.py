"""What a person decided about money that was taken beyond what a payment had left."""

from django.db import models
from django.db.models import Q

from billing.receivables.models.capacity import checked
from billing.receivables.models.payments import PaymentReversal
from core.db.fields import MinorAmountField, PublicIdField
from core.db.models import AppendOnly

_WITHIN_EXCESS = """
    PERFORM FROM receivables_paymentreversal WHERE id = NEW.reversal_id FOR NO KEY UPDATE;
    SELECT excess_minor INTO there FROM receivables_paymentreversal WHERE id = NEW.reversal_id;
    SELECT coalesce(sum(amount_minor), 0) INTO used FROM receivables_excesscleared
    WHERE reversal_id = NEW.reversal_id;
    IF used > there THEN
        RAISE EXCEPTION 'of reversal % more is cleared than was taken in excess', NEW.reversal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'excess_cleared_once';
    END IF;
    RETURN NULL;
"""


class ExcessCleared(AppendOnly):
    """Some of an excess that is settled: taken as a loss, or given back by who took it."""

    class Kind(models.TextChoices):
        LOSS = "loss", "A loss"
        RECOVERED = "recovered", "Given back to us"

    public_id = PublicIdField(prefix="exc")
    reversal = models.ForeignKey(
        PaymentReversal, on_delete=models.PROTECT, related_name="clearings"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount_minor = MinorAmountField()
    cleared_at = models.DateTimeField()
    cleared_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "excesses cleared"
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="excess_cleared_is_money"),
            models.CheckConstraint(condition=~Q(reason=""), name="excess_cleared_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            checked("excess_cleared_within_excess", _WITHIN_EXCESS),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.reversal}"
