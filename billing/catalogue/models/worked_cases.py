"""Worked cases: what a plan version must come to, kept with it and run before it is published."""

from django.db import models

from billing.catalogue.models.plans import PlanVersion, frozen_with_version
from core.db.immutability import no_truncate
from core.db.models import Tracked


class WorkedCase(Tracked):
    """One example of a plan version: usage of a period in, lines and total out.

    `given` and `expected` are documents, as docs/catalogue.md describes them;
    `billing.publishing.worked_cases` reads and runs them. Frozen with its version.
    """

    locked_after = ("plan_version__plan", "plan_version")

    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="cases")
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)
    given = models.JSONField(help_text="Period and usage.")
    expected = models.JSONField(help_text="Total, and lines where they matter.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan_version", "name"], name="worked_case_name_unique")
        ]
        triggers = [frozen_with_version("worked_case_frozen", "worked case"), no_truncate()]

    def __str__(self) -> str:
        return self.name
