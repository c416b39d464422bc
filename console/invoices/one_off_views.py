"""Type a one-off invoice, look at what it comes to, and let another person issue it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from billing.invoicing.drafting.one_offs import TypedInvoice
from billing.invoicing.operations import one_offs
from billing.invoicing.queries import invoices
from billing.overview.queries import accounts
from billing.receivables import effects
from console.accounts.views import account_head
from console.invoices.one_off_forms import LineForm, OneOffForm, WhyForm
from console.shell.access import StaffRequest, screen
from core.clock import now
from core.errors import DomainError

ROWS = 6
"""Lines the form has without JavaScript; a longer invoice is two."""


@require_http_methods(["GET", "POST"])
@screen(Permission.RUN_PROPOSE)
def prepare(request: StaffRequest, public_id: str) -> HttpResponse:
    """The form of a one-off invoice; it becomes a draft for somebody else to issue."""
    account = accounts.find(public_id)
    said = request.POST or None
    form = OneOffForm(said)
    rows = [LineForm(said, prefix=f"line{n}", empty_permitted=True) for n in range(ROWS)]
    context = account_head(account) | {"tab": "invoices", "form": form, "rows": rows}
    status = 200
    if said is not None:
        is_valid = all([form.is_valid(), *[row.is_valid() for row in rows]])
        if is_valid:
            try:
                invoice = one_offs.prepare(
                    account=account,
                    typed=_typed(form, rows),
                    at=now(),
                    by=request.user.actor,
                    reason=form.cleaned_data["reason"],
                    ticket=form.cleaned_data["ticket"],
                )
            except DomainError as problem:
                context["problem"], status = problem, problem.status
            else:
                messages.success(request, "It is prepared. Somebody else issues it.")
                return redirect("console:invoice", invoice.public_id)
        else:
            status = 422
    return render(request, "console/invoices/one_off.html", context, status=status)


def _typed(form: OneOffForm, rows: list[LineForm]) -> TypedInvoice:
    said = form.cleaned_data
    return TypedInvoice(
        [row.typed for row in rows if row.has_changed()],
        terms_days=said["terms_days"],
        purchase_order=said["purchase_order"] or None,
        note=said["note"] or None,
    )


@require_http_methods(["GET", "POST"])
@screen(Permission.RUN_APPROVE)
def issue(request: StaffRequest, ref: str) -> HttpResponse:
    """What issuing a prepared invoice would do; done once a reason is given."""
    invoice, at = invoices.find(ref), now()
    form = WhyForm(request.POST or None)
    why = str(form.data.get("reason") or "Seen before it is done")
    by = request.user.actor

    def operation() -> object:
        return one_offs.issue(invoice=invoice, at=at, by=by, reason=why)

    context: dict[str, Any] = {"invoice": invoice, "form": form, "sees": None, "problem": None}
    try:
        context["sees"] = effects.preview(operation, of=[], at=at)
        if request.method == "POST" and form.is_valid():
            seen = request.POST.get("seen", "")
            effects.carry_out(operation, of=[], at=at, seen=seen)
            messages.success(request, "The invoice is issued.")
            return redirect("console:invoice", invoice.public_id)
    except DomainError as problem:
        context["problem"] = problem
    status = context["problem"].status if context["problem"] else 200
    return render(request, "console/invoices/one_off_issue.html", context, status=status)


@require_POST
@screen(Permission.RUN_PROPOSE)
def discard(request: StaffRequest, ref: str) -> HttpResponse:
    """Take a prepared invoice back."""
    invoice = invoices.find(ref)
    form = WhyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was discarded: say why first.")
        return redirect("console:invoice", ref)
    account = invoice.account.public_id
    one_offs.discard(
        invoice=invoice, at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
    )
    messages.success(request, "The prepared invoice is discarded.")
    return redirect("console:account", account)
