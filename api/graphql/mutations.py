"""What the graph changes, by the operations of the console and REST.

One question changes one thing. Its answer has the node as it is by now, or typed errors; then
nothing was done. With an idempotency key the same question is done once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from asgiref.sync import sync_to_async
from rest_framework.exceptions import ValidationError

from accounts.models import CredentialScope, User
from api.authentication import require_scope
from api.graphql.graph import SHAPES, DisputeNode, ProposalNode
from api.graphql.inputs import (
    ChangePayload,
    OpenDisputeInput,
    ProposalOfInput,
    PutForwardInput,
    SayInDisputeInput,
    WithdrawLineInput,
    WithdrawProposalInput,
    checked,
    refusals_of,
)
from api.graphql.kinds import DISPUTE, PROPOSAL, NodeKind, visible
from api.graphql.readers import StaffReader
from api.graphql.shapes import Reading
from api.rest.v1.dispute_bodies import NewDispute, NewMessage, Withdrawal, new_case
from api.staff import RoleMissing
from api.tokens import PartnerPrincipal
from approvals.operations import deciding, putting_forward
from approvals.operations.putting_forward import AlreadyOpen, Wish
from approvals.payloads import PayloadInvalid
from approvals.queries import proposals
from billing.disputes.models import DisputeCase
from billing.disputes.operations import line_decisions, opening
from billing.disputes.operations.messages import customer_said
from billing.disputes.queries.cases import find_line
from core.clock import now
from core.errors import DomainError, NotFound


@strawberry.type(name="Mutation")
class GraphChanges:
    @strawberry.mutation
    async def open_dispute(
        self, info: Reading, input: OpenDisputeInput
    ) -> ChangePayload[DisputeNode]:
        """Contest lines of issued invoices of one account."""
        said: dict[str, Any] = {
            "account": input.account,
            "said": input.said,
            "author": input.author,
        }
        said |= {"ticket": input.ticket, "lines": [each.said for each in input.lines]}
        return await _changed(info, DISPUTE, lambda: _open(info, said))  # type: ignore[no-any-return]

    @strawberry.mutation
    async def say_in_dispute(
        self, info: Reading, input: SayInDisputeInput
    ) -> ChangePayload[DisputeNode]:
        """Say something as the customer; lines that waited for it are looked into again."""
        return await _changed(info, DISPUTE, lambda: _say(info, input))  # type: ignore[no-any-return]

    @strawberry.mutation
    async def withdraw_dispute_line(
        self, info: Reading, input: WithdrawLineInput
    ) -> ChangePayload[DisputeNode]:
        """Contest a line no more."""
        return await _changed(info, DISPUTE, lambda: _withdraw_line(info, input))  # type: ignore[no-any-return]

    @strawberry.mutation
    async def put_forward(
        self, info: Reading, input: PutForwardInput
    ) -> ChangePayload[ProposalNode]:
        """Put a proposal forward, as the person whose token it is; people decide in the console."""
        return await _changed(info, PROPOSAL, lambda: _put_forward(info, input.kind, input))  # type: ignore[no-any-return]

    @strawberry.mutation
    async def propose_grant(
        self, info: Reading, input: ProposalOfInput
    ) -> ChangePayload[ProposalNode]:
        """Put a grant of credit forward, or taking one back."""
        return await _changed(info, PROPOSAL, lambda: _put_forward(info, "grant", input))  # type: ignore[no-any-return]

    @strawberry.mutation
    async def correct_usage(
        self, info: Reading, input: ProposalOfInput
    ) -> ChangePayload[ProposalNode]:
        """Put forward that an accepted event is amended, voided or restored."""
        return await _changed(  # type: ignore[no-any-return]
            info, PROPOSAL, lambda: _put_forward(info, "usage_correction", input)
        )

    @strawberry.mutation
    async def withdraw_proposal(
        self, info: Reading, input: WithdrawProposalInput
    ) -> ChangePayload[ProposalNode]:
        """Take back what one put forward oneself."""
        return await _changed(info, PROPOSAL, lambda: _withdraw_proposal(info, input))  # type: ignore[no-any-return]


async def _changed(info: Reading, kind: NodeKind, change: Callable[[], int]) -> Any:
    return await sync_to_async(_answered)(info, kind, change)


def _answered(info: Reading, kind: NodeKind, change: Callable[[], int]) -> Any:
    """The node that the change gives the key of, or why nothing was changed."""
    reader = info.context
    try:
        row = visible(kind, reader.principal).get(pk=change())
    except (DomainError, ValidationError) as refused:
        reader.has_refused = True
        return ChangePayload(node=None, errors=list(refusals_of(refused)))
    reader.nodes += 1
    return ChangePayload(node=SHAPES[kind.name](kind=kind, row=row), errors=[])


def _disputing(info: Reading) -> PartnerPrincipal:
    """The partner that speaks for the customer. Raises: ScopeMissing, RoleMissing."""
    principal = info.context.principal
    if isinstance(principal, StaffReader):
        raise RoleMissing("Here a customer speaks; the staff opens disputes in the console.")
    require_scope(principal, CredentialScope.DISPUTES_WRITE)
    return principal


def _person(info: Reading) -> User:
    """Raises: RoleMissing."""
    principal = info.context.principal
    if not isinstance(principal, StaffReader):
        raise RoleMissing("Proposals are put forward with a person's own token.")
    return principal.person


def _open(info: Reading, said: dict[str, Any]) -> int:
    principal = _disputing(info)
    new = new_case(principal, checked(NewDispute, said))
    return opening.open_case(new=new, at=now(), by=principal.actor).pk


def _say(info: Reading, input: SayInDisputeInput) -> int:
    principal = _disputing(info)
    said = checked(NewMessage, {"body": input.body, "author": input.author})
    case = _case(principal, input.dispute)
    author = said["author"] or case.account.name
    customer_said(case=case, body=said["body"], author=author, at=now(), by=principal.actor)
    return case.pk


def _withdraw_line(info: Reading, input: WithdrawLineInput) -> int:
    principal = _disputing(info)
    said = checked(Withdrawal, {"line": input.line, "reason": input.reason})
    case = _case(principal, input.dispute)
    line_decisions.withdraw(
        line=find_line(case, said["line"]),
        at=now(),
        by=principal.actor,
        reason=said["reason"],
    )
    return case.pk


def _case(principal: PartnerPrincipal, public_id: str) -> DisputeCase:
    """Raises: NotFound."""
    rows = visible(DISPUTE, principal).select_related("account")
    found: DisputeCase | None = rows.filter(public_id=str(public_id)[:64]).first()
    if found is None:
        raise NotFound("There is no such dispute.", field="dispute")
    return found


def _put_forward(info: Reading, kind: str, said: PutForwardInput | ProposalOfInput) -> int:
    person = _person(info)
    if not isinstance(said.payload, dict):
        raise PayloadInvalid("payload is an object.", field="payload")
    wish = Wish(kind, said.payload, said.reason_code, said.reason, said.ticket)
    try:
        return putting_forward.put_forward(wish=wish, by=person, at=now()).pk
    except AlreadyOpen as again:
        known = proposals.find(str(again.context.get("proposal", "")))
        if known.maker_id != person.pk:
            raise
        return known.pk


def _withdraw_proposal(info: Reading, input: WithdrawProposalInput) -> int:
    person = _person(info)
    found = proposals.find(str(input.proposal))
    deciding.withdraw(proposal=found, seen=input.seal, by=person, at=now(), reason=input.reason)
    return found.pk
