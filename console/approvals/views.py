"""Proposals: the list by state, and the page that maker and checker both read."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.queries.profiles import profile_at
from approvals.models import Proposal, ProposalExecution
from approvals.operations import deciding, executing
from approvals.queries import proposals
from billing.invoicing.queries.numbers import numbers_of
from console.approvals.decision_text import DecidesProposal, bar_of, policy_of, steps_of
from console.shell import formats
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import choice, position_of
from core.clock import now
from core.errors import DomainError

STATES: Final = dict(Proposal.State.choices)
_PAGE: Final = "console/approvals/proposal.html"


@require_GET
@screen(*BILLING)
def proposal_list(request: StaffRequest) -> HttpResponse:
    """Proposals of one state, or of all; those that wait come first."""
    state = choice(request, "state", [*STATES, "all"]) or Proposal.State.OPEN
    at = now()
    page = proposals.proposal_page(
        at=at, state="" if state == "all" else state, position=position_of(request)
    )
    numbers = numbers_of([row.proposal.subject for row in page.rows])
    context = {
        "state": state,
        "states": [*STATES.items(), ("all", "All")],
        "page": page,
        "rows": [(row, numbers.get(row.proposal.subject, "")) for row in page.rows],
        "now": at,
    }
    return render(request, "console/approvals/proposals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def proposal(request: StaffRequest, public_id: str) -> HttpResponse:
    """What will change, who may let it, what was said; decided here."""
    found = proposals.find(public_id)
    if request.method != "POST":
        return render(request, _PAGE, _context(request, found, DecidesProposal()))
    form = DecidesProposal(request.POST)
    if not form.is_valid():
        return render(request, _PAGE, _context(request, found, form), status=422)
    try:
        outcome = _decided(request, found, form)
    except DomainError as problem:
        context = _context(request, proposals.find(public_id), form) | {"problem": problem}
        return render(request, _PAGE, context, status=problem.status)
    if outcome is not None and outcome.outcome != Proposal.Outcome.EXECUTED:
        context = _context(request, proposals.find(public_id), DecidesProposal())
        return render(request, _PAGE, context | {"not_done": outcome}, status=409)
    return redirect("console:proposal", found.public_id)


def _decided(
    request: StaffRequest, found: Proposal, form: DecidesProposal
) -> ProposalExecution | None:
    said: dict[str, Any] = {"proposal": found, "by": request.user, "at": now()}
    if form.verb == "again":
        made = executing.try_again(**said)
    elif form.verb == "approve":
        made = deciding.approve(**said, seen=form.seen_seal, reason=form.reason)
    else:
        decide = deciding.reject if form.verb == "reject" else deciding.withdraw
        decide(**said, seen=form.seen_seal, reason=form.reason)
        messages.success(request, "Rejected." if form.verb == "reject" else "Withdrawn.")
        return None
    if made.outcome == Proposal.Outcome.EXECUTED:
        amount = formats.money_text(found.amount)
        messages.success(request, f"{amount} was approved and carried out.")
    return made


def _context(request: StaffRequest, found: Proposal, form: DecidesProposal) -> dict[str, Any]:
    at = now()
    detail = proposals.proposal_detail(found, at=at)
    profile = profile_at(found.account, at)
    subject = found.subject if found.subject.startswith("inv_") else ""
    return {
        "proposal": found,
        "detail": detail,
        "row": detail.row,
        "effect": detail.effect,
        "subject": subject,
        "number": numbers_of([subject]).get(subject, ""),
        "form": form,
        "bar": bar_of(detail, request.user),
        "policy": policy_of(detail, request.user),
        "steps": steps_of(detail),
        "zone": profile.zone if profile else "UTC",
        "now": at,
    }
