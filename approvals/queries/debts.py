"""What was done in an emergency and is not cleared yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from approvals.kinds import kind_of
from approvals.models import Emergency, EmergencyWord, Proposal, ProposalExecution
from core.errors import NotFound
from core.money import Money


class EmergencyNotFound(NotFound):
    """There is no such emergency."""

    code = "emergency_not_found"
    title = "There is no such emergency"


@dataclass(frozen=True, slots=True)
class EmergencyDebt:
    """One emergency with what was said of it. `is_ordered` is that it must be undone."""

    emergency: Emergency
    title: str
    words: Sequence[EmergencyWord]

    @property
    def proposal(self) -> Proposal:
        """What was done."""
        return self.emergency.proposal

    @property
    def amount(self) -> Money | None:
        """What it moved."""
        return self.proposal.amount

    @property
    def is_ordered(self) -> bool:
        """Whether it waits to be undone."""
        return any(each.word == EmergencyWord.Word.UNDO for each in self.words)

    @property
    def is_open(self) -> bool:
        """Whether it is a debt still."""
        ends = (EmergencyWord.Word.APPROVED, EmergencyWord.Word.UNDONE)
        return not any(each.word in ends for each in self.words)

    def is_of(self, person: User) -> bool:
        """Whether the person did it or put it forward, and so does not clear it."""
        return person.pk in (self.emergency.taken_by_id, self.proposal.maker_id)


def open_debts(*, most: int) -> list[EmergencyDebt]:
    """What was done and is not cleared, the oldest first; two queries."""
    rows = _open().order_by("taken_at", "pk")[:most]
    return [_debt(each) for each in _with_words(rows)]


def debt_count() -> int:
    """How many are not cleared; one query."""
    return _open().count()


def debt_of(proposal: Proposal) -> EmergencyDebt | None:
    """What was done of a proposal in an emergency; two queries. None where it was not."""
    rows = _done().filter(proposal=proposal)
    return next((_debt(each) for each in _with_words(rows)), None)


def _done() -> QuerySet[Emergency]:
    executed = ProposalExecution.objects.filter(
        proposal=OuterRef("proposal"), version=OuterRef("version"), outcome="executed"
    )
    return Emergency.objects.filter(Exists(executed))


def _open() -> QuerySet[Emergency]:
    ends = EmergencyWord.objects.filter(
        emergency=OuterRef("pk"), word__in=[EmergencyWord.Word.APPROVED, EmergencyWord.Word.UNDONE]
    )
    return _done().filter(~Exists(ends))


def _with_words(rows: QuerySet[Emergency]) -> QuerySet[Emergency]:
    return rows.select_related("proposal__account", "proposal__maker", "taken_by").prefetch_related(
        "words__person", "words__undone_by"
    )


def _debt(row: Emergency) -> EmergencyDebt:
    words = sorted(row.words.all(), key=lambda each: each.pk)
    return EmergencyDebt(row, kind_of(row.proposal.kind).title, words)
