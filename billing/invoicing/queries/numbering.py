"""The series of numbers: what comes next, whether they begin anew each year, and who said so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import NumberingChange, NumberSeries
from billing.invoicing.number_series import PREFIXES, number_of, prefix_of_year


@dataclass(frozen=True, slots=True)
class SeriesShown:
    """A series; `yearly_from` None: it goes on in one."""

    prefix: str
    name: str
    yearly_from: int | None
    next_number: str
    last_issued_at: datetime | None
    first_of_next_year: str


_NAMES = dict(zip(PREFIXES, ("Invoices", "Credit notes"), strict=True))


def series_shown(*, at: datetime) -> list[SeriesShown]:
    """The series that numbers are taken from; one query."""
    year = day_of_issue(at).year
    years = [prefix_of_year(each, of) for each in PREFIXES for of in (year, year + 1)]
    rows = {row.prefix: row for row in NumberSeries.objects.filter(prefix__in=[*PREFIXES, *years])}
    return [_shown(rows, prefix, year) for prefix in PREFIXES]


def _shown(rows: dict[str, NumberSeries], prefix: str, year: int) -> SeriesShown:
    base = rows[prefix]
    return SeriesShown(
        prefix=prefix,
        name=_NAMES[prefix],
        yearly_from=base.yearly_from,
        next_number=_next(rows, base, year),
        last_issued_at=base.last_issued_at,
        first_of_next_year=_next(rows, base, year + 1),
    )


def _next(rows: dict[str, NumberSeries], base: NumberSeries, year: int) -> str:
    """The number that the next document of a year takes, if it were issued now."""
    if not base.is_yearly_in(year):
        return number_of(base, base.next_value)
    prefix = prefix_of_year(base.prefix, year)
    series = rows.get(prefix) or NumberSeries(prefix=prefix)
    return number_of(series, series.next_value)


def changes_of_series(prefix: str) -> Sequence[NumberingChange]:
    """Who changed how a series is numbered, the latest first; one query."""
    rows = NumberingChange.objects.filter(series__prefix=prefix).select_related("series")
    return list(rows.order_by("-changed_at", "-pk"))
