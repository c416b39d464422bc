"""Who may put forward and who may approve what, as data: versions that are never changed."""

from django.db import models
from django.db.models import Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly


class ApprovalPolicy(AppendOnly):
    """One version of the policy, from the moment it was published; the last one holds.

    The house's own, which holds until another is published, is number 1 and has no row.
    """

    public_id = PublicIdField(prefix="apl")
    number = models.PositiveIntegerField(unique=True)
    document = models.JSONField(help_text="As docs/approvals.md says.")
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "approval policies"
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=1), name="approval_policy_from_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="approval_policy_says_why"),
        ]

    def __str__(self) -> str:
        return f"Approval policy {self.number}"
