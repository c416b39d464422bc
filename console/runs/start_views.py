"""Start a bill run: what is due is shown first, then it is started with a reason.

Invoices once issued are so for good, so that takes the permission to approve; whoever may propose a
run may have drafts made, to look at.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, permitted
from billing.invoicing.operations import bill_runs
from billing.invoicing.operations.run_plan import GRACE_MAX, RunPlan, plan
from billing.invoicing.queries.run_preview import preview
from console.runs.forms import OUTCOMES, StartForm
from console.shell.access import StaffRequest, refused, screen, sees_accounts
from console.shell.query_params import choice, number_of
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.db.stamps import ChangedSince
from core.db.trail import FieldChange
from core.errors import DomainError
from core.instants import read_instant

STARTS: Final = (Permission.RUN_PROPOSE, Permission.RUN_APPROVE)
_HOUR = timedelta(hours=1)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*STARTS)
def run_start(request: StaffRequest) -> HttpResponse:
    """Say what a run would bill; start it once a reason is given."""
    may_issue = permitted(request.user, Permission.RUN_APPROVE)
    outcome = choice(request, "outcome", OUTCOMES) or ("issue" if may_issue else "draft")
    if outcome == "issue" and not may_issue:
        return refused(request, (Permission.RUN_APPROVE,))
    hours = number_of(request, "grace")
    grace = bill_runs.GRACE if hours is None else min(hours * _HOUR, GRACE_MAX)
    issues, at = outcome == "issue", now()
    as_of = _seen_at(request) or at
    planned = plan(as_of=as_of, at=at, grace=grace, issues=issues)
    form = StartForm(request.POST or None, made_from=_stamp(planned), as_of=as_of)
    context = {
        "form": form,
        "planned": planned,
        "preview": preview(planned.due),
        "sees_accounts": sees_accounts(request.user),
        "sentences": [sentence.strip() for sentence in planned.sentences],
        "grace_hours": grace // _HOUR,
        "outcome": outcome,
        "may_issue": may_issue,
    }
    if request.method == "POST" and form.is_valid():
        try:
            _require_as_shown(planned, form.seen)
            run = bill_runs.start(
                as_of=as_of,
                at=at,
                by=request.user.actor,
                reason=form.cleaned_data["reason"],
                grace=grace,
                issues=issues,
            )
        except DomainError as problem:
            return shown_again(request, "console/runs/run_start.html", context, problem)
        messages.success(request, "The run has started. This page follows it.")
        return redirect("console:run", run.public_id)
    return render(request, "console/runs/run_start.html", context)


def _seen_at(request: StaffRequest) -> datetime | None:
    """Until when the periods that were shown had ended."""
    said = request.POST.get("as_of", "")
    return read_instant(said, field="as_of") if said else None


def _stamp(planned: RunPlan) -> str:
    """Which periods a run would bill: how many, and a sum that another choice does not have."""
    return f"{len(planned.items)}.{sum(each.account_id for each in planned.items)}"


def _require_as_shown(planned: RunPlan, seen: str) -> None:
    """Refuse to bill other periods than those that were shown. Raises: ChangedSince."""
    present = _stamp(planned)
    if seen != present:
        difference = FieldChange("periods due", seen.partition(".")[0], str(len(planned.items)))
        raise ChangedSince(stamp=present, differences=[difference])
