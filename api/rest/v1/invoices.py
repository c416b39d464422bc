"""GET /api/v1/invoices and their lines: what the accounts a partner may read were billed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import CredentialScope, Resource
from api.rest.resources import ReadOnlyResource, accounts_of, refuse_unknown
from api.rest.v1.accounts import AccountStub
from api.rest.v1.bill_changes import CHANGE, change_answer, told_by
from api.rest.v1.line_explanations import EXPLANATION, explanation_answer
from api.rest.v1.shapes import PROOF, Shape
from api.rest.values import DecimalTextField, MoneyField, PeriodField, money_answer
from api.tokens import PartnerPrincipal
from billing.invoicing.filters import InvoiceFilters
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.queries.proofs import invoice_line_proof
from billing.receivables.queries.next_actions import InvoiceLife, invoice_life
from core.clock import now
from core.errors import NotFound
from core.money import Money

_REFERENCE = "[A-Za-z0-9_-]{1,64}"


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """One invoice without its lines; a draft has no number and may still change."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = AccountStub(read_only=True)
    payer = AccountStub(read_only=True, allow_null=True)
    period = PeriodField()
    subtotal = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    carried = serializers.SerializerMethodField()
    total = MoneyField(read_only=True)

    class Meta:
        model = Invoice
        fields = (
            "id", "number", "kind", "state", "account", "payer", "period", "zone",
            "subtotal", "tax", "carried", "total", "purchase_order", "note", "issued_at",
            "issued_on", "due_on", "content_sha256",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_subtotal(self, invoice: Invoice) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(invoice.subtotal_minor, invoice.currency))

    @extend_schema_field(MoneyField)
    def get_tax(self, invoice: Invoice) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(invoice.tax_minor, invoice.currency))

    @extend_schema_field(MoneyField)
    def get_carried(self, invoice: Invoice) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(invoice.carried_minor, invoice.currency))


_ACTIONS: Final[Shape] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "label", "is_possible", "why_not"],
        "properties": {
            "code": {"type": "string"},
            "label": {"type": "string"},
            "is_possible": {"type": "boolean"},
            "why_not": {"type": "string", "description": "Empty where it may be done now."},
        },
    },
}


class InvoiceLifeSerializer(InvoiceSerializer):
    """One invoice with where it stands now, and what may be done with it."""

    stands = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()

    class Meta(InvoiceSerializer.Meta):
        fields = (*InvoiceSerializer.Meta.fields, "stands", "actions")  # type: ignore[assignment]

    def get_stands(self, invoice: Invoice) -> str:
        return self._life(invoice).state

    @extend_schema_field(_ACTIONS)
    def get_actions(self, invoice: Invoice) -> list[dict[str, Any]]:
        return [
            {
                "code": each.code,
                "label": each.label,
                "is_possible": each.is_possible,
                "why_not": each.why_not,
            }
            for each in self._life(invoice).actions
        ]

    def _life(self, invoice: Invoice) -> InvoiceLife:
        known: InvoiceLife | None = getattr(self, "_known", None)
        if known is None:
            known = self._known = invoice_life(invoice, at=now())
        return known


class ResourceStub(serializers.ModelSerializer[Resource]):
    """The resource a line is about."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = Resource
        fields = ("id", "platform_id", "name")


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One line; `position` is what people call line 7, `key` is the same when rated again.

    A line that adjusts others (a discount, a limit, what is taken back) has no quantity, no unit.
    """

    resource = ResourceStub(read_only=True, allow_null=True)
    group = serializers.CharField(source="group_label", read_only=True)
    quantity = DecimalTextField(source="rated_quantity", read_only=True, allow_null=True)
    unit = serializers.CharField(source="rated_unit", read_only=True)
    unit_price = DecimalTextField(read_only=True, allow_null=True)
    amount = serializers.SerializerMethodField()
    period = PeriodField()

    class Meta:
        model = InvoiceLine
        fields = (
            "position", "key", "kind", "group", "description", "resource", "dimensions",
            "quantity", "unit", "unit_price", "amount", "period",
        )  # fmt: skip

    @extend_schema_field(MoneyField)
    def get_amount(self, line: InvoiceLine) -> Mapping[str, Any]:
        return money_answer(Money.from_minor(line.amount_minor, line.invoice.currency))


class InvoiceResource(ReadOnlyResource):
    """Invoices of the accounts the partner may read; by id, or by number once issued."""

    serializer_class = InvoiceSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"period_from": "period_from", "created_at": "created_at"}
    filters = InvoiceFilters
    lookup_value_regex = _REFERENCE

    def readable(self, principal: PartnerPrincipal) -> QuerySet[Invoice]:
        accounts = accounts_of(principal)
        # The payer may be an account the partner must not know of.
        return (
            Invoice.objects.filter(account__in=accounts)
            .select_related("account")
            .prefetch_related(Prefetch("payer", queryset=accounts))
        )

    def get_serializer_class(self) -> type[InvoiceSerializer]:
        return InvoiceLifeSerializer if self.action == "retrieve" else InvoiceSerializer

    def get_object(self) -> Invoice:
        return named_invoice(self.get_queryset(), self.kwargs["public_id"])

    @extend_schema(operation_id="invoices_change", responses={200: CHANGE})
    @action(detail=True)
    def change(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Why the invoice came to another total than the account's one before it.

        The amounts of the parts sum to `difference`, tax included. `by=app` tells parts of one kind
        apart by app instead of by price.
        """
        refuse_unknown(request, ("by",))
        invoice: Invoice = self.get_object()
        return Response(change_answer(invoice, by=told_by(request.query_params.get("by"))))


class InvoiceLineResource(ReadOnlyResource):
    """The lines of one invoice, in the order they are printed."""

    serializer_class = InvoiceLineSerializer
    required_scope = CredentialScope.INVOICES_READ
    orders = {"position": "position"}
    lookup_field = "position"
    lookup_value_regex = "[0-9]{1,6}"

    def readable(self, principal: PartnerPrincipal) -> QuerySet[InvoiceLine]:
        invoices = Invoice.objects.filter(account__in=accounts_of(principal))
        invoice = named_invoice(invoices, self.kwargs["invoice"])
        return InvoiceLine.objects.filter(invoice=invoice).select_related(
            "invoice__account", "resource"
        )

    @extend_schema(operation_id="invoices_lines_proof", responses={200: PROOF})
    @action(detail=True)
    def proof(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The line as a signed document that anybody works out again offline."""
        refuse_unknown(request, ())
        line: InvoiceLine = self.get_object()
        return Response(invoice_line_proof(line.invoice, line.position))

    @extend_schema(operation_id="invoices_lines_explanation", responses={200: EXPLANATION})
    @action(detail=True)
    def explanation(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the line was charged for, and each step from there to its amount.

        A line that no price made is 404, `line_not_found`.
        """
        refuse_unknown(request, ())
        line: InvoiceLine = self.get_object()
        return Response(explanation_answer(line.invoice, line.position))


def named_invoice(invoices: QuerySet[Invoice], reference: str) -> Invoice:
    """The invoice of this id or number. Raises: NotFound."""
    invoice = invoices.filter(Q(public_id=reference) | Q(number=reference)).first()
    if invoice is None:
        raise NotFound("There is nothing here.")
    return invoice
