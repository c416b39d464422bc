"""Holds the verdicts that came back against the ones the platform expects.

Several connections race, so of two equal deliveries either may be the duplicate: verdicts are
compared per identity, not per position.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from demo.platform.deliveries import Delivery
from demo.platform.values import ExpectedVerdict

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Surprise:
    """An identity whose verdicts are not the expected ones."""

    identity: Identity
    flaw: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]

    def __str__(self) -> str:
        name = f"{self.identity[0]} {self.identity[1]}" + (f" ({self.flaw})" if self.flaw else "")
        return f"{name}: expected {', '.join(self.expected)}, was {', '.join(self.actual)}"


def surprises(
    told: Sequence[tuple[Delivery, Mapping[str, object]]], *, sent_before: bool
) -> list[Surprise]:
    """Every identity answered otherwise than expected.

    With `sent_before`, some of this was sent by an earlier, interrupted attempt: then a duplicate
    stands for any verdict but rejected.
    """
    expected: dict[Identity, list[ExpectedVerdict]] = {}
    actual: dict[Identity, list[ExpectedVerdict]] = {}
    flaws: dict[Identity, str] = {}
    for delivery, verdict in told:
        identity = (str(delivery.envelope.get("source")), str(delivery.envelope.get("id")))
        expected.setdefault(identity, []).append(delivery.expected)
        actual.setdefault(identity, []).append(ExpectedVerdict(str(verdict["verdict"])))
        flaws[identity] = flaws.get(identity) or delivery.flaw
    return [
        Surprise(identity, flaws[identity], _plain(expected[identity]), _plain(actual[identity]))
        for identity in expected
        if not _as_expected(expected[identity], actual[identity], sent_before=sent_before)
    ]


def _as_expected(
    expected: Sequence[ExpectedVerdict], actual: Sequence[ExpectedVerdict], *, sent_before: bool
) -> bool:
    if Counter(expected) == Counter(actual):
        return True
    if not sent_before:
        return False
    missing = Counter(expected) - Counter(actual)
    extra = Counter(actual) - Counter(expected)
    return set(extra) == {ExpectedVerdict.DUPLICATE} and ExpectedVerdict.REJECTED not in missing


def _plain(verdicts: Sequence[ExpectedVerdict]) -> tuple[str, ...]:
    return tuple(sorted(verdict.value for verdict in verdicts))
