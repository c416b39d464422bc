"""Meters at work: a new one, the next version of one, its end; tried on real events first.

Whoever may propose a catalogue change may try; whoever may approve one saves.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, permitted
from billing.catalogue.queries import meters as queries
from billing.whatif.queries.meter_trials import accounts_of, trial
from console.catalogue.meter_documents import document_of_terms
from console.catalogue.meter_forms import DefinitionForm, NewMeterForm, RetireForm, VersionForm
from console.shell.access import StaffRequest, refused, screen
from console.shell.freshness import up_to_date
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.db.stamps import ChangedSince
from core.errors import DomainError
from usage.aggregate.rules import Aggregation
from usage.meter_terms import terms_of
from usage.models import Meter
from usage.operations import meters
from usage.operations.meters import VersionNotLatest
from usage.queries.sampling import Sample, sample, sample_pasted

APPROVE: Final = Permission.CATALOGUE_APPROVE
PROPOSE: Final = (Permission.CATALOGUE_PROPOSE, APPROVE)
SHOWN: Final = 20
TEMPLATE: Final = "console/catalogue/meter_version.html"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def new(request: StaffRequest) -> HttpResponse:
    """Define a meter: try its first version on events, then save."""
    initial = {"effective_from": now(), "document": {"aggregation": "sum"}}
    return _worked(request, NewMeterForm(request.POST or None, initial=initial), None)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def version(request: StaffRequest, code: str) -> HttpResponse:
    """Revise a meter: see what would change in quantity and money, then save."""
    meter = queries.find(code)
    last = queries.latest(meter)
    document = document_of_terms(terms_of(last))
    form = VersionForm(
        request.POST or None,
        initial={"effective_from": now(), "document": document},
        made_from=str(last.number),
        aggregation=Aggregation(meter.aggregation),
        before=document,
    )
    return _worked(request, form, meter)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(APPROVE)
def retire(request: StaffRequest, code: str) -> HttpResponse:
    """End a meter."""
    meter = queries.find(code)
    made_from = str(queries.latest(meter).number)
    initial = {"effective_until": now()}
    form = RetireForm(request.POST or None, initial=initial, made_from=made_from)
    if request.method == "POST" and form.is_valid():
        said, by = form.cleaned_data, request.user.actor
        try:
            meters.retire(meter=meter, at=now(), by=by, **said)
        except ChangedSince as changed:
            context = {"meter": meter, "form": form}
            return shown_again(request, "console/catalogue/meter_retire.html", context, changed)
        except VersionNotLatest as problem:
            form.add_error(problem.field, problem.message)
        else:
            messages.success(request, f"{meter.name} was retired.")
            return redirect("console:meter", meter.code)
    return render(request, "console/catalogue/meter_retire.html", {"meter": meter, "form": form})


def _worked(request: StaffRequest, form: DefinitionForm, meter: Meter | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "meter": meter}
    context["may_save"] = permitted(request.user, APPROVE)
    if request.method == "POST" and form.is_valid():
        seen = form.said_digest
        saves = "try" not in request.POST and request.POST.get("seen") == seen
        if saves and not context["may_save"]:
            return refused(request, (APPROVE,))
        try:
            if saves:
                return _saved(request, form, meter)
            context |= {"seen": seen, **_tried(request, form, meter)}
        except ChangedSince as changed:
            return shown_again(request, TEMPLATE, context, changed)
        except DomainError as problem:
            form.show(problem)
    return render(request, TEMPLATE, context)


def _tried(request: StaffRequest, form: DefinitionForm, meter: Meter | None) -> dict[str, Any]:
    at = now()
    subject, pasted = meter or _supposed(form), form.pasted(at=at)
    real = sample(subject, form.terms, at=at) if meter or not pasted else Sample(())
    sampled = sample_pasted(subject, form.terms, pasted) if pasted else real
    found: dict[str, Any] = {"sampled": sampled, "shown": sampled.events[:SHOWN]}
    found["unit"] = subject.unit
    if meter is not None:
        accounts = accounts_of(real)
        up_to_date(request, accounts, at=at)
        found["trial"] = trial(meter, form.terms, accounts, at=at)
    return found


def _supposed(form: DefinitionForm) -> Meter:
    assert isinstance(form, NewMeterForm)  # a version has its meter
    new = form.new
    return Meter(
        code=new.code,
        unit=new.unit,
        aggregation=new.aggregation.value,
        carries_over=new.carries_over,
    )


def _saved(request: StaffRequest, form: DefinitionForm, meter: Meter | None) -> HttpResponse:
    said: dict[str, Any] = {
        "effective_from": form.cleaned_data["effective_from"],
        "at": now(),
        "by": request.user.actor,
        "reason": form.cleaned_data["reason"],
    }
    if isinstance(form, NewMeterForm):
        meter = meters.define(form.new, form.terms, **said)
        messages.success(request, f"{meter.name} was defined.")
    else:
        assert meter is not None  # only a new one has none
        assert isinstance(form, VersionForm)
        made = meters.revise(meter=meter, terms=form.terms, made_from=form.seen, **said)
        messages.success(request, f"Version {made.number} of {meter.name} was made.")
    return redirect("console:meter", meter.code)
