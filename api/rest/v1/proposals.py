"""/api/v1/proposals: put a correction forward, read it, take it back; for people's own programs.

The same operations as the console. Putting the same forward twice is answered with the one that is
open, and taking back is bound to a seal, so that sending again is safe. Nothing is approved,
returned or rejected here: people decide, at a page, after saying who they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Permission, permitted
from api.bodies import BODY_BYTES_MAX, JSON, media_type_of, read_body
from api.rest.doors import RestDoor
from api.rest.resources import refuse_unknown
from api.rest.v1.proposal_shapes import AGAIN, PROPOSAL, PROPOSALS, WISH, WITHDRAWAL
from api.rest.values import money_answer
from api.staff import ReadsBilling, StaffAuthentication, person_of
from approvals.authority import LevelStanding
from approvals.models import Proposal, ProposalExecution
from approvals.operations import deciding, executing, putting_forward
from approvals.operations.putting_forward import AlreadyOpen, Wish
from approvals.queries import proposals
from approvals.queries.proposals import ProposalRow
from approvals.queries.standing import standing_of
from core.clock import now
from core.db.keyset_pages import Position
from core.errors import Conflict, FieldError, Invalid, pointer_to
from core.json_reader import read_json

_WISH = ("kind", "payload", "reason_code", "reason", "ticket")


class BodyInvalid(Invalid):
    """A field of the body is missing, unknown or of another type."""

    code = "body_invalid"
    title = "The body is not as it should be"


class NotCarriedOut(Conflict):
    """It was approved and could not be done, or comes to something else by now."""

    code = "not_carried_out"
    title = "It was not carried out"


class ProposalDoor(RestDoor):
    """What every address of proposals shares."""

    authentication_classes = (StaffAuthentication,)
    permission_classes = (ReadsBilling,)


class Proposals(ProposalDoor):
    """The list, and putting forward."""

    @extend_schema(operation_id="proposals_list", responses={200: PROPOSALS})
    def get(self, request: Request) -> Response:
        """Proposals, the newest first; `state` narrows, `after` is the last id that was read."""
        refuse_unknown(request, ("state", "after"))
        state = request.query_params.get("state", "")
        if state and state not in Proposal.State.values:
            raise BodyInvalid(f"state is one of {', '.join(Proposal.State.values)}.", field="state")
        page = proposals.proposal_page(
            at=now(), state=state, position=Position(after=request.query_params.get("after", ""))
        )
        return Response({"data": [_summary(row) for row in page.rows], "next_after": page.older})

    @extend_schema(
        operation_id="proposals_create",
        request={JSON: WISH},
        responses={200: PROPOSAL, 201: PROPOSAL},
    )
    def post(self, request: Request) -> Response:
        """Put forward; 200 with the one that is open where its maker asks for the same again."""
        refuse_unknown(request, ())
        body = body_of(request, _WISH)
        payload = body["payload"]
        if not isinstance(payload, Mapping):
            raise wrong_field("payload", "Expected an object.")
        wish = Wish(
            text_of(body, "kind"), payload, text_of(body, "reason_code"), text_of(body, "reason"),
            text_of(body, "ticket"),
        )  # fmt: skip
        person, at = person_of(request), now()
        try:
            made = putting_forward.put_forward(wish=wish, by=person, at=at)
        except AlreadyOpen as again:
            known = proposals.find(str(again.context.get("proposal", "")))
            if known.maker_id != person.pk:
                raise
            return Response(_shape(proposals.row_of(known, at), person))
        found = proposals.find(made.public_id)
        return Response(_shape(proposals.row_of(found, at), person), status=201)


class OneProposal(ProposalDoor):
    """One proposal."""

    @extend_schema(operation_id="proposals_detail", responses={200: PROPOSAL})
    def get(self, request: Request, public_id: str) -> Response:
        """What it does, and what was decided."""
        refuse_unknown(request, ())
        row = proposals.row_of(proposals.find(public_id), now())
        return Response(_shape(row, person_of(request)))


class ProposalWithdrawal(ProposalDoor):
    """Taking back what one put forward."""

    @extend_schema(
        operation_id="proposals_withdraw", request={JSON: WITHDRAWAL}, responses={200: PROPOSAL}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Take back what was seen by its seal. 409 where somebody decided first."""
        refuse_unknown(request, ())
        body = body_of(request, ("seal", "reason"))
        found, at = proposals.find(public_id), now()
        deciding.withdraw(
            proposal=found,
            seen=text_of(body, "seal"),
            by=person_of(request),
            at=at,
            reason=text_of(body, "reason"),
        )
        row = proposals.row_of(proposals.find(public_id), at)
        return Response(_shape(row, person_of(request)))


