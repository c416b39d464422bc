"""/api/v1/accounts/{id}/invoice-terms: what was agreed about an account's invoices."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.permissions import Permission
from api.rest.resources import refuse_unknown
from api.rest.staff_documents import (
    TEXT,
    TEXT_OR_NULL,
    WHOLE_OR_NULL,
    StaffDocument,
    seen_of,
    shape_of,
    stamped,
)
from api.rest.v1.rule_bodies import TermsBody
from billing.invoicing.models import InvoiceTerms
from billing.invoicing.operations import invoice_terms
from billing.invoicing.operations.invoice_terms import AgreedTerms
from billing.overview.queries import accounts
from core.clock import now
from core.db.stamps import Seen, stamp_of
from core.money import Money

TERMS: Final = shape_of(
    account=TEXT, currency=TEXT, purchase_order=TEXT, note=TEXT, grace_days=WHOLE_OR_NULL,
    consolidates={"type": "boolean"}, threshold=TEXT_OR_NULL,
)  # fmt: skip


class AccountInvoiceTerms(StaffDocument):
    """How one account is invoiced."""

    reads, writes = (Permission.ACCOUNTS_MAINTAIN,), Permission.ACCOUNTS_MAINTAIN

    @extend_schema(operation_id="account_invoice_terms_detail", responses={200: TERMS})
    def get(self, request: Request, public_id: str) -> Response:
        """What holds for what is drafted now."""
        refuse_unknown(request, ())
        return self._answer(accounts.find(public_id))

    @extend_schema(
        operation_id="account_invoice_terms_agree", request=TermsBody, responses={200: TERMS}
    )
    def put(self, request: Request, public_id: str) -> Response:
        """Agree others, made from what `If-Match` names."""
        account = accounts.find(public_id)
        body = TermsBody(data=request.data, context={"currency": account.currency})
        actor, said = self.said_in(request, body)
        invoice_terms.agree(
            account=account,
            terms=AgreedTerms(
                grace_days=said.get("grace_days"),
                consolidates=said["consolidates"],
                threshold_minor=said["threshold"],
                purchase_order=said["purchase_order"],
                note=said["note"],
            ),
            at=now(),
            by=actor,
            reason=said["reason"],
            made_from=seen_of(request),
        )
        return self._answer(account)

    def _answer(self, account: Account) -> Response:
        stamp = stamp_of(Seen(InvoiceTerms, {"account_id": account.pk}))
        row = InvoiceTerms.objects.filter(account=account).first() or InvoiceTerms()
        document: dict[str, Any] = {
            "account": account.public_id,
            "currency": account.currency,
            "purchase_order": row.purchase_order,
            "note": row.note,
            "grace_days": row.grace_days,
            "consolidates": row.consolidates,
            "threshold": _units(row.threshold_minor, account.currency),
        }
        return stamped(document, stamp)


def _units(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(Money.from_minor(minor, currency).amount)
