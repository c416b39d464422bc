"""Proofs to take away: one line as a signed document that is worked out again offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from billing.invoicing.queries import invoices, proofs
from console.invoices.bill_so_far import bill_so_far
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from core.clock import now


@require_GET
@screen(*BILLING)
def invoice_line(request: StaffRequest, ref: str, position: int) -> HttpResponse:
    """The proof of a line of an invoice."""
    invoice = invoices.find(ref)
    up_to_date(request, [invoice.account_id], at=now())
    proof = proofs.invoice_line_proof(invoice, position)
    return _download(proof, f"{invoice.number or invoice.public_id}-line-{position}")


@require_GET
@screen(*BILLING)
def bill_line(request: StaffRequest, public_id: str, position: int) -> HttpResponse:
    """The proof of a line of the bill so far, as it stands now."""
    account, bill = bill_so_far(request, public_id)
    proof = proofs.bill_line_proof(account, bill, position)
    return _download(proof, f"{account.public_id}-so-far-line-{position}")


def _download(proof: Mapping[str, Any], name: str) -> HttpResponse:
    written = json.dumps(proof, indent=2, ensure_ascii=False)
    answer = HttpResponse(written, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{name}.json"'
    return answer
