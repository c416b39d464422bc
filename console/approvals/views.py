"""Proposals: the list by state, and the page that maker and checker both read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.queries.profiles import profile_at
from approvals.kinds import kind_of
from approvals.models import Proposal, ProposalExecution
from approvals.operations import deciding, emergencies, executing
from approvals.queries import debts, proposals
from approvals.queries.debts import EmergencyDebt
from approvals.queries.standing import decider_of, standings
from billing.invoicing.queries.numbers import numbers_of
from console.approvals import sheets
from console.approvals.confirming import asked_who_they_are, confirmed_at
from console.approvals.decision_text import (
    DecidesProposal,
    bar_of,
    policy_of,
    said_of,
    steps_of,
    waits_text,
)
from console.approvals.emergency_views import ClearsEmergency
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.formats import money_text
from console.shell.query_params import choice, position_of
from core.clock import now
from core.errors import DomainError

STATES: Final = dict(Proposal.State.choices)
_PAGE: Final = "console/approvals/proposal.html"


@require_GET
@screen(*BILLING)
def proposal_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Proposals of one state, or of all; those that wait come first."""
    state = choice(request, "state", [*STATES, "all"]) or Proposal.State.OPEN
    at = now()
    read = partial(proposals.proposal_page, at=at, state="" if state == "all" else state)
    if kind:
        return sheets.PROPOSALS.of_pages(kind, read)
    page = read(position=position_of(request))
    numbers = numbers_of([row.proposal.subject for row in page.rows])
    is_open = state == Proposal.State.OPEN
    levels = level_texts([row.proposal for row in page.rows]) if is_open else {}
    context = {
        "state": state,
        "states": [*STATES.items(), ("all", "All")],
        "page": page,
        "rows": [
            (row, numbers.get(row.proposal.subject, ""), levels.get(row.proposal.pk, ""))
            for row in page.rows
        ],
        "is_open": is_open,
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
    if form.verb in ("approve", "emergency"):
        back = asked_who_they_are(request, back_to=request.path)
        if back is not None:
            return back
    try:
        outcome = _decided(request, found, form)
    except DomainError as problem:
        context = _context(request, proposals.find(public_id), form) | {"problem": problem}
        return render(request, _PAGE, context, status=problem.status)
    if outcome is not None and outcome.outcome != Proposal.Outcome.EXECUTED:
        context = _context(request, proposals.find(public_id), DecidesProposal())
        return render(request, _PAGE, context | {"not_done": outcome}, status=409)
    return redirect("console:proposal", found.public_id)


def level_texts(rows: Sequence[Proposal]) -> Mapping[int, str]:
    """How far deciding is, by their keys: level 1 of 2, a finance approver."""
    return {
        key: waits_text(standing) for key, standing in standings(rows).items() if standing.waits_for
    }


def _decided(
    request: StaffRequest, found: Proposal, form: DecidesProposal
) -> ProposalExecution | None:
    said: dict[str, Any] = {"proposal": found, "by": request.user, "at": now()}
    if form.verb == "again":
        made = executing.try_again(**said)
    elif form.verb == "emergency":
        made = emergencies.act(
            **said,
            seen=form.seen_seal,
            reason=form.reason,
            confirmed_at=confirmed_at(request),
        )
    elif form.verb == "approve":
        approved = deciding.approve(
            **said,
            seen=form.seen_seal,
            reason=form.reason,
            confirmed_at=confirmed_at(request),
        )
        if approved is None:
            messages.success(request, "Approved. Another person must approve too.")
            return None
        made = approved
    else:
        decide, told = _OTHER_WORDS[form.verb]
        decide(**said, seen=form.seen_seal, reason=form.reason)
        messages.success(request, told)
        return None
    if made.outcome == Proposal.Outcome.EXECUTED:
        what = kind_of(found.kind).title if found.amount is None else money_text(found.amount)
        messages.success(request, f"{what} was approved and carried out.")
    return made


_OTHER_WORDS: Final = {
    "reject": (deciding.reject, "Rejected."),
    "return": (deciding.give_back, "Returned to its maker."),
    "withdraw": (deciding.withdraw, "Withdrawn."),
}


def _clears(request: StaffRequest, debt: EmergencyDebt | None) -> ClearsEmergency | None:
    """The form to clear a debt, for whoever did not make it."""
    if debt is None or not debt.is_open or debt.is_of(request.user):
        return None
    return ClearsEmergency()


def _context(request: StaffRequest, found: Proposal, form: DecidesProposal) -> dict[str, Any]:
    at = now()
    detail = proposals.proposal_detail(found, at=at)
    profile = profile_at(found.account, at) if found.account is not None else None
    debt = debts.debt_of(found) if found.outcome == Proposal.Outcome.EXECUTED else None
    subject = found.subject if found.subject.startswith("inv_") else ""
    return {
        "proposal": found,
        "detail": detail,
        "row": detail.row,
        "effect": detail.effect,
        "subject": subject,
        "number": numbers_of([subject]).get(subject, ""),
        "form": form,
        "debt": debt,
        "clears": _clears(request, debt),
        "may_ask_again": found.state == Proposal.State.RETURNED
        and found.maker_id == request.user.pk,
        "says": said_of(detail.row),
        "bar": bar_of(detail, decider_of(request.user, at=at)),
        "policy": policy_of(detail),
        "steps": steps_of(detail),
        "zone": profile.zone if profile else "UTC",
        "now": at,
    }
