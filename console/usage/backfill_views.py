"""Backfills: a past range reported again. Opened, filled through the API, closed, taken back.

Opening changes no figure, so whoever may propose a correction may do it. Closing and taking back
void and restore events: they are shown with their effect on bills, put forward, and others decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from billing.whatif.operations.backfill_effects import effect
from billing.whatif.queries import backfills as queries
from console.approvals.asking import ask, asking, may_ask
from console.shell.access import BILLING, StaffRequest, may_any, refused, screen
from console.shell.query_params import filters_of, position_of
from console.shell.stamped_forms import shown_again
from console.usage import sheets
from console.usage.forms import BackfillForm, BackfillStepForm
from core.clock import now
from core.db.stamps import ChangedSince
from core.errors import DomainError, NotFound
from usage.filters import BACKFILL_STATES, BackfillFilters
from usage.models import Backfill
from usage.operations import backfills
from usage.operations.backfills import require_as_seen

APPROVE: Final = Permission.USAGE_CORRECT_APPROVE
PROPOSE: Final = (Permission.USAGE_CORRECT_PROPOSE, APPROVE)


class BackfillStepNotFound(NotFound):
    """A backfill is closed or taken back; nothing else."""

    code = "backfill_step_unknown"
    title = "There is no such step"


@dataclass(frozen=True, slots=True)
class BackfillStep:
    """What can be done with a backfill, and how it is said."""

    code: str
    name: str
    meaning: str

    def fits(self, backfill: Backfill) -> bool:
        """Whether the backfill has come to it."""
        if self.code == "close":
            return backfill.closed_at is None
        return backfill.reverted_at is None


STEPS: Final = (
    BackfillStep(
        "close",
        "Close",
        "Nothing more is taken in under it. Where it replaces, the other events of its time are"
        " voided; they stay visible.",
    ),
    BackfillStep(
        "take-back",
        "Take back",
        "Its own events are voided, and those it replaced count again: as if it had never been.",
    ),
)


@require_GET
@screen(*BILLING)
def backfill_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Back-fills, newest first, of one state or all."""
    filters = filters_of(request, BackfillFilters)
    read = partial(queries.backfill_page, filters=filters)
    if kind:
        return sheets.BACKFILLS.of_pages(kind, read)
    context = {
        "page": read(position=position_of(request)),
        "state": filters.value("state"),
        "states": BACKFILL_STATES.items(),
        "now": now(),
    }
    return render(request, "console/usage/backfills.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def new(request: StaffRequest) -> HttpResponse:
    """Open a back-fill."""
    form = BackfillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            opened = backfills.start(
                form.range, at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
            )
        except DomainError as problem:
            form.add_error(problem.field, problem.message)
        else:
            messages.success(request, "The back-fill is open: its source may send now.")
            return redirect("console:backfill", opened.public_id)
    return render(request, "console/usage/backfill_new.html", {"form": form})


@require_GET
@screen(*BILLING)
def backfill(request: StaffRequest, public_id: str) -> HttpResponse:
    """One back-fill: what it is for, what came in, what can be done."""
    found = queries.find(public_id)
    steps = [step for step in STEPS if step.fits(found)]
    context = {
        "backfill": queries.detail(found),
        "steps": steps if may_any(request.user, PROPOSE) else [],
    }
    return render(request, "console/usage/backfill.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def take(request: StaffRequest, public_id: str, step: str) -> HttpResponse:
    """Show what a step would do; put it forward once a reason is given."""
    found, wanted = queries.find(public_id), _step(step)
    if request.method != "POST" and not wanted.fits(found):
        messages.error(request, "Nothing was done: the back-fill is past that already.")
        return redirect("console:backfill", public_id)
    detail = queries.detail(found)
    form, problem = BackfillStepForm(request.POST or None, made_from=detail.stamp), None
    if request.method == "POST" and form.is_valid():
        if not may_ask(request, form.kind):
            return refused(request, (Permission.USAGE_CORRECT_PROPOSE,))
        try:
            require_as_seen(found, form.seen)
            return ask(
                request, form.wish({"backfill": public_id, "step": wanted.code.replace("-", "_")})
            )
        except ChangedSince as changed:
            problem, found = changed, queries.find(public_id)
            detail = queries.detail(found)
            if not wanted.fits(found):
                raise
    context = asking(request, form.kind) | {
        "backfill": detail,
        "step": wanted,
        "effect": effect(found, detail, lambda: _do(request, found, wanted), at=now()),
        "form": form,
    }
    if problem is not None:
        return shown_again(request, "console/usage/backfill_step.html", context, problem)
    return render(request, "console/usage/backfill_step.html", context)


def _step(code: str) -> BackfillStep:
    for step in STEPS:
        if step.code == code:
            return step
    raise BackfillStepNotFound


def _do(request: StaffRequest, backfill: Backfill, step: BackfillStep) -> None:
    """Take the step for the preview, which is undone."""
    take = backfills.close if step.code == "close" else backfills.take_back
    take(backfill=backfill, at=now(), by=request.user.actor, reason="A preview")
