"""Cases and what was said in them. The state of a case is worked out and never stored."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from core.db.fields import PublicIdField
from core.db.immutability import Always, no_truncate
from core.db.models import AppendOnly, Tracked

_NO_LIVE_LINE = """
    PERFORM FROM disputes_disputecase WHERE id = NEW.case_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM disputes_disputeline
        WHERE case_id = NEW.case_id
          AND state IN ('new', 'investigating', 'waiting_for_customer', 'proposed')
    ) THEN
        RAISE EXCEPTION 'case % has a line that is not decided', NEW.case_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_closed_when_decided';
    END IF;
    RETURN NULL;
"""


class DisputeCase(Tracked):
    """What a customer came with: whose, how it came, who cares for it. Its lines say about what."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        HELPDESK = "helpdesk", "Helpdesk"
        PHONE = "phone", "Telephone"
        CHAT = "chat", "Chat"
        API = "api", "API"

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        NORMAL = "normal", "Normal"
        HIGH = "high", "High"
        URGENT = "urgent", "Urgent"

    public_id = PublicIdField(prefix="dsp")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="disputes", db_index=False
    )
    channel = models.CharField(max_length=16, choices=Channel.choices)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    ticket = models.CharField(max_length=100, blank=True, help_text="Number in the helpdesk.")
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="disputes_owned"
    )
    hours = models.ForeignKey(
        "disputes.ServiceHours",
        on_delete=models.PROTECT,
        related_name="cases",
        db_index=False,
        help_text="The hours and promises that hold for it.",
    )
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)

    class Meta:
        indexes = [
            models.Index(fields=["opened_at", "id"], name="case_by_opening"),
            models.Index(fields=["account", "-opened_at"], name="case_by_account"),
        ]
        triggers = [no_truncate()]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As it is spoken of. Numbers rise; one that is missing was never a case."""
        return f"DSP-{self.pk:08d}"


class CaseMessage(AppendOnly):
    """One thing said or decided in a case; who may read it is fixed when it is sent."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "Message"
        DECISION = "decision", "Decision"
        CLOSED = "closed", "Closed"
        REOPENED = "reopened", "Reopened"

    class Audience(models.TextChoices):
        INTERNAL = "internal", "Only staff"
        CUSTOMER = "customer", "The customer too"

    public_id = PublicIdField(prefix="dsm")
    case = models.ForeignKey(DisputeCase, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.MESSAGE)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    is_from_customer = models.BooleanField(default=False)
    author = models.CharField(max_length=200)
    body = models.TextField()
    sent_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(body=""), name="case_message_says_something"),
            models.CheckConstraint(
                condition=Q(is_from_customer=False) | Q(audience="customer", kind="message"),
                name="case_message_customer_reads_own",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="case_closed_when_decided",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__kind="closed"),
                func=_NO_LIVE_LINE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.body[:40]}"
