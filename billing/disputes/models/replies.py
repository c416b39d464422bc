"""What a customer is told in writing, frozen, and what was said to them about money."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from billing.disputes.models.cases import CaseMessage, DisputeCase
from billing.disputes.models.evidence import EvidenceFile
from core.db.fields import CurrencyField, MinorAmountField, PublicIdField
from core.db.models import AppendOnly
from core.money import Money


class ReplyPack(AppendOnly):
    """An answer with its figures, explanations and decisions, as it was sent: content and PDF.

    `digest` is the SHA-256 of the content in canonical form; the PDF goes with the message.
    """

    public_id = PublicIdField(prefix="rpk")
    case = models.ForeignKey(DisputeCase, on_delete=models.PROTECT, related_name="replies")
    message = models.OneToOneField(CaseMessage, on_delete=models.PROTECT, related_name="reply")
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="reply_pack_has_a_digest"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class MoneyPromise(AppendOnly):
    """What somebody said to a customer about money: a credit that comes, or at most so much.

    A credit is with tax, an estimate is of the next invoice before tax. It is checked at the first
    bill of a period that ends after it was said.
    """

    class Kind(models.TextChoices):
        CREDIT = "credit", "A credit"
        ESTIMATE = "estimate", "The next invoice, at most"

    public_id = PublicIdField(prefix="mpr")
    case = models.ForeignKey(DisputeCase, on_delete=models.PROTECT, related_name="money_promises")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="money_promises")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    currency = CurrencyField()
    amount_minor = MinorAmountField()
    words = models.TextField(help_text="The sentence that was said.")
    said_to = models.CharField(max_length=200)
    said_by = models.CharField(max_length=200)
    said_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="money_promise_of_money"),
            models.CheckConstraint(
                condition=~Q(words="") & ~Q(said_to=""), name="money_promise_says_what_to_whom"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def amount(self) -> Money:
        """What was said."""
        return Money.from_minor(self.amount_minor, self.currency)


class PromiseLetPass(AppendOnly):
    """Somebody lets a bill pass although what was said is not kept, and says why."""

    promise = models.OneToOneField(MoneyPromise, on_delete=models.PROTECT, related_name="let_pass")
    reason = models.TextField()
    let_pass_at = models.DateTimeField()
    let_pass_by = models.CharField(max_length=200)

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "promises let pass"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="promise_let_pass_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.promise_id} let pass"
