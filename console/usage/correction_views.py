"""One event: why it counts and what it cost, and its correction with the effect on the price.

A correction is put forward by whoever may propose one, and made by the proposal once another person
approves it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from accounts.queries.profiles import zone_of_owner
from billing.invoicing.documents.content import digest
from billing.invoicing.queries.costs import cost_of
from billing.overview.queries import events
from billing.whatif.operations.correction_effects import price_effect
from console.approvals.asking import ask, asking
from console.shell.access import BILLING, StaffRequest, may_any, refused, screen
from console.shell.freshness import up_to_date
from console.shell.stamped_forms import shown_again
from console.usage.correction_forms import AmendForm
from console.usage.correction_text import VERBS, Verb, verb_of
from console.usage.forms import CorrectsForm
from core.clock import now
from core.db.stamps import ChangedSince
from core.decimals import decimal_text
from core.errors import DomainError
from usage.envelope.item import data_text_of
from usage.models import Event
from usage.operations import event_corrections
from usage.operations.event_stamps import require_as_seen
from usage.queries.fate import Fate, fate_of
from usage.queries.freshness import owners_of

APPROVE: Final = Permission.USAGE_CORRECT_APPROVE
PROPOSE: Final = (Permission.USAGE_CORRECT_PROPOSE, APPROVE)
_WHY: Final = ("reason", "reason_code", "ticket")


@require_GET
@screen(*BILLING)
def event(request: StaffRequest, key: UUID) -> HttpResponse:
    """One event: as it was sent, why it counts or not, what it cost, what was said since."""
    at = now()
    up_to_date(request, owners_of(key), at=at)
    fate = fate_of(key)
    cost = cost_of(fate, at=at)
    may_correct = may_any(request.user, PROPOSE)
    context = {
        "key": key,
        "fate": fate,
        "says": events.data_text(fate.data),
        "sent": events.sent(key, fate.occurred_at),
        "cost": cost,
        "verbs": [verb for verb in VERBS if verb.fits(fate.standing)] if may_correct else [],
    }
    return render(request, "console/usage/event.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def correct(request: StaffRequest, key: UUID, verb: str) -> HttpResponse:
    """Say what is right, see what it would cost, put it forward."""
    up_to_date(request, owners_of(key), at=now())
    fate, wanted = fate_of(key), verb_of(verb)
    form = _form(request, fate, wanted)
    context: dict[str, Any] = {"key": key, "fate": fate, "verb": wanted, "form": form}
    context |= asking(request, form.kind)
    context["zone"] = zone_of_owner(fate.subject, fate.occurred_at) or "UTC"
    if request.method == "POST" and form.is_valid():
        seen = _digest(wanted, form)
        make = partial(_make, request, key, wanted, form)
        try:
            if request.POST.get("seen") == seen:
                if not context["may_ask"]:
                    return refused(request, (Permission.USAGE_CORRECT_PROPOSE,))
                event = Event.objects.get(key=key, occurred_at=fate.occurred_at)
                require_as_seen(event, fate.last_revision, form.seen)
                return ask(request, form.wish(_payload(key, wanted, form)))
            context |= {"seen": seen, "effect": price_effect(fate, make, at=now())}
        except ChangedSince as problem:
            return shown_again(request, "console/usage/event_correct.html", context, problem)
        except DomainError as problem:
            if request.POST.get("seen") == seen:
                raise
            form.add_error(None, problem.message)
    return render(request, "console/usage/event_correct.html", context)


def _form(request: StaffRequest, fate: Fate, verb: Verb) -> CorrectsForm:
    data = request.POST if request.method == "POST" else None
    made_from = str(fate.last_revision)
    if not verb.changes_content:
        return CorrectsForm(data, made_from=made_from)
    return AmendForm(data, quantity=fate.quantity, content=fate.data, made_from=made_from)


def _digest(verb: Verb, form: CorrectsForm) -> str:
    """What a preview is of: put forward is only what was seen, on the event as it was then."""
    said = {name: value for name, value in form.cleaned_data.items() if name not in _WHY}
    return digest([verb.code, said])


def _payload(key: UUID, verb: Verb, form: CorrectsForm) -> dict[str, Any]:
    said: dict[str, Any] = {"event": str(key), "verb": verb.code}
    if isinstance(form, AmendForm):
        quantity = "" if form.quantity is None else decimal_text(form.quantity)
        said |= {"quantity": quantity, "data": data_text_of(form.content)}
    return said


def _make(request: StaffRequest, key: UUID, verb: Verb, form: CorrectsForm) -> object:
    """Make it for the preview, which is undone."""
    said: dict[str, Any] = {
        "at": now(), "by": request.user.actor, "reason": form.cleaned_data["reason"],
        "made_from": form.seen,
    }  # fmt: skip
    if isinstance(form, AmendForm):
        return event_corrections.amend(key, quantity=form.quantity, data=form.content, **said)
    return (event_corrections.void if verb.code == "void" else event_corrections.restore)(
        key, **said
    )
