"""What stands on the played platform: accounts, apps, add-ons, who owned them when, and its events.

Every instant is aware UTC; every period is half-open, an open end is None.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class AccountKind(StrEnum):
    PERSONAL = "personal"
    TEAM = "team"
    ENTERPRISE = "enterprise"


class Temperament(StrEnum):
    """How an app lives: decides its formation, its traffic and how often it is deployed."""

    HOBBY = "hobby"
    STEADY = "steady"
    AUTOSCALED = "autoscaled"
    HEAVY = "heavy"
    NIGHTLY = "nightly"


class ExpectedVerdict(StrEnum):
    """What the ingest API must answer for one event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class PlayedAccount:
    """A customer; `key` is the platform's own name for it, `parent` the enterprise's key."""

    key: str
    kind: AccountKind
    name: str
    legal_name: str
    address: str
    email: str
    tax_id: str
    terms_days: int
    zone: str
    opened_at: datetime
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class PlayedOwnership:
    """One owner of a resource, for as long as it owned it."""

    account: str
    owned_from: datetime
    owned_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class App:
    platform_id: str
    name: str
    temperament: Temperament
    zone: str
    tenures: tuple[PlayedOwnership, ...]
    created_at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Addon:
    platform_id: str
    name: str
    app: str
    service: str
    first_plan: str
    tenures: tuple[PlayedOwnership, ...]
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlayedEvent:
    """One true fact the platform reports; `data` values are what goes over the wire."""

    type: str
    source: str
    subject: str
    at: datetime
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlayedState:
    """A state that lasted: `quantity` of what `dimensions` name, on `subject`."""

    meter: str
    subject: str
    dimensions: Mapping[str, str]
    quantity: int
    held_from: datetime
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class PlayedMeasurement:
    """A measurement at an instant; `member` is who was active, where that is what is counted."""

    meter: str
    subject: str
    at: datetime
    quantity: Decimal
    member: str = ""


@dataclass(frozen=True, slots=True)
class PlayedReport:
    """What a part of the platform did: the events that say so, and the plain facts behind them."""

    events: list[PlayedEvent] = field(default_factory=list)
    held: list[PlayedState] = field(default_factory=list)
    counted: list[PlayedMeasurement] = field(default_factory=list)

    def take(self, other: "PlayedReport") -> None:
        self.events.extend(other.events)
        self.held.extend(other.held)
        self.counted.extend(other.counted)
