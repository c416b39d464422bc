"""POST /graphql: one question of a partner or a person, answered with what it cost.

Bearer tokens as everywhere under /api; no GET, no batches, no introspection. What is wrong is told
as GraphQL tells it, with the same codes as REST.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from graphql import GraphQLError

from api.bodies import JSON, keep_body, media_type_of
from api.graphql.cost import COST_MAX, GraphQuestion, QuestionUnreadable, read_question
from api.graphql.loading import GraphReader
from api.graphql.readers import principal_of_question
from api.graphql.schema import FREE_FIELDS, schema
from api.idempotency import keyed, once
from api.problems import problem_of, problem_response
from core.actor import current_request_id
from core.db.outage import outage_of
from core.errors import DomainError
from core.json_reader import read_json

logger = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = 100_000
_FIELDS: Final = frozenset({"query", "variables", "operationName", "extensions"})
_SUGGESTION: Final = re.compile(r" Did you mean .*\?$")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a body asks."""

    query: str
    variables: Mapping[str, Any]
    operation: str | None


@csrf_exempt
def graphql(request: HttpRequest) -> HttpResponse:
    """Answer one question."""
    try:
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        principal = principal_of_question(request)
        media_type_of(request, (JSON,))
        body = read_json(
            keep_body(request, max_bytes=BODY_BYTES_MAX), max_bytes=BODY_BYTES_MAX, root=(dict,)
        )
    except DomainError as refused:
        problem = problem_of(refused)
        assert problem is not None  # every DomainError has one
        return problem_response(request, problem)
    try:
        sent = _sent(body)
        question = read_question(
            sent.query, sent.variables, free=FREE_FIELDS, operation=sent.operation
        )
        asked = keyed(request, principal.owner) if question.is_change else None
        if asked is None:
            return _answered(sent, question, GraphReader(principal))
        reader = GraphReader(principal)
        return once(
            asked,
            lambda: _answered(sent, question, reader),
            has_effect=lambda: not reader.has_refused,
        )
    except DomainError as refused:
        return _answer({"errors": [_told(refused)]}, status=refused.status)


def _answered(sent: Sent, question: GraphQuestion, reader: GraphReader) -> HttpResponse:
    found = async_to_sync(schema.execute)(
        sent.query,
        variable_values=dict(sent.variables),
        context_value=reader,
        operation_name=sent.operation,
    )
    answer: dict[str, Any] = {} if found.data is None and found.errors else {"data": found.data}
    if found.errors:
        reader.has_refused = True
        answer = {"errors": [_error(each) for each in found.errors]} | answer
    cost = {"requested": question.cost, "actual": reader.nodes, "available": COST_MAX}
    is_invalid = found.data is None and all(each.path is None for each in found.errors or ())
    return _answer(
        answer | {"extensions": {"cost": cost}}, status=400 if found.errors and is_invalid else 200
    )


def _sent(body: Mapping[str, Any]) -> Sent:
    """Raises: QuestionUnreadable."""
    unknown = sorted(body.keys() - _FIELDS)
    if unknown:
        raise QuestionUnreadable(f"Not known here: {', '.join(unknown)[:200]}.")
    query, variables = body.get("query"), body.get("variables")
    variables = {} if variables is None else variables
    operation = body.get("operationName") or None
    if not isinstance(query, str) or not query.strip():
        raise QuestionUnreadable("query is a text.", field="query")
    if not isinstance(variables, dict):
        raise QuestionUnreadable("variables is an object.", field="variables")
    if operation is not None and not isinstance(operation, str):
        raise QuestionUnreadable("operationName is a text.", field="operationName")
    return Sent(query, variables, operation)


def _error(error: GraphQLError) -> dict[str, Any]:
    """An error as it is told; nothing of the inside is."""
    cause = error.original_error
    cause = (outage_of(cause) or cause) if cause is not None else None
    told: dict[str, Any]
    if isinstance(cause, DomainError):
        told = _told(cause)
    elif cause is None or isinstance(cause, GraphQLError):
        told = {
            "message": _SUGGESTION.sub("", error.message),
            "extensions": {"code": "graphql_invalid", "request_id": current_request_id()},
        }
    else:
        logger.error("graphql_failed", exc_info=cause)
        told = {
            "message": "Something broke on our side.",
            "extensions": {"code": "internal", "request_id": current_request_id()},
        }
    if error.path is not None:
        told["path"] = list(error.path)
    if error.locations:
        told["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    return told


def _told(refused: DomainError) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": refused.code, "request_id": current_request_id()}
    errors: Sequence[Any] = refused.errors
    if errors:
        extensions["pointer"] = errors[0].pointer
    return {"message": refused.message, "extensions": extensions}


def _answer(body: Mapping[str, Any], *, status: int) -> HttpResponse:
    return JsonResponse(json.loads(json.dumps(body, default=str)), status=status)
