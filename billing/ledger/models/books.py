"""The accounts of the books, and the versions of the chart that says which there are."""

from django.db import models
from django.db.models import Q

from core.db.models import AppendOnly


class LedgerAccount(models.Model):
    """An account of the books, such as receivables or revenue; kept as the chart has it.

    `names` says whose its lines are, `parts` what its parts are, both empty where it has none.
    """

    class Kind(models.TextChoices):
        ASSET = "asset", "Asset"
        LIABILITY = "liability", "Liability"
        INCOME = "income", "Income"
        EXPENSE = "expense", "Expense"

    class Names(models.TextChoices):
        PAYER = "payer", "The payer"
        ACCOUNT = "account", "The account that is billed"

    class Parts(models.TextChoices):
        JURISDICTION = "jurisdiction", "Jurisdiction of the tax"

    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    names = models.CharField(max_length=16, choices=Names.choices, blank=True, db_default="")
    parts = models.CharField(max_length=16, choices=Parts.choices, blank=True, db_default="")

    def __str__(self) -> str:
        return self.name


class ChartVersion(AppendOnly):
    """A version of the chart of accounts, word for word; the highest one holds."""

    version = models.PositiveIntegerField(unique=True)
    document = models.JSONField(help_text="The chart as it was adopted.")
    sha256 = models.CharField(max_length=64, help_text="Digest of the document.")
    adopted_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="chart_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"Chart of accounts {self.version}"
