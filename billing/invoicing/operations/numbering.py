"""Have numbers begin anew each year, or go on in one series."""

from datetime import datetime
from functools import partial

from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import NumberingChange, NumberSeries
from billing.invoicing.models.number_series import YEAR_MAX
from billing.invoicing.number_series import PREFIXES
from core.actor import Actor, acting_as, require_said
from core.db.stamps import require_last_seen
from core.db.trail import FieldChange
from core.db.transactions import transaction
from core.errors import Conflict, Invalid, NotFound
from eventing.publish import publish


class SeriesNotFound(NotFound):
    """There is no such series of numbers."""

    code = "number_series_not_found"
    title = "There is no such series"


class NumberingInvalid(Invalid):
    """Numbers change from this year on, or from one to come."""

    code = "numbering_invalid"
    title = "The year is not possible"


class NumberingUnderWay(Conflict):
    """Numbers of the year were given, and a year is numbered in one way."""

    code = "numbering_under_way"
    title = "Numbers of this year were given"


def number_by_year(
    *,
    prefix: str,
    yearly_from: int | None,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> NumberSeries:
    """From a year of the entity's calendar on, begin anew each year; None goes on in one series.

    A year in which a number was given stays as it is numbered. Numbers that were given stay; each
    series stays without a gap. `made_from` is how many changes were seen. Raises: SeriesNotFound,
    NumberingInvalid, NumberingUnderWay, ChangedSince, StampUnreadable, ReasonMissing.
    """
    require_said(reason, "Say why the numbers change.")
    if prefix not in PREFIXES:
        raise SeriesNotFound(f"There are the series {' and '.join(PREFIXES)}.")
    with acting_as(by, reason=reason), transaction():
        series = NumberSeries.objects.select_for_update(no_key=True).get(prefix=prefix)
        if made_from is not None:
            require_last_seen(made_from, series.changes.count(), partial(_since, series))
        _require_possible(series, yearly_from, day_of_issue(at).year)
        if series.yearly_from == yearly_from:
            return series
        series.yearly_from = yearly_from
        series.save(update_fields=["yearly_from"])
        NumberingChange.objects.create(
            series=series, yearly_from=yearly_from, changed_by=by.name, changed_at=at, reason=reason
        )
        publish(
            "number_series.changed",
            subject=prefix,
            payload={"yearly_from": yearly_from, "by": by.name, "reason": reason},
            at=at,
        )
    return series


def _since(series: NumberSeries, count: int) -> list[FieldChange]:
    seen = series.changes.order_by("pk")[count - 1].yearly_from if count else None
    return [FieldChange("From the year", str(seen or ""), str(series.yearly_from or ""))]


def _require_possible(series: NumberSeries, yearly_from: int | None, year: int) -> None:
    is_another = yearly_from is not None and yearly_from != series.yearly_from
    if is_another and not year <= (yearly_from or 0) <= YEAR_MAX:
        raise NumberingInvalid(f"Choose {year} or a later year.", field="yearly_from")
    wanted = yearly_from is not None and yearly_from <= year
    last = series.last_issued_at
    is_given = last is not None and day_of_issue(last).year >= year
    if is_given and wanted != series.is_yearly_in(year):
        raise NumberingUnderWay(
            f"Numbers of {year} were given already; it changes with {year + 1} at the earliest.",
            field="yearly_from",
        )
