"""What was last seen of each invariant, and which releases served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.invariants import invariants
from core.measures import WatchedNumber, age
from duty.models import RuleLook, ServedRelease


@dataclass(frozen=True, slots=True)
class BooksSeen:
    """The last look at every invariant taken together; `oldest` None: one was never looked at."""

    rules: int
    looked_at: int
    examined: int
    violations: int
    oldest: datetime | None
    broken: tuple[RuleLook, ...]
    failed: tuple[RuleLook, ...]


def newest_looks() -> list[RuleLook]:
    """The newest look at each rule that there ever was; one query."""
    return list(
        RuleLook.objects.order_by("rule", "text", "-looked_at", "-id").distinct("rule", "text")
    )


def books_seen() -> BooksSeen:
    """What is known of the books by the last look at each rule of today's; one query."""
    known = {(rule.id, rule.text) for rule in invariants()}
    looks = [look for look in newest_looks() if (look.rule, look.text) in known]
    is_whole = len(looks) == len(known)
    return BooksSeen(
        rules=len(known),
        looked_at=len(looks),
        examined=sum(look.examined for look in looks),
        violations=sum(look.violations for look in looks),
        oldest=min(look.looked_at for look in looks) if looks and is_whole else None,
        broken=tuple(look for look in looks if look.violations),
        failed=tuple(look for look in looks if look.failed),
    )


def rule_measures(*, at: datetime) -> Iterator[WatchedNumber]:
    """Two numbers for whoever watches, once every rule was looked at."""
    seen = books_seen()
    yield WatchedNumber("counterfoil_rule_violations", seen.violations)
    if seen.oldest is not None:
        yield WatchedNumber("counterfoil_rules_age_seconds", age(seen.oldest, at=at))


def releases_since(since: datetime) -> list[ServedRelease]:
    """Releases that began to serve after an instant, oldest first; the last hundred."""
    return list(ServedRelease.objects.filter(at__gt=since).order_by("-at")[:100])[::-1]
