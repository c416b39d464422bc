"""Contest a charge of an invoice, or what came late: choose why, say the fact, open the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.disputes.contested import ContestedTarget
from billing.disputes.models import DisputeCase
from billing.disputes.operations import opening
from billing.disputes.operations.opening import NewCase, NewLine
from billing.disputes.queries import cases
from billing.disputes.reason_codes import REASON_CODES
from billing.disputes.targets import charge_of, late_charges, late_of
from billing.invoicing.models import InvoiceLine
from billing.invoicing.queries import invoices
from billing.invoicing.queries.line_pages import LineNotFound
from console.disputes.forms import OpensDispute
from console.shell.access import StaffRequest, screen
from console.shell.query_params import choice
from core.clock import now
from core.errors import DomainError
from core.money import Money
from usage.operations.settling import bring_up_to_date

HANDLE: Final = (Permission.DISPUTE_HANDLE,)
_PAGE: Final = "console/disputes/dispute_new.html"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*HANDLE)
def dispute_new(request: StaffRequest, ref: str, position: int) -> HttpResponse:
    """Open a case about a line, or days of it; a line that is contested leads to its case."""
    invoice = invoices.find(ref)
    rows = invoice.lines.select_related("invoice__account", "price__meter", "resource", "corrects")
    line = rows.filter(position=position).first()
    if line is None:
        raise LineNotFound(f"{invoice} has no line {position}.")
    contested = cases.contested([line.pk]).get(line.pk)
    if contested is not None:
        return redirect("console:dispute", contested.case.public_id)
    return _asked(request, line, lambda form: form.target(line))


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*HANDLE)
def dispute_late(request: StaffRequest, ref: str) -> HttpResponse:
    """Open a case about what came late of one charge of an issued invoice."""
    invoice = invoices.find(ref)
    bring_up_to_date([invoice.account_id], at=now())
    charges = late_charges(invoice)
    wanted = choice(request, "charge", [each.key for each in charges])
    if not wanted:
        context = {"invoice": invoice, "charges": charges}
        return render(request, "console/disputes/dispute_late.html", context)
    contested = cases.contested_late(invoice, wanted)
    if contested is not None:
        return redirect("console:dispute", contested.case.public_id)
    target = late_of(invoice, wanted)
    return _asked(request, charge_of(target), lambda _: target)


def _asked(
    request: StaffRequest, line: InvoiceLine, target: Callable[[OpensDispute], ContestedTarget]
) -> HttpResponse:
    """Which reason, which fact; then the case."""
    invoice = line.invoice
    wanted = choice(request, "reason", list(REASON_CODES))
    context: dict[str, Any] = {
        "invoice": invoice,
        "line": line,
        "billed": Money.from_minor(line.amount_minor, invoice.currency),
        "reasons": REASON_CODES.values(),
        "wanted": wanted,
        "is_late": line.pk is None,
    }
    if not wanted:
        return render(request, _PAGE, context)
    form = OpensDispute(
        request.POST or None,
        reason_code=REASON_CODES[wanted],
        zone=(line.corrects or invoice).zone,
        currency=invoice.currency,
        line=line,
        is_late=context["is_late"],
    )
    context["form"] = form
    if request.method != "POST":
        return render(request, _PAGE, context)
    if not form.is_valid():
        return render(request, _PAGE, context, status=422)
    try:
        case = _opened(request, form, target(form))
    except DomainError as problem:
        context["problem"] = problem
        return render(request, _PAGE, context, status=problem.status)
    messages.success(request, f"{case} is open.")
    return redirect("console:dispute", case.public_id)


def _opened(request: StaffRequest, form: OpensDispute, target: ContestedTarget) -> DisputeCase:
    said = form.cleaned_data
    new = NewCase(
        account=target.invoice.account,
        said=said["said"],
        lines=[NewLine(target, form.reason_code.code, form.facts())],
        channel=DisputeCase.Channel(said["channel"]),
        priority=DisputeCase.Priority(said["priority"]),
        ticket=said["ticket"].strip(),
        customer=said["customer"].strip(),
        owner=request.user,
    )
    return opening.open_case(new=new, at=now(), by=request.user.actor)
