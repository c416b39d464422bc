"""How the platform's events reach us: nearly in order, some twice, some late, a few spoilt.

Owns the envelopes, their ids and the verdict each must get. What is spoilt is made in `spoilt`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from demo.platform.values import ExpectedVerdict, PlayedEvent

Envelope = Mapping[str, object]

DUPLICATED_SHARE = 0.02
LATE_SHARE = 0.01
CONFLICT_COUNT = 8
REPLAYED_COUNT = 400


@dataclass(frozen=True, slots=True)
class Delivery:
    """One envelope as it is sent, and the verdict it must get; `flaw` names what is wrong."""

    delivered_at: datetime
    envelope: Envelope
    expected: ExpectedVerdict
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Waves:
    """The first wave may be sent in any order; the second only when the first is answered.

    The second replays and contradicts ids of the first, so its verdicts need the first to stand.
    """

    first: Sequence[Delivery]
    second: Sequence[Delivery]

    def expected_counts(self) -> Mapping[ExpectedVerdict, int]:
        return Counter(delivery.expected for delivery in (*self.first, *self.second))


def wire_time(at: datetime) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def envelopes(events: Sequence[PlayedEvent], month_tag: str) -> list[tuple[PlayedEvent, Envelope]]:
    """CloudEvents envelopes in order of occurrence; ids count up within a source."""
    in_order = sorted(
        events,
        key=lambda event: (event.at, event.source, event.subject, sorted(event.data.items())),
    )
    numbers: Counter[str] = Counter()
    told: list[tuple[PlayedEvent, Envelope]] = []
    for event in in_order:
        numbers[event.source] += 1
        service = event.source.rpartition("/")[2]
        told.append((event, {
            "specversion": "1.0",
            "id": f"{service}-{month_tag}-{numbers[event.source]:06d}",
            "source": event.source,
            "type": event.type,
            "subject": event.subject,
            "time": wire_time(event.at),
            "data": dict(event.data),
        }))  # fmt: skip
    return told


def deliver(
    told: Sequence[tuple[PlayedEvent, Envelope]],
    spoilt: Sequence[Delivery],
    now: datetime,
    seed: str,
) -> Waves:
    """Both waves, each in order of arrival; nothing arrives after `now`."""
    rng = Random(f"{seed}/deliveries")
    first = [*spoilt]
    for event, envelope in told:
        arrives_at = min(event.at + _delay(rng), now)
        first.append(Delivery(arrives_at, envelope, ExpectedVerdict.ACCEPTED))
        if rng.random() < DUPLICATED_SHARE:
            again_at = min(arrives_at + timedelta(seconds=rng.randrange(600)), now)
            first.append(Delivery(again_at, _rewritten(envelope), ExpectedVerdict.DUPLICATE))
    first.sort(key=lambda delivery: (delivery.delivered_at, str(delivery.envelope.get("id"))))
    return Waves(first, [*_replays(told, now, rng), *_contradictions(told, now, rng)])


def _delay(rng: Random) -> timedelta:
    if rng.random() < LATE_SHARE:
        return timedelta(hours=rng.randrange(6, 60), seconds=rng.randrange(3600))
    return timedelta(seconds=rng.randrange(40))


def _rewritten(envelope: Envelope) -> Envelope:
    """The same content with its fields in another order, as another writer would send it."""
    return dict(reversed(list(envelope.items())))


def _replays(
    told: Sequence[tuple[PlayedEvent, Envelope]], now: datetime, rng: Random
) -> Iterator[Delivery]:
    """A service that never saw our answer sends a whole batch again."""
    start = rng.randrange(max(1, len(told) - REPLAYED_COUNT))
    for _, envelope in told[start : start + REPLAYED_COUNT]:
        yield Delivery(now, envelope, ExpectedVerdict.DUPLICATE)


def _contradictions(
    told: Sequence[tuple[PlayedEvent, Envelope]], now: datetime, rng: Random
) -> Iterator[Delivery]:
    """Known ids with another quantity: a bug at the sender that must not change what stands."""
    measured = [pair for pair in told if "quantity" in pair[0].data]
    for event, envelope in rng.sample(measured, min(CONFLICT_COUNT, len(measured))):
        data = {**event.data, "quantity": "7777"}
        yield Delivery(
            now, {**envelope, "data": data}, ExpectedVerdict.CONFLICT, flaw="other_content"
        )
