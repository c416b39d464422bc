"""/api/v1/sources: how far sources are complete, which bills wait for them, and waivers.

The operations and permissions are those of *Usage → Sources* in the console. A source says itself
how far it is, at /api/v1/usage/progress.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from api.rest.resources import refuse_unknown
from api.rest.staff_documents import (
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    WHOLE_OR_NULL,
    StaffDocument,
    seen_of,
    shape_of,
    stamped,
)
from api.rest.v1.rule_bodies import RequirementBody, WaiverBody
from api.staff import READERS
from billing.invoicing.models import SourceWaiver
from billing.invoicing.operations.gates import waive_source
from billing.overview.queries import accounts
from core.clock import now
from core.db.stamps import Seen, stamp_of
from usage.models import Source, SourceProgress
from usage.operations import source_progress
from usage.queries.source_progress import SourceSaid, find_source, source_row, source_rows

_WAIVERS_MOST: Final = 50
SOURCE: Final = shape_of(
    id=TEXT, name=TEXT, partner=TEXT, is_required={"type": "boolean"},
    meters={"type": "array", "items": TEXT}, complete_through=INSTANT_OR_NULL,
    sequence=WHOLE_OR_NULL, reported_at=INSTANT_OR_NULL,
)  # fmt: skip
WAIVER: Final = shape_of(
    id=TEXT, account=TEXT_OR_NULL, through_at=INSTANT_OR_NULL, waived_at=INSTANT_OR_NULL,
    waived_by=TEXT, reason=TEXT,
)  # fmt: skip


class Sources(StaffDocument):
    """Sources of events by name, and how far they say they are."""

    reads, writes = READERS, Permission.BILLING_RULES_CHANGE

    @extend_schema(
        operation_id="sources_list",
        responses={200: shape_of(data={"type": "array", "items": SOURCE})},
    )
    def get(self, request: Request) -> Response:
        """The first two hundred."""
        refuse_unknown(request, ())
        return Response({"data": [_said(each) for each in source_rows()]})


class OneSource(StaffDocument):
    """One source, and whether bills wait for it."""

    reads, writes = READERS, Permission.BILLING_RULES_CHANGE

    @extend_schema(operation_id="sources_detail", responses={200: SOURCE})
    def get(self, request: Request, public_id: str) -> Response:
        """What it said, and what is asked of it."""
        refuse_unknown(request, ())
        return self._answer(find_source(public_id))

    @extend_schema(operation_id="sources_require", request=RequirementBody, responses={200: SOURCE})
    def put(self, request: Request, public_id: str) -> Response:
        """Say whether bills wait for it; made from what `If-Match` names."""
        source = find_source(public_id)
        actor, said = self.said_in(request, RequirementBody(data=request.data))
        source_progress.require(
            source=source,
            is_required=said["is_required"],
            meter_codes=said["meters"],
            by=actor,
            reason=said["reason"],
            made_from=seen_of(request),
        )
        return self._answer(find_source(public_id))

    def _answer(self, source: Source) -> Response:
        stamp = stamp_of(Seen(SourceProgress, {"source_id": source.pk}))
        return stamped(_said(source_row(source)), stamp)


class SourceWaivers(StaffDocument):
    """Bills that do not wait for a source."""

    reads, writes = READERS, Permission.RUN_APPROVE

    @extend_schema(
        operation_id="sources_waivers_list",
        responses={200: shape_of(data={"type": "array", "items": WAIVER})},
    )
    def get(self, request: Request, public_id: str) -> Response:
        """The latest first, fifty at most."""
        refuse_unknown(request, ())
        rows = SourceWaiver.objects.filter(source=find_source(public_id)).select_related("account")
        latest = rows.order_by("-waived_at", "-pk")[:_WAIVERS_MOST]
        return Response({"data": [_waiver(each) for each in latest]})

    @extend_schema(
        operation_id="sources_waivers_create", request=WaiverBody, responses={201: WAIVER}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Waive it; the same again by the same person is the same waiver."""
        source = find_source(public_id)
        actor, said = self.said_in(request, WaiverBody(data=request.data))
        account = accounts.find(said["account"]) if said.get("account") else None
        made = waive_source(
            source=source,
            through_at=said["through_at"],
            account=account,
            at=now(),
            by=actor,
            reason=said["reason"],
        )
        return Response(_waiver(made), status=201)


def _said(row: SourceSaid) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "partner": row.partner,
        "is_required": row.is_required,
        "meters": list(row.meters),
        "complete_through": row.complete_through,
        "sequence": row.sequence,
        "reported_at": row.reported_at,
    }


def _waiver(row: SourceWaiver) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "account": row.account.public_id if row.account else None,
        "through_at": row.through_at,
        "waived_at": row.waived_at,
        "waived_by": row.waived_by,
        "reason": row.reason,
    }
