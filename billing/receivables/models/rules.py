"""Rules that finance sets as data: bank formats, matching, applying, dunning; by version."""

from django.db import models
from django.db.models import Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly


class RuleVersion(AppendOnly):
    """One version of a rule. The last one whose `effective_from` has passed holds.

    `code` tells rules of a subject apart: the name of a bank format, a kind of account, or nothing
    where there is one rule for all. Without any version the house's own holds, which is number 0.
    """

    class Subject(models.TextChoices):
        BANK_FORMAT = "bank_format", "Form of a bank file"
        MATCHING = "matching", "Matching of payments"
        APPLYING = "applying", "Use of free money"
        DUNNING = "dunning", "Dunning"

    public_id = PublicIdField(prefix="rul")
    subject = models.CharField(max_length=16, choices=Subject.choices)
    code = models.SlugField(max_length=32, blank=True, db_index=False)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    effective_from = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "code", "number"], name="rule_version_numbered"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="rule_version_from_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="rule_version_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.code} {self.number}".replace("  ", " ")
