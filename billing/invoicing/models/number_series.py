"""Gapless series of numbers: of invoices, and of credit notes."""

from django.db import models
from django.db.models import Q


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
    is_yearly = models.BooleanField(
        default=False,
        help_text="Numbers are taken from a series of each year, by the entity's day of issue.",
    )

    class Meta:
        verbose_name_plural = "number series"
        constraints = [
            models.CheckConstraint(condition=Q(next_value__gte=1), name="number_series_positive")
        ]

    def __str__(self) -> str:
        return self.prefix
