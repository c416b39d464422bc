"""A step that moves money, on a page: say what, see what it does, confirm. One way for all of them.

What is shown is the operation carried out and undone; what is confirmed is that effect, by its
digest, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from billing.invoicing.models import Invoice
from billing.receivables.effects import carry_out, preview
from billing.receivables.operations.settling import Recorded
from console.shell.access import StaffRequest
from core.clock import now
from core.db.stamps import ChangedSince
from core.errors import DomainError

_PAGE = "console/finance/money_step.html"


@dataclass(frozen=True, slots=True)
class FinanceStep:
    """One step: its words, what it does with the form's values, and of which invoices.

    `does` takes the cleaned values and who records it when; `button` is what confirms it.
    """

    title: str
    lead: str
    button: Callable[[dict[str, Any]], str]
    does: Callable[[dict[str, Any], Recorded], object]
    of: Callable[[dict[str, Any]], Collection[Invoice]]
    done: str
    back: str
    crumbs: list[tuple[str, str]] = field(default_factory=list)


def money_step(request: StaffRequest, step: FinanceStep, form: forms.Form) -> HttpResponse:
    """The page of a step, its preview, or the way back once it is done."""
    context: dict[str, Any] = {"step": step, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, _PAGE, context)
    said, at = form.cleaned_data, now()
    recorded = Recorded(at, request.user.actor, said["reason"])
    seen = request.POST.get("seen", "")
    try:
        if seen:
            carry_out(lambda: step.does(said, recorded), of=step.of(said), at=at, seen=seen)
            messages.success(request, step.done)
            return redirect(step.back)
        effect = preview(lambda: step.does(said, recorded), of=step.of(said), at=at)
    except ChangedSince:
        effect = preview(lambda: step.does(said, recorded), of=step.of(said), at=at)
        context["is_changed"] = True
    except DomainError as problem:
        return render(request, _PAGE, context | {"problem": problem}, status=problem.status)
    context |= {"effect": effect, "button": step.button(said)}
    return render(request, _PAGE, context, status=409 if context.get("is_changed") else 200)
