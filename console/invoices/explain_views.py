"""Explain a charge: a line of an invoice or of the bill so far, down to its events."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, permitted
from billing.disputes.queries.cases import contested_at
from billing.invoicing.models import Invoice
from billing.invoicing.queries import explain, invoices
from billing.invoicing.queries.billed_evidence import BilledEvidence, behind
from billing.invoicing.queries.explain import ExplainedCharge
from billing.invoicing.queries.late_usage import fates_of_charge
from billing.invoicing.queries.proofs import published_key
from console.invoices.bill_so_far import bill_so_far
from console.invoices.wording import plain_words
from console.invoices.wording.evidence import ShownEvidence, show
from console.invoices.wording.formula import formula
from console.invoices.wording.lines import how_priced
from console.invoices.wording.steps import tell
from console.invoices.wording.usage_words import counted_in, usage_words
from console.shell import formats
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.query_params import day_of, words
from core.clock import now


@require_GET
@screen(*BILLING)
def invoice_line(request: StaffRequest, ref: str, position: int) -> HttpResponse:
    """Why a line of an invoice costs what it costs."""
    invoice = invoices.find(ref)
    up_to_date(request, [invoice.account_id], at=now())
    charge = explain.explain_invoice_line(invoice, position)
    up = reverse("console:invoice", args=[charge.invoice_ref])
    proof_url = reverse("console:proof", args=[charge.invoice_ref, position])
    context = _dispute(request, invoice, position)
    return _page(request, charge, context, up=up, beside_url=f"{up}lines/", proof_url=proof_url)


def _dispute(request: StaffRequest, invoice: Invoice, position: int) -> dict[str, Any]:
    """Where a line is contested, by whoever may."""
    if invoice.is_draft or not permitted(request.user, Permission.DISPUTE_HANDLE):
        return {}
    return {
        "dispute_url": reverse("console:dispute-new", args=[invoice.public_id, position]),
        "contested": contested_at(invoice, position),
    }


@require_GET
@screen(*BILLING)
def bill_line(request: StaffRequest, public_id: str, position: int) -> HttpResponse:
    """Why a line of the bill so far comes to what it comes to."""
    account, bill = bill_so_far(request, public_id)
    charge = explain.explain_bill_line(account, bill, position)
    up = reverse("console:account-bill", args=[account.public_id])
    proof_url = reverse("console:proof-bill", args=[account.public_id, position])
    return _page(request, charge, {}, up=up, beside_url=up, proof_url=proof_url)


def _page(
    request: StaffRequest, charge: ExplainedCharge, beside: Mapping[str, Any], **urls: str
) -> HttpResponse:
    line = charge.line.position
    back = f"{urls['beside_url']}?line={line}#line-{line}"
    context = _context(charge) | urls | {"back": back, "proof_key": published_key(), **beside}
    if request.GET.get("recompute"):
        context["again"] = explain.recompute(charge)
        if request.htmx:
            return render(request, "console/invoices/_recomputed.html", context)
    found = behind(charge.usage, after=words(request, "after"), day=day_of(request, "day"))
    context["shown"] = _shown(found, charge) if found else None
    if found and found.changes.words and charge.usage_invoice:
        context["fates"] = fates_of_charge(invoices.find(charge.usage_invoice), charge.original_key)
    context["for_customer"] = _on_their_clock(charge, context) or context["for_customer"]
    return render(request, "console/invoices/explain.html", context)


def _on_their_clock(charge: ExplainedCharge, context: dict[str, Any]) -> str | None:
    """The words for the customer, where the charge is one for time."""
    scope, shown = charge.usage.scope, context["shown"]
    return plain_words.customer_words(
        charge.explanation,
        context["told"],
        title=context["title"],
        clock=plain_words.Clock(scope.period, scope.zone),
        line=charge.line.period,
        currency=charge.currency,
        intervals=[row for row in shown.intervals if row.fate != "added"] if shown else (),
    )


def _shown(found: BilledEvidence, charge: ExplainedCharge) -> ShownEvidence:
    unit = charge.price.meter_unit if charge.price.adds_up else ""
    return show(found, charge.zone, measured=_measured(charge), unit=unit)


def _measured(charge: ExplainedCharge) -> Decimal | None:
    inputs = charge.explanation.inputs
    # A late line bills what arrived late; the period's usage is more than that.
    is_whole = charge.price.adds_up and not charge.corrects
    has_quantity = "quantity" in inputs or "events" in inputs
    return charge.explanation.measured if has_quantity and is_whole else None


def _context(charge: ExplainedCharge) -> dict[str, Any]:
    told = tell(
        charge.explanation,
        definition=charge.price.definition,
        currency=charge.currency,
        unit=charge.line.unit,
        meter_unit=charge.price.meter_unit,
    )
    counted = counted_in(
        charge.explanation,
        told,
        unit=charge.line.unit,
        meter_unit=charge.price.meter_unit,
        currency=charge.currency,
    )
    title = charge.line.description
    if charge.group_label and charge.group_label not in title:
        title = f"{title} on {charge.group_label}"
    period = formats.period_text(charge.line.period, charge.zone)
    return {
        "charge": charge,
        "line": charge.line,
        "told": told,
        "how_adjusts": how_priced(charge.explanation, charge.currency),
        "formula": formula(charge.explanation, told, charge.currency),
        "as_data": {"given": charge.explanation.inputs, "steps": charge.explanation.steps},
        "for_customer": usage_words(
            charge.explanation, told, title=title, period=period, counted=counted
        ),
        "title": title,
    }
