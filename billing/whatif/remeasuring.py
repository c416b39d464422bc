"""What issued periods would have measured under other terms of a meter.

The dry run of `usage` counts raw events by both definitions; here its differences are put where the
bill takes its quantities from. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from accounts.queries.profiles import zones_of
from billing.invoicing.drafting.assumptions import Remeasured
from billing.invoicing.drafting.calendar import AccountPeriod
from usage.days import days_of
from usage.meter_terms import MeterTerms
from usage.models import Meter
from usage.queries.dry_run import DryRunScope, dry_run

ZERO = Decimal(0)


def remeasure(
    scopes: Sequence[AccountPeriod], meter: Meter, terms: MeterTerms
) -> dict[tuple[int, datetime], list[Remeasured]]:
    """By how much the meter's quantities of each scope would differ, by account and start.

    Compared with its latest version, as if each had been in force all along. One dry run for all
    accounts with the same local days. Raises: TermsInvalid.
    """
    days: dict[tuple[date, date], dict[int, datetime]] = defaultdict(dict)
    zones = zones_of({scope.account_id for scope in scopes})
    for scope in scopes:
        days[days_of(zones[scope.account_id], scope.period)][scope.account_id] = scope.period.start
    found: dict[tuple[int, datetime], list[Remeasured]] = defaultdict(list)
    for (first, until), starts in sorted(days.items()):
        run = dry_run(meter=meter, terms=terms, scope=DryRunScope(starts.keys(), first, until))
        for row in run.changed:
            delta = (row.after or ZERO) - (row.before or ZERO)
            change = Remeasured(meter.pk, meter.code, row.resource_id, row.dimensions, delta)
            found[row.account_id, starts[row.account_id]].append(change)
    return found
