"""/api/v1/disputes: charges that an account contests, and what was said and decided of them.

What is for staff alone is not told here. Nothing is decided at this door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope
from api.bodies import read_body
from api.rest.resources import (
    WritableResource,
    accounts_of,
    principal_of,
    refuse_unknown,
)
from api.rest.v1.accounts import AccountStub
from api.rest.v1.dispute_bodies import (
    FurtherLine,
    NewDispute,
    NewMessage,
    Withdrawal,
    new_case,
    new_line,
)
from api.rest.values import MoneyField, money_answer
from api.tokens import PartnerPrincipal
from billing.disputes.filters import DisputeFilters
from billing.disputes.models import Attachment, CaseMessage, DisputeCase, DisputeLine
from billing.disputes.operations import evidence_files, line_decisions, opening
from billing.disputes.operations.evidence_files import SentFile
from billing.disputes.operations.messages import customer_said
from billing.disputes.queries.cases import CaseState, case_rows, find_line
from billing.disputes.queries.evidence_files import find_attachment
from core.clock import now
from core.downloads import download_headers
from core.uploads import UPLOAD_BYTES_MAX


class DisputeLineSerializer(serializers.ModelSerializer[DisputeLine]):
    """One contested target; amounts are before tax. `approved` is null until it is granted.

    `target` is a `charge` (the `line` of the `invoice`), `days` of one for a `resource`, or what is
    `late` of a charge (`late_charge`) and not billed yet; what is not of it is null.
    """

    id = serializers.CharField(source="public_id", read_only=True)
    target = serializers.SerializerMethodField()
    invoice = serializers.CharField(source="charged.invoice.number", read_only=True)
    line = serializers.SerializerMethodField()
    resource = serializers.SerializerMethodField()
    late_charge = serializers.SerializerMethodField()
    description = serializers.CharField(source="target_text", read_only=True)
    claimed = serializers.SerializerMethodField()
    approved = serializers.SerializerMethodField()

    class Meta:
        model = DisputeLine
        fields = (
            "id", "target", "invoice", "line", "days_from", "days_until", "resource", "late_charge",
            "description", "reason_code", "facts", "claimed", "approved", "state", "outcome",
            "decided_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=["charge", "days", "late"]))
    def get_target(self, line: DisputeLine) -> str:
        if line.invoice_line is None:
            return "late"
        return "days" if line.days else "charge"

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_line(self, line: DisputeLine) -> int | None:
        return line.invoice_line.position if line.invoice_line else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_resource(self, line: DisputeLine) -> str | None:
        return line.resource.public_id if line.resource else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_late_charge(self, line: DisputeLine) -> str | None:
        return line.late_charge or None

    @extend_schema_field(MoneyField)
    def get_claimed(self, line: DisputeLine) -> Mapping[str, Any]:
        return money_answer(line.money(line.claimed_minor))

    @extend_schema_field(MoneyField(allow_null=True))
    def get_approved(self, line: DisputeLine) -> Mapping[str, Any] | None:
        approved: int | None = line.approved_minor
        return None if approved is None else money_answer(line.money(approved))


class DisputeFileSerializer(serializers.ModelSerializer[Attachment]):
    """A file of a message. `media_type` is what its bytes are; octet-stream is anything else."""

    id = serializers.CharField(source="public_id", read_only=True)
    media_type = serializers.CharField(source="file.media_type", read_only=True)
    bytes = serializers.IntegerField(source="file.byte_count", read_only=True)
    sha256 = serializers.CharField(source="file.sha256", read_only=True)

    class Meta:
        model = Attachment
        fields = ("id", "name", "media_type", "bytes", "sha256")


class DisputeMessageSerializer(serializers.ModelSerializer[CaseMessage]):
    """Something that was said to the customer or by them, with its files."""

    id = serializers.CharField(source="public_id", read_only=True)
    files = DisputeFileSerializer(source="attachments", many=True, read_only=True)

    class Meta:
        model = CaseMessage
        fields = ("id", "is_from_customer", "author", "body", "sent_at", "files")


class DisputeSerializer(serializers.ModelSerializer[DisputeCase]):
    """A case. `state` is worked out of its lines and its last message."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    state = serializers.ChoiceField(source="_computed", choices=list(CaseState), read_only=True)
    lines = DisputeLineSerializer(source="told_lines", many=True, read_only=True)
    messages = DisputeMessageSerializer(source="told_messages", many=True, read_only=True)

    class Meta:
        model = DisputeCase
        fields = (
            "id", "number", "account", "state", "ticket", "opened_at", "lines", "messages",
        )  # fmt: skip


