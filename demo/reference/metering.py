"""The meters that read the platform's events, and the sources it reports from."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from accounts.models import Partner
from core.actor import Actor, acting_as
from core.db.history import create_tracked
from core.db.transactions import transaction
from demo.platform.play import Play
from demo.reference.people import SOURCES
from usage.aggregate.rules import Aggregation
from usage.models import Meter, Source
from usage.operations import meters
from usage.operations.meters import MeterTerms, NewMeter

# The first event of the play is that much older than its last; everything arrives at the end.
_SPARE = timedelta(days=10)
_REASON = "Meters of the played platform"

_METERS: Mapping[str, tuple[NewMeter, MeterTerms]] = {
    new.code: (new, terms)
    for new, terms in (
        (
            NewMeter("dyno_seconds", "Dyno time", "dyno-seconds", Aggregation.DURATION),
            MeterTerms(
                "formation.scaled",
                dimensions=("size",),
                presentation=("process_type",),
                state_key=("process_type",),
            ),
        ),
        (
            NewMeter("addon_seconds", "Add-on time", "add-on seconds", Aggregation.DURATION),
            MeterTerms("addon.changed", dimensions=("plan",)),
        ),
        (
            NewMeter("router_requests", "Router requests", "requests", Aggregation.SUM),
            MeterTerms("router.requests"),
        ),
        (
            NewMeter("egress_gb", "Data sent", "GB", Aggregation.SUM),
            MeterTerms("bandwidth.egress"),
        ),
        (
            NewMeter("builds", "Builds", "builds", Aggregation.COUNT),
            MeterTerms("build.finished"),
        ),
        (
            NewMeter("storage_gb", "Postgres storage", "GB", Aggregation.MAX),
            MeterTerms("postgres.storage"),
        ),
        (
            NewMeter("active_users", "People active in a pipeline", "people", Aggregation.UNIQUE),
            MeterTerms("pipeline.user_active", value_property="", member_property="user"),
        ),
    )
}


def define_meters(*, effective_from: datetime, at: datetime, by: Actor) -> dict[str, Meter]:
    """All meters by code, reading events from `effective_from` on."""
    return {
        code: meters.define(new, terms, at=at, by=by, reason=_REASON, effective_from=effective_from)
        for code, (new, terms) in _METERS.items()
    }


def register_sources(platform: Partner, play: Play, *, by: Actor) -> None:
    """The platform's sources, which may report the whole play although it is told at its end."""
    window = play.time.now - play.time.opens("Pacific/Kiritimati") + _SPARE
    with acting_as(by, reason=_REASON), transaction():
        create_tracked([Source(name=name, partner=platform, max_late=window) for name in SOURCES])
