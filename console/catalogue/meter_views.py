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
from billing.invoicing.documents.content import digest
from billing.whatif.queries.meter_trials import accounts_of, trial
from console.catalogue.meter_forms import NewMeterForm, RetireForm, TermsForm, VersionForm
from console.shell.access import StaffRequest, refused, screen
from console.shell.freshness import up_to_date
from console.shell.made_from import shown_again
from core.clock import now
from core.db.stamps import ChangedSince
from core.errors import DomainError
from usage.models import Meter
from usage.operations import meters
from usage.operations.meters import VersionNotLatest
from usage.queries.sampling import sample

APPROVE: Final = Permission.CATALOGUE_APPROVE
PROPOSE: Final = (Permission.CATALOGUE_PROPOSE, APPROVE)
SHOWN: Final = 20


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def new(request: StaffRequest) -> HttpResponse:
    """Define a meter: try its first version on real events, then save."""
    form = NewMeterForm(request.POST or None, initial={"effective_from": now()})
    return _worked(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def version(request: StaffRequest, code: str) -> HttpResponse:
    """Revise a meter: see what would change in quantity and money, then save."""
    meter = queries.find(code)
    last = queries.latest(meter)
    initial, made_from = VersionForm.of(last, now()), str(last.number)
    form = VersionForm(request.POST or None, initial=initial, made_from=made_from)
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


def _worked(request: StaffRequest, form: TermsForm, meter: Meter | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "meter": meter}
    context["may_save"] = permitted(request.user, APPROVE)
    if request.method == "POST" and form.is_valid():
        seen = digest({name: str(said) for name, said in form.cleaned_data.items()})
        saves = request.POST.get("seen") == seen
        if saves and not context["may_save"]:
            return refused(request, (APPROVE,))
        try:
            if saves:
                return _saved(request, form, meter)
            context |= {"seen": seen, **_tried(request, form, meter)}
        except ChangedSince as changed:
            return shown_again(request, "console/catalogue/meter_version.html", context, changed)
        except DomainError as problem:
            form.show(problem)
    return render(request, "console/catalogue/meter_version.html", context)


def _tried(request: StaffRequest, form: TermsForm, meter: Meter | None) -> dict[str, Any]:
    at = now()
    subject = meter or _supposed(form)
    sampled = sample(subject, form.terms, at=at)
    accounts = accounts_of(sampled) if meter is not None else {}
    up_to_date(request, accounts, at=at)
    run = trial(subject, form.terms, accounts, at=at) if meter is not None else None
    counts = {name: sampled.count(name) for name in ("counted", "filtered", "unreadable")}
    return {"sampled": sampled, "shown": sampled.events[:SHOWN], "trial": run, **counts}


def _supposed(form: TermsForm) -> Meter:
    assert isinstance(form, NewMeterForm)  # a version has its meter
    new = form.new
    return Meter(code=new.code, aggregation=new.aggregation.value, carries_over=new.carries_over)


def _saved(request: StaffRequest, form: TermsForm, meter: Meter | None) -> HttpResponse:
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