class ProposalAgain(ProposalDoor):
    """Answering a return with the next version."""

    @extend_schema(operation_id="proposals_again", request={JSON: AGAIN}, responses={200: PROPOSAL})
    def post(self, request: Request, public_id: str) -> Response:
        """Put forward again what was returned, asking for the same or for something else of it."""
        refuse_unknown(request, ())
        body = body_of(request, ("payload", "reason"))
        payload = body["payload"]
        if not isinstance(payload, Mapping):
            raise wrong_field("payload", "Expected an object.")
        found, person, at = proposals.find(public_id), person_of(request), now()
        wish = Wish(found.kind, payload, found.reason_code, text_of(body, "reason"), found.ticket)
        putting_forward.put_forward_again(proposal=found, wish=wish, by=person, at=at)
        return Response(_shape(proposals.row_of(proposals.find(public_id), at), person))


class ProposalTry(ProposalDoor):
    """Carrying an approved one out again."""

    @extend_schema(operation_id="proposals_try_again", request=None, responses={200: PROPOSAL})
    def post(self, request: Request, public_id: str) -> Response:
        """Try again what was approved and not done."""
        refuse_unknown(request, ())
        found, at = proposals.find(public_id), now()
        _require_done(executing.try_again(proposal=found, by=person_of(request), at=at))
        row = proposals.row_of(proposals.find(public_id), at)
        return Response(_shape(row, person_of(request)))


def _require_done(made: ProposalExecution | None) -> None:
    if made is not None and made.outcome != Proposal.Outcome.EXECUTED:
        said = made.said or "Nothing was done."
        raise NotCarriedOut(f"{made.get_outcome_display()}: {said}", outcome=made.outcome)


def _summary(row: ProposalRow) -> dict[str, Any]:
    """As a list has it; no query."""
    proposal = row.proposal
    return {
        "id": proposal.public_id,
        "kind": proposal.kind,
        "account": proposal.account.public_id if proposal.account else None,
        "amount": money_answer(proposal.amount) if proposal.amount is not None else None,
        "state": row.state,
        "outcome": proposal.outcome or None,
        "version": proposal.version,
        "seal": proposal.seal,
        "reason_code": proposal.reason_code,
        "ticket": proposal.ticket,
        "made_by": proposal.maker.public_id,
        "decided_by": proposal.decided_by.public_id if proposal.decided_by else None,
        "put_forward_at": proposal.put_forward_at,
        "expires_at": proposal.expires_at,
        "decided_at": proposal.decided_at,
    }


def _shape(row: ProposalRow, person: User) -> dict[str, Any]:
    """One proposal in full; names and addresses only for whoever sees them in the console."""
    proposal = row.proposal
    version = proposal.versions.order_by("-number")[0]
    last = proposal.executions.order_by("-attempt").first()
    payload = dict(version.payload)
    if "billed_to" in payload and not permitted(person, Permission.BILLING_READ):
        payload["billed_to"] = None
    return _summary(row) | {
        "effect_id": (last.effect_ref or None) if last else None,
        "payload": payload,
        "effect": version.effect,
        "levels": [_level(each) for each in standing_of(proposal).levels],
    }


def _level(each: LevelStanding) -> dict[str, Any]:
    return {
        "level": each.number,
        "permission": each.level.permission.value,
        "persons": each.level.persons,
        "approved_by": [vote.decision.person.public_id for vote in each.votes],
    }


def body_of(request: Request, names: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of a request; what it leaves out is empty. Raises: BodyInvalid."""
    media_type_of(request._request, (JSON,))
    raw = read_body(request._request, max_bytes=BODY_BYTES_MAX)
    document: dict[str, Any] = read_json(raw, max_bytes=BODY_BYTES_MAX, root=(dict,))
    for name in document:
        if name not in names:
            raise wrong_field(name[:64], "This field is not known here.")
    return {name: document.get(name, "") for name in names}


def text_of(body: Mapping[str, Any], name: str) -> str:
    """A field that is a text. Raises: BodyInvalid."""
    value = body[name]
    if not isinstance(value, str):
        raise wrong_field(name, "Expected a text.")
    return value


def wrong_field(name: str, detail: str) -> BodyInvalid:
    """What is wrong with one field."""
    error = FieldError(pointer_to(name), BodyInvalid.code, detail)
    return BodyInvalid(f"{name}: {detail}", errors=[error])