class DisputeResource(WritableResource):
    """Disputes of the accounts the partner may read."""

    serializer_class = DisputeSerializer
    required_scope = CredentialScope.DISPUTES_READ
    writing_scope = CredentialScope.DISPUTES_WRITE
    orders: ClassVar[dict[str, str]] = {"opened_at": "opened_at"}
    filters = DisputeFilters

    def readable(self, principal: PartnerPrincipal) -> QuerySet[DisputeCase]:
        lines = DisputeLine.objects.select_related(
            "invoice_line__invoice", "late_invoice", "resource"
        ).order_by("pk")
        said = CaseMessage.objects.filter(audience=CaseMessage.Audience.CUSTOMER)
        return (
            case_rows()
            .filter(account__in=accounts_of(principal))
            .prefetch_related(
                Prefetch("lines", queryset=lines, to_attr="told_lines"),
                Prefetch(
                    "messages",
                    queryset=said.prefetch_related("attachments__file").order_by("pk"),
                    to_attr="told_messages",
                ),
            )
        )

    @extend_schema(request=NewDispute, responses={201: DisputeSerializer})
    def create(self, request: Request) -> Response:
        """Contest lines of issued invoices of one account."""
        principal, said = self.said_in(request, NewDispute(data=request.data))
        new = new_case(principal, said)
        case = opening.open_case(new=new, at=now(), by=principal.actor)
        return self.answer(case, status=201)

    @extend_schema(
        operation_id="disputes_lines_add", request=FurtherLine, responses={201: DisputeSerializer}
    )
    @action(detail=True, methods=["post"])
    def lines(self, request: Request, public_id: str) -> Response:
        """Contest something else in a dispute that is open."""
        principal, said = self.said_in(request, FurtherLine(data=request.data))
        case = self.named(principal, public_id)
        new = new_line(case.account, said["line"])
        opening.add_line(case=case, new=new, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(case, status=201)

    @extend_schema(request=NewMessage, responses={201: DisputeSerializer})
    @action(detail=True, methods=["post"])
    def messages(self, request: Request, public_id: str) -> Response:
        """Say something as the customer; lines that waited for it are looked into again."""
        principal, said = self.said_in(request, NewMessage(data=request.data))
        case = self.named(principal, public_id)
        customer_said(
            case=case,
            body=said["body"],
            author=said["author"] or case.account.name,
            at=now(),
            by=principal.actor,
        )
        return self.answer(case, status=201)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whoever asks for a file takes what it is, whatever they say they accept."""
        return super().perform_content_negotiation(request, force or self.action == "file")

    @extend_schema(
        operation_id="disputes_files_send",
        parameters=[OpenApiParameter("name", str, description="What the file is called.")],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: DisputeSerializer},
    )
    @action(detail=True, methods=["post"])
    def files(self, request: Request, public_id: str) -> Response:
        """Send a file as the customer: the body is its bytes, up to 10 MB, whatever its type."""
        refuse_unknown(request, ("name",))
        principal = principal_of(request)
        case = self.named(principal, public_id)
        content = read_body(request._request, max_bytes=UPLOAD_BYTES_MAX)
        sent = SentFile(request.query_params.get("name", "file"), content)
        customer_said(
            case=case,
            body=f"Sent a file: {evidence_files.plain_name(sent.name)}",
            author=case.account.name,
            at=now(),
            by=principal.actor,
            file=sent,
        )
        return self.answer(case, status=201)

    @extend_schema(
        operation_id="disputes_files_content",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=True, url_path=r"files/(?P<file>dsa_[0-9a-z]{26})")
    def file(self, request: Request, public_id: str, file: str) -> HttpResponse:
        """The bytes of a file of the dispute, as they came."""
        refuse_unknown(request, ())
        principal = principal_of(request)
        attachment = find_attachment(self.named(principal, public_id), file, told=True)
        given = evidence_files.give_out(attachment, by=principal.actor)
        return HttpResponse(
            given.content,
            content_type=given.media_type,
            headers=download_headers(name=given.name, sha256=given.sha256),
        )

    @extend_schema(request=Withdrawal, responses={200: DisputeSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, public_id: str) -> Response:
        """Contest a line no more."""
        principal, said = self.said_in(request, Withdrawal(data=request.data))
        case = self.named(principal, public_id)
        line = find_line(case, said["line"])
        line_decisions.withdraw(line=line, at=now(), by=principal.actor, reason=said["reason"])
        return self.answer(case)
