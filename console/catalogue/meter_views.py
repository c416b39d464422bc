"""Meters at work: a new one, the next version of one, its end; tried on real events first.

Whoever may propose or approve a catalogue change may try; who proposes puts it forward, and it is
done once another person approves.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.catalogue.meter_documents import document_of_terms
from billing.catalogue.queries import meters as queries
from billing.whatif.queries.meter_trials import accounts_of, trial
from console.approvals.asking import ask, asking
from console.catalogue.meter_forms import DefinitionForm, NewMeterForm, RetireForm, VersionForm
from console.shell.access import StaffRequest, refused, screen
from console.shell.freshness import up_to_date
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.db.stamps import ChangedSince, number_seen
from core.errors import DomainError
from usage.aggregate.rules import Aggregation
from usage.meter_terms import terms_of
from usage.models import Meter
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
@screen(Permission.CATALOGUE_PROPOSE)
def retire(request: StaffRequest, code: str) -> HttpResponse:
    """Put forward that a meter ends."""
    meter = queries.find(code)
    made_from = str(queries.latest(meter).number)
    initial = {"effective_until": now()}
    form = RetireForm(request.POST or None, initial=initial, made_from=made_from)
    if request.method == "POST" and form.is_valid():
        payload = {
            "verb": "retire",
            "meter": meter.code,
            "from": form.cleaned_data["effective_until"].isoformat(),
            "made_from": number_seen(form.seen, int(made_from)),
        }
        try:
            return ask(request, form.wish(payload))
        except ChangedSince as changed:
            context = {"meter": meter, "form": form}
            return shown_again(request, "console/catalogue/meter_retire.html", context, changed)
        except VersionNotLatest as problem:
            form.add_error("effective_until", problem.message)
    return render(request, "console/catalogue/meter_retire.html", {"meter": meter, "form": form})


def _worked(request: StaffRequest, form: DefinitionForm, meter: Meter | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "meter": meter}
    context |= asking(request, form.kind)
    if request.method == "POST" and form.is_valid():
        seen = form.said_digest
        saves = "try" not in request.POST and request.POST.get("seen") == seen
        if saves and not context["may_ask"]:
            return refused(request, (Permission.CATALOGUE_PROPOSE,))
        try:
            if saves:
                return ask(request, form.wish(_payload(form, meter)))
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


def _payload(form: DefinitionForm, meter: Meter | None) -> dict[str, Any]:
    """What the form says, as a proposal says it."""
    definition = document_of_terms(form.terms)
    said = {"from": form.cleaned_data["effective_from"].isoformat(), "definition": definition}
    if isinstance(form, NewMeterForm):
        new = form.new
        definition["aggregation"] = new.aggregation.value
        if new.carries_over:
            definition["carries_over"] = True
        return said | {"verb": "define", "meter": new.code, "name": new.name, "unit": new.unit}
    assert meter is not None  # only a new one has none
    assert isinstance(form, VersionForm)
    last = queries.latest(meter).number
    return said | {
        "verb": "revise",
        "meter": meter.code,
        "made_from": number_seen(form.seen, last),
    }
