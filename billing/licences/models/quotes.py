"""Quotes of licences: versions of terms, and who accepted one."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from core.db.fields import PublicIdField
from core.db.models import AppendOnly


class LicenseQuote(AppendOnly):
    """One version of terms offered to an account until a day; another version is another row.

    `number` is what all versions of one quote share. `terms` is the document of
    `billing.licences.terms`, `digest` its SHA-256.
    """

    public_id = PublicIdField(prefix="qte")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="license_quotes")
    number = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    terms = models.JSONField(help_text="As docs/licences.md describes it.")
    digest = models.CharField(max_length=64)
    valid_until = models.DateTimeField(help_text="From this instant on nobody can accept it.")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["number", "version"], name="license_quote_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="license_quote_counts"),
            models.CheckConstraint(condition=~Q(reason=""), name="license_quote_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.number}, version {self.version}"


class QuoteAcceptance(AppendOnly):
    """That somebody of the customer accepted a version, by name and day; it made the licence."""

    quote = models.OneToOneField(LicenseQuote, on_delete=models.PROTECT, related_name="acceptance")
    accepted_by = models.CharField(max_length=200, help_text="Who signed, at the customer.")
    accepted_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(accepted_by=""), name="quote_acceptance_names_somebody"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="quote_acceptance_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.quote} accepted by {self.accepted_by}"
