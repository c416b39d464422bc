"""What usage stores: sources and receipts, meters, raw events, quarantine, and what is derived."""

from usage.models.events import (
    Backfill,
    Event,
    EventConflict,
    EventContext,
    EventKey,
    EventRevision,
    RevisionKind,
)
from usage.models.held_settlements import HeldSettlement
from usage.models.meters import Meter, MeterVersion
from usage.models.quarantine import QuarantinedEvent, QuarantineReason, QuarantineState
from usage.models.rollups import DimensionSet, Interval, StaleUsage, UsageDay, UsagePeriod
from usage.models.sources import EventType, Receipt, Source, SourceProgress

__all__ = [
    "Backfill",
    "DimensionSet",
    "Event",
    "EventConflict",
    "EventContext",
    "EventKey",
    "EventRevision",
    "EventType",
    "HeldSettlement",
    "Interval",
    "Meter",
    "MeterVersion",
    "QuarantineReason",
    "QuarantineState",
    "QuarantinedEvent",
    "Receipt",
    "RevisionKind",
    "Source",
    "SourceProgress",
    "StaleUsage",
    "UsageDay",
    "UsagePeriod",
]
