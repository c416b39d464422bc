"""A small platform for the tests of usage: meters, apps, and events told by day and value.

Everything goes through the real operations; what is asked is what a bill would ask.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from accounts.models import Account, Resource
from core.decimals import decimal_text
from tests.cast import account, resource
from tests.people import PLATFORM
from usage.aggregate.rules import Aggregation
from usage.envelope import EventRefusal, ReceivedEvent, read_item
from usage.meter_terms import MeterTerms
from usage.models import Meter, UsageDay
from usage.operations import meters
from usage.operations.ingest import GateFinding, IngestResult, ingest
from usage.operations.meters import NewMeter
from usage.operations.settling import bring_up_to_date, settled
from usage.queries.quantities import MeteredQuantity, UsageWindow, metered_quantities

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = "router/us-1"
WHY = "The test begins"


def instant(text: str) -> datetime:
    """An instant from "2026-03-16" or "2026-03-16T12:00"; UTC where no zone is given."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def event(
    type: str, time: str, *, id: str, subject: str = "app-1", source: str = SOURCE, **data: Any
) -> dict[str, Any]:
    """An event as decoded from JSON; `time` as in `instant`."""
    return {
        "id": id,
        "source": source,
        "type": type,
        "subject": subject,
        "time": instant(time).isoformat(),
        "data": data,
    }


def meter(
    code: str, aggregation: str = "sum", *, carries_over: bool = False, **terms: Any
) -> Meter:
    """A meter that has always read events of the type of its code."""
    terms.setdefault("event_type", code)
    since = terms.pop("effective_from", LONG_AGO)
    return meters.define(
        NewMeter(code, code, "unit", Aggregation(aggregation), carries_over),
        MeterTerms(**terms),
        effective_from=since,
        at=LONG_AGO,
        by=PLATFORM,
        reason=WHY,
    )


def dynos() -> Meter:
    """The seconds of dynos by size, from formation.scaled."""
    return meter(
        "dyno_seconds",
        "duration",
        event_type="formation.scaled",
        state_key=("process_type",),
        dimensions=("size",),
        presentation=("process_type",),
    )


@dataclass
class AskedGate:
    """A gate that says the same of every account; `learned` are those it was told about."""

    says: Callable[[datetime], GateFinding | None]
    learned: list[int] = field(default_factory=list)

    def learn(self, account_ids: Collection[int]) -> None:
        self.learned += account_ids

    def __call__(self, *, occurred_at: datetime, **_: object) -> GateFinding | None:
        return self.says(occurred_at)


@dataclass
class World:
    """One account with one app, app-1, both since 2020."""

    zone: str = "UTC"
    at: datetime = LATER
    account: Account = field(init=False)
    app: Resource = field(init=False)
    _ids: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.account = account("Owner", zone=self.zone, at=LONG_AGO)
        self.app = resource("app-1", of=self.account, at=LONG_AGO)

    def sends(self, *events: Mapping[str, Any], **options: Any) -> IngestResult:
        """Report events in one batch."""
        return send(*events, **{"at": self.at} | options)

    def uses(self, type: str, *pairs: tuple[str, str], **data: Any) -> None:
        """Report events of one type: (instant, quantity) each."""
        self.sends(
            *[
                event(type, time, id=f"{type}-{next(self._ids)}", quantity=quantity, **data)
                for time, quantity in pairs
            ]
        )

    def scales(self, *changes: tuple[str, str, str], process: str = "web") -> None:
        """Report formation.scaled: (instant, quantity, size) each."""
        self.sends(*[self.scaled(*change, process=process) for change in changes])

    def scaled(
        self, time: str, quantity: str, size: str, *, process: str = "web"
    ) -> dict[str, Any]:
        """One formation.scaled event with an id that follows the ones before."""
        return event(
            "formation.scaled",
            time,
            id=f"scale-{next(self._ids):06d}",
            process_type=process,
            size=size,
            quantity=quantity,
        )

    def metered(
        self, start: str, end: str, *, of: Account | None = None, until: str | None = None
    ) -> list[MeteredQuantity]:
        """What was measured in local days [start, end)."""
        window = UsageWindow(
            (of or self.account).pk,
            date.fromisoformat(start),
            date.fromisoformat(end),
            None if until is None else instant(until),
        )
        return used([window])

    def quantity(self, start: str, end: str, **options: Any) -> str:
        """The one quantity measured in local days [start, end), as text."""
        (found,) = self.metered(start, end, **options)
        return decimal_text(found.quantity)

    def by_size_of(self, meter: str, start: str, end: str) -> dict[str, str]:
        """Quantities of one meter by their size dimension."""
        return {
            found.dimensions["size"]: decimal_text(found.quantity)
            for found in self.metered(start, end)
            if found.meter_code == meter
        }

    def by_size(self, start: str, end: str, **options: Any) -> dict[str, str]:
        """Quantities by their size dimension."""
        return {
            found.dimensions["size"]: decimal_text(found.quantity)
            for found in self.metered(start, end, **options)
        }


def used(windows: Sequence[UsageWindow]) -> list[MeteredQuantity]:
    """What was measured in some windows, of every event sent so far."""
    return settled({window.account_id for window in windows}, partial(metered_quantities, windows))


def up_to_date(*accounts: Account) -> None:
    """What whoever looks has done before figures of these accounts are read."""
    assert bring_up_to_date([each.pk for each in accounts], at=LATER) is None


def drafts(*events: Mapping[str, Any]) -> list[ReceivedEvent | EventRefusal]:
    """Events as the endpoint would read them."""
    return [read_item(json.loads(json.dumps(each))) for each in events]


def send(*events: Mapping[str, Any], **options: Any) -> IngestResult:
    """Report events in one batch, received on 1 June 2026 unless said otherwise."""
    said: dict[str, Any] = {"at": LATER, "by": PLATFORM} | options
    return ingest(drafts(*events), **said)


def outcomes(result: IngestResult) -> list[tuple[str, str | None]]:
    """Each verdict with its code."""
    return [(verdict.outcome.value, verdict.code) for verdict in result.verdicts]


def days() -> list[tuple[str, str]]:
    """All roll-up rows: day and quantity."""
    return [
        (day.isoformat(), decimal_text(quantity))
        for day, quantity in UsageDay.objects.order_by("day", "pk").values_list("day", "quantity")
    ]


def seconds(**parts: int) -> str:
    """A length of time as a quantity of seconds."""
    return str(int(timedelta(**parts).total_seconds()))
