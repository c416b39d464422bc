"""Events that must not be billed: the flaws a platform's services really produce.

Each flaw spoils a true measurement and knows whether it must be quarantined (well-formed, but a
person has to look) or rejected (the sender has to fix it).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from demo.platform.deliveries import Delivery, Envelope, wire_time
from demo.platform.values import App, ExpectedVerdict, PlayedEvent

SPOILT_SHARE = 0.004
_TOO_LATE = timedelta(days=400)

Draft = dict[str, object]


def spoilt_deliveries(
    told: Sequence[tuple[PlayedEvent, Envelope]], apps: Sequence[App], now: datetime, seed: str
) -> list[Delivery]:
    """About four in a thousand, every flaw in turn; ids are their own and never reused."""
    rng = Random(f"{seed}/spoilt")
    measured = [pair for pair in told if pair[0].type == "router.requests"]
    flaws = list(_FLAWS.items())
    deliveries = []
    for number in range(int(len(told) * SPOILT_SHARE)):
        event, envelope = rng.choice(measured)
        flaw, (spoil, verdict) = flaws[number % len(flaws)]
        draft: Draft = {**envelope, "id": f"router-spoilt-{number:04d}", "data": dict(event.data)}
        spoil(draft, event.at, now)
        deliveries.append(Delivery(min(event.at, now), draft, verdict, flaw))
    return [*deliveries, *_before_they_stood(apps, told, now)]


def _before_they_stood(
    apps: Sequence[App], told: Sequence[tuple[PlayedEvent, Envelope]], now: datetime
) -> list[Delivery]:
    """Requests counted before anybody owned the app that served them."""
    opens = told[0][0].at
    newborn = [app for app in apps if app.created_at - timedelta(days=2) > opens]
    return [
        Delivery(now, {
            "specversion": "1.0", "id": f"router-unowned-{app.platform_id}",
            "source": "platform/router", "type": "router.requests", "subject": app.platform_id,
            "time": wire_time(app.created_at - timedelta(days=2)), "data": {"quantity": "12"},
        }, ExpectedVerdict.QUARANTINED, flaw="unowned")
        for app in newborn[:3]
    ]  # fmt: skip


def _type_nobody_meters(draft: Draft, at: datetime, now: datetime) -> None:
    draft["type"] = "dyno.hibernated"


def _subject_nobody_knows(draft: Draft, at: datetime, now: datetime) -> None:
    draft["subject"] = f"app-9{str(draft['id'])[-3:]}"


def _long_ago(draft: Draft, at: datetime, now: datetime) -> None:
    draft["time"] = wire_time(at - _TOO_LATE)


def _far_ahead(draft: Draft, at: datetime, now: datetime) -> None:
    draft["time"] = wire_time(now + timedelta(days=30))


def _without_zone(draft: Draft, at: datetime, now: datetime) -> None:
    draft["time"] = wire_time(at).removesuffix("Z")


def _without_quantity(draft: Draft, at: datetime, now: datetime) -> None:
    draft["data"] = {}


def _without_id(draft: Draft, at: datetime, now: datetime) -> None:
    del draft["id"]


def _with_unknown_field(draft: Draft, at: datetime, now: datetime) -> None:
    draft["billed"] = True


def _with_quantity(quantity: object) -> Callable[[Draft, datetime, datetime], None]:
    def spoil(draft: Draft, at: datetime, now: datetime) -> None:
        draft["data"] = {"quantity": quantity}

    return spoil


_FLAWS: Mapping[str, tuple[Callable[[Draft, datetime, datetime], None], ExpectedVerdict]] = {
    "unknown_type": (_type_nobody_meters, ExpectedVerdict.QUARANTINED),
    "unknown_subject": (_subject_nobody_knows, ExpectedVerdict.QUARANTINED),
    "too_late": (_long_ago, ExpectedVerdict.QUARANTINED),
    "time_future": (_far_ahead, ExpectedVerdict.REJECTED),
    "time_naive": (_without_zone, ExpectedVerdict.REJECTED),
    "quantity_missing": (_without_quantity, ExpectedVerdict.REJECTED),
    "quantity_nan": (_with_quantity("NaN"), ExpectedVerdict.REJECTED),
    "quantity_negative": (_with_quantity("-5"), ExpectedVerdict.REJECTED),
    "quantity_list": (_with_quantity([1]), ExpectedVerdict.REJECTED),
    "id_missing": (_without_id, ExpectedVerdict.REJECTED),
    "unknown_field": (_with_unknown_field, ExpectedVerdict.REJECTED),
}
