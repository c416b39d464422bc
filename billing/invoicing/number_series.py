"""The series that invoice numbers are taken from."""

from billing.invoicing.models import NumberSeries

SERIES_PREFIX = "CF-"
"""Of the one issuing entity there is."""


def open_series(*, using: str) -> None:
    """Make what is missing; safe to call at any time."""
    NumberSeries.objects.using(using).get_or_create(prefix=SERIES_PREFIX)
