"""The pages on which an endpoint is made, changed, or something is done to it or a delivery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from console.shell.access import StaffRequest, may_any, refused, screen
from console.shell.stamped_forms import form_page, shown_again
from console.webhooks.forms import (
    ChangesEndpoint,
    GivesReason,
    NewEndpoint,
    terms_said,
    terms_shown,
)
from console.webhooks.steps import STEPS
from core.clock import now
from core.db.stamps import Seen, stamp_of
from core.errors import DomainError
from eventing.operations import endpoints as endpoint_operations
from eventing.operations import replaying
from eventing.queries import endpoints

_METHODS: Final = ["GET", "HEAD", "POST"]
_STEP: Final = "console/webhooks/step.html"
_ANY: Final = (Permission.WEBHOOK_REPLAY, Permission.CONFIGURE)

Change = Callable[[dict[str, Any]], str]


@require_http_methods(_METHODS)
@screen(Permission.CONFIGURE)
def new(request: StaffRequest) -> HttpResponse:
    """Add an endpoint; its secret is shown once."""
    made: list[str] = []

    def change(said: dict[str, Any]) -> str:
        endpoint, secret = endpoint_operations.create(
            partner=said["partner"],
            terms=terms_said(said),
            at=now(),
            by=request.user.actor,
            reason=said["reason"],
        )
        made.append(endpoint.public_id)
        return f"The secret is {secret.secret}: copy it now, it is not shown again."

    context = {
        "form": NewEndpoint(request.POST or None),
        "title": "New endpoint",
        "lead": "Events are sent there as they happen, from now on.",
        "button": "Add the endpoint",
        "back": reverse("console:webhooks"),
    }
    return _page(request, context, change, lambda: reverse("console:webhook", args=made))


@require_http_methods(_METHODS)
@screen(Permission.CONFIGURE)
def change_endpoint(request: StaffRequest, public_id: str) -> HttpResponse:
    """Change an endpoint."""
    endpoint = endpoints.find_endpoint(public_id)
    made_from = stamp_of(Seen.row(endpoint))
    form = ChangesEndpoint(request.POST or None, initial=terms_shown(endpoint), made_from=made_from)

    def change(said: dict[str, Any]) -> None:
        endpoint_operations.revise(
            endpoint=endpoint,
            terms=terms_said(said),
            made_from=form.seen,
            at=now(),
            by=request.user.actor,
            reason=said["reason"],
        )

    back = reverse("console:webhook", args=[endpoint.public_id])
    context = {
        "form": form,
        "endpoint": endpoint,
        "title": "Change the endpoint",
        "lead": "What is on its way goes to the new address.",
        "button": "Save it",
        "back": back,
    }
    return form_page(request, _STEP, context, change, done="It is changed.", to=back)


@require_http_methods(_METHODS)
@screen(*_ANY)
def endpoint_step(request: StaffRequest, public_id: str, step: str) -> HttpResponse:
    """Do something to an endpoint, with a reason."""
    taken = STEPS.get(step)
    if taken is None:
        raise Http404
    if not may_any(request.user, (taken.permission,)):
        return refused(request, (taken.permission,))
    endpoint = endpoints.find_endpoint(public_id)

    def change(said: dict[str, Any]) -> str:
        doing = {"at": now(), "by": request.user.actor, "reason": said["reason"]}
        return taken.run(endpoint, said, doing)

    back = reverse("console:webhook", args=[endpoint.public_id])
    context = {
        "form": taken.form(endpoint, request.POST or None, now()),
        "endpoint": endpoint,
        "title": taken.title,
        "lead": taken.lead,
        "button": taken.title,
        "back": back,
    }
    return _page(request, context, change, lambda: back)


@require_http_methods(_METHODS)
@screen(Permission.WEBHOOK_REPLAY)
def resend(request: StaffRequest, public_id: str) -> HttpResponse:
    """Send a delivery again."""
    delivery = endpoints.find_delivery(public_id)

    def change(said: dict[str, Any]) -> str:
        replaying.resend(delivery=delivery, at=now(), by=request.user.actor, reason=said["reason"])
        return "It is on its way."

    back = reverse("console:webhook-delivery", args=[delivery.public_id])
    context = {
        "form": GivesReason(request.POST or None),
        "endpoint": delivery.endpoint,
        "title": "Send it again",
        "lead": "The same event under the same id.",
        "button": "Send it again",
        "back": back,
    }
    return _page(request, context, change, lambda: back)


@require_http_methods(_METHODS)
@screen(Permission.CONFIGURE)
def expunge(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take what a delivery said out of the log."""
    delivery = endpoints.find_delivery(public_id)

    def change(said: dict[str, Any]) -> str:
        replaying.expunge(delivery=delivery, at=now(), by=request.user.actor, reason=said["reason"])
        return "What was said is gone from the log."

    back = reverse("console:webhook-delivery", args=[delivery.public_id])
    context = {
        "form": GivesReason(request.POST or None),
        "endpoint": delivery.endpoint,
        "title": "Expunge the content",
        "lead": "Takes what was said, both ways, out of the log for good. That it was sent stays, "
        "and so does the event. It cannot be sent again from here.",
        "button": "Expunge the content",
        "back": back,
    }
    return _page(request, context, change, lambda: back)


def _page(
    request: StaffRequest, context: dict[str, Any], change: Change, to: Callable[[], str]
) -> HttpResponse:
    """The page of a form; sent, it is done, told in its own words, and `to` is next."""
    form: forms.Form = context["form"]
    if request.method != "POST":
        return render(request, _STEP, context)
    if not form.is_valid():
        return render(request, _STEP, context, status=422)
    try:
        done = change(form.cleaned_data)
    except DomainError as problem:
        return shown_again(request, _STEP, context, problem)
    messages.success(request, done)
    return redirect(to())
