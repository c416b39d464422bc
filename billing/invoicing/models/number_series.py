"""Gapless series of numbers, of invoices and credit notes; and who had them begin anew."""

from django.db import models
from django.db.models import Q

from core.db.fields import PublicIdField
from core.db.models import AppendOnly

YEAR_MAX = 8999


class NumberSeries(models.Model):
    """A gapless series of invoice numbers of one issuing entity.

    `next_value` and the instant of issue are taken under the row's lock, last before the commit. So
    numbers follow the order in which invoices were issued, whatever the clocks of several workers
    say, and a rolled-back issue leaves no gap.
    """

    prefix = models.CharField(max_length=32, unique=True)
    next_value = models.BigIntegerField(default=1)
    last_issued_at = models.DateTimeField(
        null=True, blank=True, help_text="No later number is issued before this instant."
    )
    yearly_from = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="From this year on numbers are of a series of each year, by the day of issue.",
    )

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.CheckConstraint(condition=Q(next_value__gte=1), name="number_series_positive")
        ]

    def __str__(self) -> str:
        return self.prefix

    def is_yearly_in(self, year: int) -> bool:
        """Whether numbers of a year are taken from a series of that year."""
        return self.yearly_from is not None and self.yearly_from <= year


class NumberingChange(AppendOnly):
    """Somebody had a series begin anew each year, or not any more; the last one holds."""

    public_id = PublicIdField(prefix="nsc")
    series = models.ForeignKey(NumberSeries, on_delete=models.PROTECT, related_name="changes")
    yearly_from = models.PositiveSmallIntegerField(null=True, blank=True)
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="numbering_change_says_why")
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.yearly_from or 'not by year'}"
