"""What must always be true of the stored rows, as named checks.

Each app lists its own in invariants.py, where they are found at start-up; the ids are those of
docs/invariants.md. Tests, the demo and the nightly reconciliation run the same checks through
`manage.py check_invariants`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection

SAMPLE_SIZE = 5


@dataclass(frozen=True, slots=True)
class InvariantResult:
    """What a check saw: rows examined, how many break the rule, and a few of their ids."""

    examined: int
    violations: int = 0
    sample_ids: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.violations == 0


@dataclass(frozen=True, slots=True)
class Invariant:
    """A named rule over stored rows; several checks may share an id, each with its own text."""

    id: str
    text: str
    check: Callable[[], InvariantResult]


_registry: list[Invariant] = []


def invariant(
    id: str, text: str
) -> Callable[[Callable[[], InvariantResult]], Callable[[], InvariantResult]]:
    """Register a check under an id such as "I18" and one sentence that says what must hold."""

    def register(check: Callable[[], InvariantResult]) -> Callable[[], InvariantResult]:
        if any(known.id == id and known.text == text for known in _registry):
            raise ValueError(f"{id} is registered twice: {text}")
        _registry.append(Invariant(id, text, check))
        return check

    return register


def invariants(only: Iterable[str] = ()) -> list[Invariant]:
    """The registered invariants by id, all of them or only some.

    Raises: KeyError for an id nobody registered.
    """
    wanted = set(only)
    unknown = wanted - {known.id for known in _registry}
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    chosen = [known for known in _registry if not wanted or known.id in wanted]
    return sorted(chosen, key=lambda known: (known.id.strip("0123456789"), _number(known.id)))


def rows_breaking(*, examined: str, violating: str) -> InvariantResult:
    """Build a result from two queries: a count of rows examined, and the ids that break the rule.

    `violating` selects one column, the id shown to a person.
    """
    with connection.cursor() as cursor:
        cursor.execute(examined)
        seen = int(cursor.fetchone()[0])
        # The queries are literals of the invariants modules and carry no input.
        cursor.execute(f"SELECT count(*) FROM ({violating}) AS broken")  # noqa: S608
        broken = int(cursor.fetchone()[0])
        if not broken:
            return InvariantResult(seen)
        cursor.execute(
            f"SELECT * FROM ({violating}) AS broken LIMIT {SAMPLE_SIZE}"  # noqa: S608
        )
        return InvariantResult(seen, broken, tuple(str(row[0]) for row in cursor.fetchall()))


def _number(id: str) -> int:
    digits = id.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return int(digits) if digits.isdigit() else 0
