"""Proposals as they are read: a list by state, and one with all that was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account, User
from approvals.authority import ProposalStanding, Vote
from approvals.kinds import ProposedEffect, effect_of, kind_of
from approvals.models import Decision, Proposal, ProposalExecution, ProposalVersion
from approvals.queries.differences import effect_differences
from approvals.queries.standing import standing_of
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.db.trail import FieldChange
from core.errors import NotFound
from core.ids import UnknownId, parse_id
from core.money import Money

NEWEST_FIRST = PageOrder("put_forward_at", descending=True)


class ProposalNotFound(NotFound):
    """There is no such proposal."""

    code = "proposal_not_found"
    title = "There is no such proposal"


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One proposal in a list. `state` is that of the instant it is looked at."""

    proposal: Proposal
    title: str
    state: str
    outcome: str

    @property
    def amount(self) -> Money | None:
        """What it moves, without a sign; None where it moves no money."""
        return self.proposal.amount


@dataclass(frozen=True, slots=True)
class ProposalDetail:
    """One proposal: what it does, what was decided and done, what is different by now.

    `before` is the effect of the version before the present one, None for a first.
    """

    row: ProposalRow
    reason_code: str
    version: ProposalVersion
    effect: ProposedEffect
    before: ProposedEffect | None
    standing: ProposalStanding
    executions: Sequence[ProposalExecution]

    @property
    def votes(self) -> Sequence[Vote]:
        """What was said, the last word first."""
        return self.standing.votes[::-1]

    @property
    def differences(self) -> Sequence[FieldChange]:
        """What the present version comes to, and the one before did not; none for a first."""
        return effect_differences(self.before, self.effect) if self.before else ()

    @property
    def is_open(self) -> bool:
        """Whether it can be decided."""
        return self.row.state == Proposal.State.OPEN


def find(public_id: str) -> Proposal:
    """The proposal with this public id. Raises: ProposalNotFound."""
    try:
        wanted = parse_id(public_id, "prp")
    except UnknownId:
        wanted = ""
    found = _rows().filter(public_id=wanted).first()
    if found is None:
        raise ProposalNotFound(f"There is no proposal {public_id[:64]}.", wanted=public_id[:64])
    return found


def state_at(proposal: Proposal, at: datetime) -> str:
    """Its state at an instant: an open one whose time is over has expired."""
    if proposal.state == Proposal.State.OPEN and proposal.expires_at <= at:
        return Proposal.State.EXPIRED
    return proposal.state


def in_state(state: str, at: datetime) -> Q:
    """Proposals in a state at an instant."""
    if state == Proposal.State.OPEN:
        return Q(state=state, expires_at__gt=at)
    if state == Proposal.State.EXPIRED:
        return Q(state=state) | Q(state=Proposal.State.OPEN, expires_at__lte=at)
    return Q(state=state)


def proposal_page(
    *, at: datetime, state: str = "", account: Account | None = None, position: Position
) -> Page[ProposalRow]:
    """Proposals, the newest first; one query. Raises: UnknownCursor."""
    rows = _rows()
    if state:
        rows = rows.filter(in_state(state, at))
    if account is not None:
        rows = rows.filter(account=account)
    page = page_of(rows, order=NEWEST_FIRST, position=position)
    return page.showing(lambda each: row_of(each, at))


def open_for(person: User, *, at: datetime, most: int) -> list[ProposalRow]:
    """The open proposals of others on which the person has not voted, those that expire first; one
    query. A vote on an older version is none.
    """
    voted = Decision.objects.filter(
        proposal=OuterRef("pk"), version=OuterRef("version"), person=person
    )
    rows = _rows().filter(~Exists(voted), in_state(Proposal.State.OPEN, at)).exclude(maker=person)
    return [row_of(each, at) for each in rows.order_by("expires_at", "pk")[:most]]


def proposals_of(subject: str, *, at: datetime, most: int) -> list[ProposalRow]:
    """The proposals that would change something, such as an invoice, the newest first; one query.

    `subject` is its public id.
    """
    rows = _rows().filter(subject=subject).order_by("-put_forward_at", "-pk")
    return [row_of(each, at) for each in rows[:most]]


def proposal_that_made(effect_ref: str, *, account: Account, subject: str) -> Proposal | None:
    """The proposal whose execution made something, with its decisions; three queries at most.

    `subject` is the public id of what it changed, empty where that was nothing.
    """
    rows = _rows().filter(account=account, subject=subject, executions__effect_ref=effect_ref)
    return rows.prefetch_related("decisions__person").first()


def row_of(proposal: Proposal, at: datetime) -> ProposalRow:
    """A proposal as a list shows it."""
    return ProposalRow(
        proposal, kind_of(proposal.kind).title, state_at(proposal, at), proposal.outcome
    )


def proposal_detail(proposal: Proposal, *, at: datetime) -> ProposalDetail:
    """All of one proposal; seven queries."""
    versions = list(proposal.versions.order_by("-number")[:2])
    effects = [effect_of(each.effect) for each in versions]
    kind = kind_of(proposal.kind)
    return ProposalDetail(
        row=row_of(proposal, at),
        reason_code=kind.reason_codes.get(proposal.reason_code, proposal.reason_code),
        version=versions[0],
        effect=effects[0],
        before=effects[1] if len(effects) > 1 else None,
        standing=standing_of(proposal),
        executions=list(proposal.executions.select_related("executed_by").order_by("-attempt")),
    )


def _rows() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("account", "maker", "decided_by")
