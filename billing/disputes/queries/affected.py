"""What an incident affects: charges of its meters, and what of its usage waits or is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Least

from billing.contracts.models import Subscription
from billing.disputes.models import CreditBatchRow, Incident
from billing.invoicing.models import BilledSpan, InvoiceLine
from billing.invoicing.models.invoice_lines import UNRATED
from billing.invoicing.models.invoices import of_period
from usage.models import (
    Event,
    EventConflict,
    MeterVersion,
    QuarantinedEvent,
    QuarantineState,
)

COUNTED_MOST: Final = 10_000
"""Beyond so many a page says there are more."""
_BEFORE_LEAST: Final = timedelta(days=1)
_LATE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class InsideIncident:
    """What of an incident's usage is not as it should be; counts go up to COUNTED_MOST.

    `held` waits in quarantine and `settled` did; `late` came more than an hour after it happened;
    `conflicting` came again otherwise; `silent` are sources that told of these meters before and
    of nothing while it lasted.
    """

    held: int
    settled: int
    late: int
    conflicting: int
    silent: tuple[str, ...]


def affected_lines(incident: Incident) -> QuerySet[InvoiceLine]:
    """The charges on live invoices that an incident affects: its meters, its part, its time."""
    rows = InvoiceLine.objects.filter(
        of_period("invoice__"),
        ~Q(kind__in=UNRATED),
        price__meter__code__in=incident.meter_codes,
        period_until__gt=incident.down_from,
        corrects__isnull=True,
        amount_minor__gt=0,
    ).exclude(key__contains="/")
    if incident.down_until is not None:
        rows = rows.filter(period_from__lt=incident.down_until)
    for name, value in incident.match.items():
        said = {name: value}
        rows = rows.filter(Q(price__match__contains=said) | Q(dimensions__contains=said))
    return rows


def ungathered_lines(incident: Incident) -> QuerySet[InvoiceLine]:
    """Those that no batch of the incident has."""
    gathered = CreditBatchRow.objects.filter(invoice_line=OuterRef("pk"), batch__incident=incident)
    return affected_lines(incident).filter(~Exists(gathered))


def inside(incident: Incident, *, at: datetime) -> InsideIncident:
    """What is not as it should be inside an incident; six queries, each bounded."""
    end = incident.down_until or at
    types = list(
        MeterVersion.objects.filter(meter__code__in=incident.meter_codes)
        .values_list("event_type", flat=True)
        .distinct()
    )
    window = {"occurred_at__gte": incident.down_from, "occurred_at__lt": end}
    stopped = QuarantinedEvent.objects.filter(type__in=types, **window)
    events = Event.objects.filter(type__name__in=types, **window)
    late = events.filter(receipt__received_at__gt=F("occurred_at") + _LATE)
    before = incident.down_from - max(end - incident.down_from, _BEFORE_LEAST)
    earlier = Event.objects.filter(
        type__name__in=types, occurred_at__gte=before, occurred_at__lt=incident.down_from
    )
    spoke = set(events.order_by().values_list("source__name", flat=True).distinct())
    usual = set(earlier.order_by().values_list("source__name", flat=True).distinct())
    return InsideIncident(
        held=_up_to(stopped.filter(state=QuarantineState.HELD)),
        settled=_up_to(stopped.exclude(state=QuarantineState.HELD)),
        late=_up_to(late),
        conflicting=_up_to(EventConflict.objects.filter(**window)),
        silent=tuple(sorted(usual - spoke)),
    )


def unbilled_accounts(incident: Incident, *, at: datetime) -> int:
    """Accounts on a plan with the meters whose time in the incident is not billed yet."""
    end = incident.down_until or at
    until = Least(Coalesce("ended_at", Value(end)), Value(end))
    billed = BilledSpan.objects.filter(
        account=OuterRef("account"),
        billed_from__lt=OuterRef("_until"),
        billed_until__gte=OuterRef("_until"),
    )
    sold = Subscription.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=incident.down_from),
        plan__versions__prices__meter__code__in=incident.meter_codes,
        started_at__lt=end,
    ).annotate(_until=until)
    return _up_to(sold.filter(~Exists(billed)).order_by().values("account_id").distinct())


def _up_to(rows: QuerySet[Any]) -> int:
    return rows[:COUNTED_MOST].count()
