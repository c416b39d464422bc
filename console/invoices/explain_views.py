"""Explain a charge: a line of an invoice or of the bill so far, down to its events."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.permissions import Permission, permitted
from approvals.queries.proposals import proposal_that_made
from billing.disputes.queries.cases import contested_at
from billing.disputes.queries.money_promises import promises_on
from billing.invoicing.models import Invoice
from billing.invoicing.queries import explain, invoices
from billing.invoicing.queries.billed_evidence import BilledEvidence, behind
from billing.invoicing.queries.explain import ExplainedCharge
from billing.invoicing.queries.late_usage import fates_of_charge
from billing.invoicing.queries.proofs import published_key
from billing.invoicing.queries.unpriced import (
    UnpricedLine,
    unpriced_bill_line,
    unpriced_invoice_line,
)
from console.invoices.bill_so_far import bill_so_far
from console.invoices.wording import plain_words
from console.invoices.wording.evidence import ShownEvidence, show
from console.invoices.wording.formula import formula
from console.invoices.wording.lines import how_priced
from console.invoices.wording.steps import tell
from console.invoices.wording.unpriced import unpriced_words
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
    try:
        charge = explain.explain_invoice_line(invoice, position)
    except explain.LineUnpriced:
        found = unpriced_invoice_line(invoice, position)
        return _unpriced_page(request, found, invoice.account, zone=invoice.zone)
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
        "promised": promises_on(invoice),
    }


@require_GET
@screen(*BILLING)
def bill_line(request: StaffRequest, public_id: str, position: int) -> HttpResponse:
    """Why a line of the bill so far comes to what it comes to."""
    account, bill = bill_so_far(request, public_id)
    try:
        charge = explain.explain_bill_line(account, bill, position)
    except explain.LineUnpriced:
        return _unpriced_page(request, unpriced_bill_line(bill, position), account, zone=bill.zone)
    up = reverse("console:account-bill", args=[account.public_id])
    proof_url = reverse("console:proof-bill", args=[account.public_id, position])
    return _page(request, charge, {}, up=up, beside_url=up, proof_url=proof_url)


def _unpriced_page(
    request: StaffRequest, found: UnpricedLine, account: Account, *, zone: str
) -> HttpResponse:
    """A line that no price made: who decided on it, or what it rests on."""
    if found.invoice is not None:
        beside = reverse("console:invoice-lines", args=[str(found.invoice)])
    else:
        beside = reverse("console:account-bill", args=[account.public_id])
    line, adjustment = found.line, found.adjustment
    proposal = None
    if adjustment is not None:
        subject = adjustment.corrects.public_id if adjustment.corrects else ""
        proposal = proposal_that_made(adjustment.public_id, account=account, subject=subject)
    context = {
        "found": found,
        "line": line,
        "invoice": found.invoice,
        "account": account,
        "zone": zone,
        "said": unpriced_words(found),
        "proposal": proposal,
        "back": f"{beside}?line={line.position}#line-{line.position}",
    }
    return render(request, "console/invoices/explain_unpriced.html", context)


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
