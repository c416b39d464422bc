"""Putting a correction of an invoice forward: said, shown what it would do, and then asked for."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from approvals.kinds import ProposedEffect, canonical_digest, kind_of
from approvals.operations import putting_forward
from approvals.operations.putting_forward import Wish
from approvals.queries.mandates import mandates_for
from approvals.queries.policies import present_policy
from billing.disputes.queries.cases import contested_on
from billing.invoicing.models import Invoice
from billing.invoicing.queries import invoices
from console.approvals.asking import ask
from console.approvals.forms import FORMS, ROWS_MAX, CreditNoteForm, ProposalForm
from console.shell.access import StaffRequest, may_any, refused, screen
from console.shell.query_params import number_of
from core.clock import now
from core.errors import DomainError, NotFound

PROPOSE: Final = (
    Permission.GOODWILL_PROPOSE,
    Permission.CREDIT_PROPOSE,
    Permission.VOID_PROPOSE,
)
NAMED: Final = ("undo",)
"""What an address may choose beforehand."""
_PAGE: Final = "console/approvals/propose.html"
_VOIDING: Final = ("void", "void-and-reissue")


class NoSuchForm(NotFound):
    """Nothing of this name can be put forward."""

    code = "not_found"
    title = "There is no such form"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def propose(request: StaffRequest, ref: str, wanted: str) -> HttpResponse:
    """Say what is wanted, see what it would do, put it forward."""
    if wanted not in FORMS:
        raise NoSuchForm("Nothing of this name can be put forward.")
    kind, asks = kind_of(FORMS[wanted].kind), tuple(present_policy().proposing(FORMS[wanted].kind))
    if not may_any(request.user, asks):
        return refused(request, asks)
    found = invoices.find(ref)
    form = _form(request, wanted, found)
    context: dict[str, Any] = {
        "invoice": found, "kind": kind, "form": form, "wanted": wanted, "title": _TITLES[wanted],
    }  # fmt: skip
    if wanted in _VOIDING:
        context["contested"] = contested_on(found)
    adds = request.method == "POST" and "add" in request.POST
    if request.method == "POST" and not adds and form.is_valid():
        try:
            return _shown(request, form, context)
        except DomainError as problem:
            context["problem"] = problem
            return render(request, _PAGE, context, status=problem.status)
    return render(request, _PAGE, context)


def _shown(request: StaffRequest, form: ProposalForm, context: dict[str, Any]) -> HttpResponse:
    """Put forward what was seen; anything else is shown first."""
    said = form.cleaned_data
    wish = Wish(
        form.kind, form.payload(), said["reason_code"], said["reason"], said["ticket"].strip()
    )
    effect = putting_forward.look_at(wish=wish, by=request.user, at=now())
    seen = _seen(wish, effect)
    if request.POST.get("seen") == seen and {"put_forward", "under"} & set(request.POST):
        return ask(request, wish, seen=effect.digest)
    shown = {"effect": effect, "seen": seen, "mandates": mandates_for(wish.kind, at=now())}
    return render(request, _PAGE, context | shown)


def _seen(wish: Wish, effect: ProposedEffect) -> str:
    """What a preview is of: put forward is only what was seen."""
    return canonical_digest([wish.kind, wish.payload, wish.reason_code, effect.digest])


def _form(request: StaffRequest, wanted: str, found: Invoice) -> ProposalForm:
    data = request.POST if request.method == "POST" else None
    if FORMS[wanted] is not CreditNoteForm:
        named = {name: request.GET[name] for name in NAMED if name in request.GET}
        return FORMS[wanted](data, invoice=found, initial=named)
    rows = sum(name.startswith("charge_") for name in (data or {})) or 1
    adds = data is not None and "add" in data
    line = number_of(request, "line")
    charge = found.lines.filter(position=line).values_list("key", flat=True).first() if line else ""
    bound = data if not adds else None
    return CreditNoteForm(
        bound,
        invoice=found,
        rows=min(rows + adds, ROWS_MAX),
        charge=(charge or "").split("/", 1)[0],
        initial=None if data is None else {name: data[name] for name in data},
    )


_TITLES: Final = {
    "credit-note": "Credit note for",
    "name": "Correct the name on",
    "refund": "Refund to the payer of",
    "void": "Void",
    "void-and-reissue": "Void and reissue",
    "write-off": "Write off",
    "adjustment": "Adjust the invoice after",
    "adjustment-undone": "Undo an adjustment about",
    "recovery": "Recover what was written off of",
    "write-off-taken-back": "Take back a write-off of",
}
