"""GET /api/v1/invoices/{invoice}/documents: its files, and those of its notes and void."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from accounts.models import CredentialScope
from api.rest.resources import ReadOnlyResource, accounts_of, principal_of, refuse_unknown
from api.rest.v1.invoices import named_invoice
from api.tokens import PartnerPrincipal
from billing.invoicing.models import Invoice
from billing.papers.models import PaperFile
from billing.papers.operations import giving
from billing.papers.queries.papers import issued_at_of, number_of_paper, of_invoices
from core.downloads import download_headers


class DocumentSerializer(serializers.ModelSerializer[PaperFile]):
    """One file: made, waiting to be made, or withheld with the reason.

    `state` is `made`, `waiting`, `withheld` or `set_aside`; `code` is printed on it, and leads to
    its proof.
    """

    id = serializers.CharField(source="public_id", read_only=True)
    kind = serializers.CharField(source="paper.kind", read_only=True)
    code = serializers.CharField(source="paper.code", read_only=True)
    number = serializers.SerializerMethodField()
    issued_at = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField(source="done_at", read_only=True, allow_null=True)

    class Meta:
        model = PaperFile
        fields = (
            "id", "kind", "number", "issued_at", "code", "format", "language", "state",
            "media_type", "byte_count", "sha256", "withheld_because", "made_at",
        )  # fmt: skip

    def get_number(self, file: PaperFile) -> str:
        return number_of_paper(file.paper)

    def get_issued_at(self, file: PaperFile) -> str:
        return issued_at_of(file.paper).isoformat()

    def get_state(self, file: PaperFile) -> str:
        if file.is_made:
            return "made"
        if file.state == PaperFile.State.DONE:
            return "withheld"
        return "set_aside" if file.state == PaperFile.State.PARKED else "waiting"


class DocumentResource(ReadOnlyResource):
    """Files of one invoice, where the partner may read whoever pays it: they name the payer."""

    serializer_class = DocumentSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"made_at": "pk"}

    def readable(self, principal: PartnerPrincipal) -> QuerySet[PaperFile]:
        accounts = accounts_of(principal)
        invoices = Invoice.objects.filter(account__in=accounts, payer__in=accounts)
        invoice = named_invoice(invoices, self.kwargs["invoice"])
        return PaperFile.objects.filter(paper__in=of_invoices([invoice.pk])).select_related(
            "paper__invoice", "paper__credit_note__invoice", "paper__void__invoice"
        )

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whoever asks for a file takes what it is, whatever they say they accept."""
        return super().perform_content_negotiation(request, force or self.action == "content")

    @extend_schema(
        operation_id="invoices_documents_content",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=True)
    def content(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The bytes, as they were made."""
        refuse_unknown(request, ())
        file: PaperFile = self.get_object()
        given = giving.give(file, by=principal_of(request).actor)
        return HttpResponse(
            given.content,
            content_type=given.media_type,
            headers=download_headers(name=given.name, sha256=given.sha256),
        )
