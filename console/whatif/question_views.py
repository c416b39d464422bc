"""Questions for a simulation: try a price on a past month, follow a mistake to its invoices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.catalogue.models import PlanVersion
from billing.catalogue.queries import meters, plans
from billing.whatif.models import Simulation
from billing.whatif.operations import simulations as operations
from console.shell.access import SIMULATING, StaffRequest, screen
from console.shell.query_params import choice, words
from console.whatif.forms import (
    BackTestForm,
    MeterBlastForm,
    PriceBlastForm,
    UsageBlastForm,
    WindowBlastForm,
)
from core.clock import now
from core.errors import DomainError
from usage.meter_terms import TermsInvalid
from usage.models import Meter

KINDS = {
    "price": "Wrong price",
    "meter": "Wrong meter",
    "window": "Wrong window",
    "usage": "Corrected usage",
}


@require_http_methods(["GET", "POST"])
@screen(*SIMULATING)
def back_test(request: StaffRequest) -> HttpResponse:
    """Ask what a past month comes to under a version."""
    initial = {"version": words(request, "version")}
    form = BackTestForm(request.POST or None, versions=_versions(), initial=initial)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            asked = operations.back_test(
                version=plans.find_version(data["version"]),
                month=data["month"],
                accounts=data["accounts"],
                **_by(request, form),
            )
        except DomainError as problem:
            return _again(request, "console/whatif/simulation_back_test.html", context, problem)
        return _asked(request, asked)
    return _form(request, "console/whatif/simulation_back_test.html", context)


@require_http_methods(["GET", "POST"])
@screen(*SIMULATING)
def blast(request: StaffRequest) -> HttpResponse:
    """Ask which issued invoices a mistake is on."""
    kind = choice(request, "kind", list(KINDS)) or "price"
    meter = meters.find(words(request, "meter")) if words(request, "meter") else None
    form = _blast_form(request, kind, meter)
    context: dict[str, Any] = {"kind": kind, "kinds": KINDS, "meter": meter, "form": form}
    if form is None:
        context["meters"] = list(Meter.objects.order_by("code"))
        return render(request, "console/whatif/simulation_blast.html", context)
    if isinstance(form, MeterBlastForm) and form.is_edit:
        return render(request, "console/whatif/simulation_blast.html", context)
    if request.method == "POST" and form.is_valid():
        try:
            asked = _ask_blast(request, form, meter)
        except TermsInvalid as problem:
            assert isinstance(form, MeterBlastForm)  # only it says terms
            form.show(problem)
        except DomainError as problem:
            return _again(request, "console/whatif/simulation_blast.html", context, problem)
        else:
            return _asked(request, asked)
    return _form(request, "console/whatif/simulation_blast.html", context)


def _blast_form(request: StaffRequest, kind: str, meter: Meter | None) -> forms.Form | None:
    """The form of a kind of mistake; None where a meter must be named first."""
    data = request.POST or None
    match kind:
        case "price":
            return PriceBlastForm(data, versions=_versions())
        case "window":
            return WindowBlastForm(data, meters=_meters())
        case "usage":
            return UsageBlastForm(data, meters=_meters())
    return MeterBlastForm(data, meter=meter) if meter is not None else None


def _ask_blast(request: StaffRequest, form: forms.Form, meter: Meter | None) -> Simulation:
    data, by = form.cleaned_data, _by(request, form)
    match form:
        case PriceBlastForm():
            wrong, right = (plans.find_version(data[name]) for name in ("wrong", "right"))
            return operations.wrong_price(wrong=wrong, right=right, span=form.span, **by)
        case WindowBlastForm():
            return operations.left_out(meter=meters.find(data["meter"]), span=form.span, **by)
        case UsageBlastForm():
            named = meters.find(data["meter"]) if data["meter"] else None
            assert form.span is not None
            return operations.as_now_measured(span=form.span, meter=named, **by)
        case MeterBlastForm():
            assert meter is not None
            assert form.span is not None
            return operations.wrong_meter(meter=meter, terms=form.terms, span=form.span, **by)
    raise AssertionError(f"{form} asks nothing.")


def _by(request: StaffRequest, form: forms.Form) -> dict[str, Any]:
    reason = form.cleaned_data["reason"]
    return {"at": now(), "by": request.user.actor, "reason": reason, "waits": False}


def _asked(request: StaffRequest, simulation: Simulation) -> HttpResponse:
    messages.success(request, "Asked. A worker goes through the bills; this page follows it.")
    return redirect("console:simulation", simulation.public_id)


def _form(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    status = 422 if context["form"].is_bound else 200
    return render(request, template, context, status=status)


def _again(
    request: StaffRequest, template: str, context: dict[str, Any], problem: DomainError
) -> HttpResponse:
    return render(request, template, context | {"problem": problem}, status=problem.status)


def _versions() -> list[PlanVersion]:
    rows = PlanVersion.objects.select_related("plan")
    return list(rows.order_by("plan__name", "plan", "-number"))


def _meters() -> list[Meter]:
    return list(Meter.objects.order_by("code"))
