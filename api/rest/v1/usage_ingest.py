"""POST /api/v1/usage/events: CloudEvents in, a verdict for each out, after the commit.

The hot path: a plain view without serializers. What an event must look like is usage.envelope, what
becomes of it is usage.operations.ingest; here are only HTTP and the forms of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse

from accounts.models import CredentialScope
from api.authentication import authenticate_partner
from api.bodies import media_type_of, read_body
from api.idempotency import keyed, once
from api.problems import Problem, problem_response
from api.tokens import PartnerPrincipal
from billing.contracts.billability import billable_gate
from core.actor import current_request_id
from core.clock import now
from core.db.transactions import retrying
from core.errors import FieldError
from core.filtering import ParameterInvalid, check_parameters
from usage import envelope
from usage.envelope.binary import read_binary
from usage.envelope.body import BODY_BYTES_MAX, EITHER, Body
from usage.envelope.forms import MEDIA_TYPES
from usage.models import Backfill
from usage.operations import backfills
from usage.operations.ingest import IngestOutcome, IngestResult, Reporter, Verdict, ingest

_PARAMETERS: Final = frozenset({"atomic", "backfill"})
_MARKS_OF_BINARY: Final = ("HTTP_CE_ID", "HTTP_CE_SPECVERSION", "HTTP_CE_TYPE", "HTTP_CE_SOURCE")
_encode = msgspec.json.Encoder().encode


def receive_events(request: HttpRequest) -> HttpResponse:
    """Take in one event or a batch from the partner whose token came with it."""
    return take_in_events(request, is_atomic=_is_atomic(request))


def take_in_events(request: HttpRequest, *, is_atomic: bool) -> HttpResponse:
    """The same for any door: 200 with verdicts, or the problem that nothing was stored for."""
    principal = authenticate_partner(request, CredentialScope.USAGE_WRITE)
    asked = keyed(request, principal.owner)
    if asked is None:
        return retrying(_taking_in(request, principal, is_atomic=is_atomic))
    return retrying(
        partial(once, asked, lambda: _taking_in(request, principal, is_atomic=is_atomic)())
    )


def _taking_in(
    request: HttpRequest, principal: PartnerPrincipal, *, is_atomic: bool
) -> Callable[[], HttpResponse]:
    """What takes the events of a request in and answers; called again, it does so again."""
    body = _events(request)
    take_in = partial(
        ingest,
        body.items,
        at=now(),
        by=principal.actor,
        reporter=_reporter(principal),
        request_id=current_request_id(),
        gate=billable_gate(),
        atomic=is_atomic,
        backfill=_backfill(request, principal),
    )

    def answered() -> HttpResponse:
        result = take_in()
        problem = _problem_of(result, is_batch=body.is_batch)
        if problem is not None:
            return problem_response(request, problem)
        return HttpResponse(_encode(_answer(result)), content_type="application/json")

    return answered


def _events(request: HttpRequest) -> Body:
    meta = request.META
    is_marked = any(name in meta for name in _MARKS_OF_BINARY)
    # In binary mode an event that says nothing of its data's type is of JSON, and so is the body.
    is_bare = is_marked and not meta.get("CONTENT_TYPE")
    media_type = EITHER if is_bare else media_type_of(request, MEDIA_TYPES)
    content = read_body(request, max_bytes=BODY_BYTES_MAX)
    if media_type == EITHER and is_marked:
        prefix = _MARKS_OF_BINARY[0].removesuffix("ID")
        headers = {
            name.removeprefix(prefix).lower(): value
            for name, value in meta.items()
            if name.startswith(prefix)
        }
        return read_binary(headers, content)
    return envelope.read_body(content, media_type)


def _is_atomic(request: HttpRequest) -> bool:
    if not request.META.get("QUERY_STRING"):
        return False
    check_parameters(request.GET, _PARAMETERS)
    text = request.GET.get("atomic", "false")
    if text not in ("true", "false"):
        raise ParameterInvalid("atomic is one of true, false.", field="atomic")
    return text == "true"


def _backfill(request: HttpRequest, principal: PartnerPrincipal) -> Backfill | None:
    asked = request.GET.get("backfill")
    return None if asked is None else backfills.open_for(principal.partner_id, asked[:100])


def _reporter(principal: PartnerPrincipal) -> Reporter:
    return Reporter(principal.partner_id, principal.name, principal.sources, principal.event_types)


class _Said(msgspec.Struct, omit_defaults=True, gc=False):
    """A verdict as it is answered; what has nothing to say is left out."""

    index: int
    id: str | None
    source: str | None
    verdict: IngestOutcome
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None
    received_at: datetime | None = None


def _answer(result: IngestResult) -> dict[str, Any]:
    return {
        "request_id": current_request_id(),
        "counts": result.counts,
        "verdicts": [_said(verdict) for verdict in result.verdicts],
    }


def _said(verdict: Verdict) -> _Said:
    index, outcome, id, source = verdict.index, verdict.outcome, verdict.id, verdict.source
    if verdict.code is None:
        return _Said(index, id, source, outcome)
    return _Said(
        index,
        id,
        source,
        outcome,
        verdict.code,
        verdict.detail,
        verdict.pointer,
        verdict.received_at,
    )


def _problem_of(result: IngestResult, *, is_batch: bool) -> Problem | None:
    """What is answered instead of verdicts: nothing was stored, or not the one event."""
    if is_batch:
        return None if result.is_stored else _undone(result)
    return _refused(result.verdicts[0])


def _refused(verdict: Verdict) -> Problem | None:
    if verdict.outcome is IngestOutcome.CONFLICT:
        status, title = 409, "This id was received with other content"
    elif verdict.outcome is IngestOutcome.REJECTED:
        status, title = verdict.status, "The event was not taken in"
    else:
        return None
    code, detail = verdict.code or "rejected", verdict.detail or title
    errors = [FieldError(verdict.pointer or "", code, detail)]
    return Problem(status, code, title, detail, errors=errors)


def _undone(result: IngestResult) -> Problem:
    errors = [
        FieldError(f"/{verdict.index}{verdict.pointer or ''}", verdict.code, verdict.detail or "")
        for verdict in result.verdicts
        if verdict.code is not None and verdict.code != "atomic"
    ]
    return Problem(
        422,
        "atomic",
        "Nothing of the batch was stored",
        f"{len(errors)} of {len(result.verdicts)} events cannot be taken in, and atomic was asked.",
        errors=errors,
    )
