"""What people contested, asked for and decided about an account, and who saw its personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from accounts.models import CustomerLook, Disclosure
from approvals.kinds import kind_of
from approvals.models import Decision, Proposal, ProposalExecution, ProposalVersion
from approvals.models.proposals import amount_of
from billing.disputes.models import CaseMessage, DisputeCase
from billing.overview.queries.history import Entry, Opened
from billing.overview.queries.timeline.sources import TimelineKind, TimelineSource, plain

_SHOWN: Final = 300
_OF_CASE = """SELECT said.sent_at AS at, said.id AS ref, said.sent_at AS known
    FROM disputes_casemessage AS said JOIN disputes_disputecase AS dispute ON dispute.id = said.case_id
    WHERE dispute.account_id = %(account)s"""  # noqa: E501  one condition
_OF_PROPOSAL = """SELECT said.{at} AS at, said.id AS ref, said.{at} AS known FROM {table} AS said
    JOIN approvals_proposal AS proposal ON proposal.id = said.proposal_id
    WHERE proposal.account_id = %(account)s"""


def _opened(refs: Sequence[int]) -> Mapping[int, Entry]:
    return {
        each.pk: Entry(
            each.opened_at,
            each.opened_by,
            f"Dispute {each.number} opened, by {each.get_channel_display().lower()}",
            f"Ticket {each.ticket}" if each.ticket else "",
            opens=Opened("dispute", each.public_id),
        )
        for each in DisputeCase.objects.filter(pk__in=refs)
    }


def _said(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = CaseMessage.objects.filter(pk__in=refs).select_related("case")
    return {
        each.pk: Entry(
            each.sent_at,
            each.author,
            f"{each.case.number}: {_about(each)}",
            each.body[:_SHOWN],
            opens=Opened("dispute", each.case.public_id),
        )
        for each in rows
    }


def _about(message: CaseMessage) -> str:
    if message.kind != CaseMessage.Kind.MESSAGE:
        return str(message.get_kind_display()).lower()
    if message.is_from_customer:
        return "the customer wrote"
    is_internal = message.audience == CaseMessage.Audience.INTERNAL
    return "a note among staff" if is_internal else "a message to the customer"


def _versions(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = ProposalVersion.objects.filter(pk__in=refs).select_related("proposal__maker")
    return {
        each.pk: _of(
            each.proposal,
            each,
            who=str(each.proposal.maker),
            verb="put forward" if each.number == 1 else f"put forward anew, version {each.number}",
            reason=each.reason,
        )
        for each in rows
    }


def _votes(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = Decision.objects.filter(pk__in=refs).select_related("proposal", "person")
    return {
        each.pk: _of(
            each.proposal,
            each,
            who=str(each.person),
            verb=str(each.get_vote_display()).lower(),
            reason=each.reason,
        )
        for each in rows
    }


def _executions(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = ProposalExecution.objects.filter(pk__in=refs).select_related("proposal", "executed_by")
    return {
        each.pk: _of(
            each.proposal,
            each,
            who=str(each.executed_by),
            verb=str(each.get_outcome_display()).lower(),
            reason=each.said,
        )
        for each in rows
    }


def _of(
    proposal: Proposal,
    row: ProposalVersion | Decision | ProposalExecution,
    *,
    who: str,
    verb: str,
    reason: str,
) -> Entry:
    amount = proposal.amount
    if isinstance(row, ProposalVersion):
        at, amount = row.prepared_at, amount_of(row.amount_minor, proposal.currency)
    else:
        at = row.decided_at if isinstance(row, Decision) else row.executed_at
        if row.version != proposal.version:
            verb += f", version {row.version} of {proposal.version}"
    what = f"{kind_of(proposal.kind).title}: {verb}"
    return Entry(at, who, what, reason, opens=Opened("proposal", proposal.public_id), amount=amount)


def _disclosures(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = Disclosure.objects.filter(pk__in=refs).select_related("person")
    said = {
        Disclosure.State.ASKED: "Asked to see personal data in full",
        Disclosure.State.SHOWN: "Saw personal data in full",
        Disclosure.State.REFUSED: "Asked to see personal data in full, and was refused",
    }
    return {
        each.pk: Entry(
            each.asked_at,
            str(each.person),
            said[Disclosure.State(each.state)],
            each.reason,
            opens=Opened("disclosure", each.public_id),
        )
        for each in rows
    }


def _looks(refs: Sequence[int]) -> Mapping[int, Entry]:
    rows = CustomerLook.objects.filter(pk__in=refs).select_related("person")
    what = "Looked at the account as it is shown outside"
    return {each.pk: Entry(each.began_at, str(each.person), what, each.reason) for each in rows}


DECISIONS: Final = (
    TimelineSource(
        "case", TimelineKind.DISPUTES, plain("disputes_disputecase", "opened_at"), _opened
    ),
    TimelineSource("message", TimelineKind.DISPUTES, _OF_CASE, _said),
    TimelineSource(
        "proposal",
        TimelineKind.PROPOSALS,
        _OF_PROPOSAL.format(at="prepared_at", table="approvals_proposalversion"),
        _versions,
    ),
    TimelineSource(
        "vote",
        TimelineKind.PROPOSALS,
        _OF_PROPOSAL.format(at="decided_at", table="approvals_decision"),
        _votes,
    ),
    TimelineSource(
        "execution",
        TimelineKind.PROPOSALS,
        _OF_PROPOSAL.format(at="executed_at", table="approvals_proposalexecution"),
        _executions,
    ),
    TimelineSource(
        "disclosure", TimelineKind.PERSONAL, plain("accounts_disclosure", "asked_at"), _disclosures
    ),
    TimelineSource(
        "look", TimelineKind.PERSONAL, plain("accounts_customerlook", "began_at"), _looks
    ),
)
