"""/api/v1/mandates: read what may be given at once, and give under it; for people's own programs.

The same operations as the console. A mandate is put forward as a proposal of the kind `mandate`,
which other people approve at a page; looking at draws is theirs too. A draw is made from the ETag
of the mandate that was read, so that what is sent again gives nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.preconditions import etag_of, matching, stamp_from
from api.rest.resources import refuse_unknown
from api.rest.v1.mandate_shapes import DRAW, DRAWS, MANDATE, MANDATES, WISH
from api.rest.v1.proposals import ProposalDoor, body_of, text_of, wrong_field
from api.rest.values import money_answer
from api.staff import person_of
from approvals.models import MandateDraw
from approvals.operations import mandates
from approvals.operations.mandates import DrawWish
from approvals.queries.mandates import (
    MandateRow,
    draw_page,
    find_mandate,
    mandate_rows,
    mandate_stamp,
)
from core.clock import now
from core.db.keyset_pages import Position

SHOWN: Final = 100
_FIELDS: Final = ("kind", "payload", "reason_code", "reason", "ticket")
_JSON: Final = "application/json"


class Mandates(ProposalDoor):
    """The list."""

    @extend_schema(operation_id="mandates_list", responses={200: MANDATES})
    def get(self, request: Request) -> Response:
        """The last hundred mandates, the newest first, with what is left of each."""
        refuse_unknown(request, ())
        return Response({"data": [_shape(row) for row in mandate_rows(at=now(), most=SHOWN)]})


class OneMandate(ProposalDoor):
    """One mandate."""

    @extend_schema(operation_id="mandates_detail", responses={200: MANDATE})
    def get(self, request: Request, public_id: str) -> Response:
        """What it carries and what is left; its ETag is what a draw is made from."""
        refuse_unknown(request, ())
        row = find_mandate(public_id, at=now())
        return Response(_shape(row), headers={"ETag": etag_of(mandate_stamp(row.mandate))})


class MandateDraws(ProposalDoor):
    """What was given, and giving."""

    @extend_schema(operation_id="mandates_draws", responses={200: DRAWS})
    def get(self, request: Request, public_id: str) -> Response:
        """What was given, the newest first; `after` is the last id that was read."""
        refuse_unknown(request, ("after",))
        mandate = find_mandate(public_id, at=now()).mandate
        page = draw_page(mandate, position=Position(after=request.query_params.get("after", "")))
        return Response({"data": [_draw(each) for each in page.rows], "next_after": page.older})

    @extend_schema(operation_id="mandates_draw", request={_JSON: WISH}, responses={201: DRAW})
    def post(self, request: Request, public_id: str) -> Response:
        """Give at once. 412 where somebody gave meanwhile, 409 where it does not carry so much."""
        refuse_unknown(request, ())
        body, stamp = body_of(request, _FIELDS), stamp_from(request)
        payload = body["payload"]
        if not isinstance(payload, Mapping):
            raise wrong_field("payload", "Expected an object.")
        said = (text_of(body, name) for name in ("reason_code", "reason", "ticket"))
        wish = DrawWish(text_of(body, "kind"), payload, *said)
        mandate, at = find_mandate(public_id, at=now()).mandate, now()
        with matching():
            made = mandates.draw(
                mandate=mandate, wish=wish, by=person_of(request), at=at, made_from=stamp
            )
        return Response(_draw(made), status=201, headers={"ETag": etag_of(mandate_stamp(mandate))})


def _shape(row: MandateRow) -> dict[str, Any]:
    mandate = row.mandate
    return {
        "id": mandate.public_id,
        "title": mandate.title,
        "state": row.state.replace(" ", "_"),
        "kinds": mandate.kinds,
        "reason_codes": mandate.reason_codes,
        "per_case": money_answer(row.per_case),
        "per_account_month": money_answer(row.per_account_month),
        "total": money_answer(mandate.total),
        "left": money_answer(row.left),
        "draws": row.draw_count,
        "waiting_for_review": row.waiting,
        "review_every": mandate.review_every,
        "ends_at": mandate.ends_at,
        "made_at": mandate.made_at,
    }


def _draw(each: MandateDraw) -> dict[str, Any]:
    return {
        "id": each.public_id,
        "kind": each.kind,
        "account": each.account.public_id,
        "amount": money_answer(each.amount),
        "effect_id": each.effect_ref,
        "reason_code": each.reason_code,
        "ticket": each.ticket,
        "drawn_by": each.drawn_by.public_id,
        "drawn_at": each.drawn_at,
        "waits_for_review": each.waits_for_review,
        "gives_back": each.gives_back.public_id if each.gives_back else None,
    }
