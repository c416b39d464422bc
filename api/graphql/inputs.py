"""What mutations are given, and how a refusal is told in their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import strawberry
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from strawberry.scalars import JSON

from api.problems import problem_of
from core.errors import DomainError

ChangedT = TypeVar("ChangedT")


@strawberry.type(
    name="Refusal", description="Why nothing was done; `code` is one of the table of errors."
)
class GraphRefusal:
    code: str
    message: str
    status: int
    pointer: str | None


@strawberry.type(name="Payload")
class ChangePayload(Generic[ChangedT]):
    """What became of it: the node as it is by now, or why nothing was done."""

    node: ChangedT | None
    errors: list[GraphRefusal]


@strawberry.input
class ContestedLineInput:
    """A line of an issued invoice, why, and the fact that the reason needs."""

    invoice: str
    line: int
    reason_code: str
    facts: JSON | None = None

    @property
    def said(self) -> dict[str, Any]:
        """As REST is told it."""
        given = {"invoice": self.invoice, "line": self.line, "reason_code": self.reason_code}
        return given | {"facts": self.facts or {}}


@strawberry.input
class OpenDisputeInput:
    """Lines that are contested together, in the customer's words."""

    account: strawberry.ID
    said: str
    lines: list[ContestedLineInput]
    author: str = ""
    ticket: str = ""


@strawberry.input
class SayInDisputeInput:
    """What the customer says."""

    dispute: strawberry.ID
    body: str
    author: str = ""


@strawberry.input
class WithdrawLineInput:
    """Which line is contested no more, by its id, and why."""

    dispute: strawberry.ID
    line: strawberry.ID
    reason: str


@strawberry.input
class PutForwardInput:
    """A proposal of any kind; what its payload holds is in the docs on approvals."""

    kind: str
    payload: JSON
    reason_code: str
    reason: str
    ticket: str = ""


@strawberry.input
class ProposalOfInput:
    """A proposal of the kind that the mutation says."""

    payload: JSON
    reason_code: str
    reason: str
    ticket: str = ""


@strawberry.input
class WithdrawProposalInput:
    """Which proposal is taken back, as it was seen, and why."""

    proposal: strawberry.ID
    seal: str
    reason: str


def checked(body: type[serializers.Serializer[Any]], said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, by the rules of REST's body. Raises: ValidationError."""
    read = body(data=dict(said))
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def refusals_of(error: DomainError | ValidationError) -> Sequence[GraphRefusal]:
    """A refusal as it is told: of every field that is wrong, or of the whole."""
    problem = problem_of(error)
    assert problem is not None  # both kinds have one
    if not problem.errors:
        return [
            GraphRefusal(
                code=problem.code, message=problem.detail, status=problem.status, pointer=None
            )
        ]
    return [
        GraphRefusal(
            code=each.code, message=each.detail, status=problem.status, pointer=each.pointer
        )
        for each in problem.errors
    ]
