"""Disputes: the list by state, and the page on which a case is worked through."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from accounts.queries.profiles import profile_at
from billing.disputes.models import DisputeCase
from billing.disputes.operations import evidence_files
from billing.disputes.queries import cases
from billing.disputes.queries.alike import ended_alike
from billing.disputes.queries.batches import batches_of_lines
from billing.disputes.queries.cases import CaseState
from billing.disputes.queries.evidence_files import find_attachment
from billing.disputes.queries.money_promises import promises_of
from billing.disputes.queries.shared_causes import shared_cause
from console.disputes import sheets
from console.disputes.answer_text import suggested
from console.disputes.case_filters import NarrowsCases
from console.disputes.case_text import promises_text, shown_lines
from console.disputes.steps import ActionForms, step
from console.shell.access import StaffRequest, may_any, refused, screen
from console.shell.masking import sight_of
from console.shell.query_params import choice, position_of
from core.clock import now
from core.downloads import download_headers
from core.errors import DomainError

READ: Final = (Permission.DISPUTE_HANDLE, Permission.DISPUTE_READ)
HANDLE: Final = (Permission.DISPUTE_HANDLE,)
_PAGE: Final = "console/disputes/dispute.html"


@require_GET
@screen(*READ)
def dispute_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Cases of one state, the oldest first; those that wait for us unless said otherwise."""
    state = choice(request, "state", [*CaseState, "all"]) or CaseState.OUR_TURN
    mine = choice(request, "owner", ["me"])
    form = NarrowsCases(request.GET)
    read = partial(
        cases.case_page,
        state="" if state == "all" else state,
        owner=request.user if mine else None,
        narrowed=form.narrowing(at=now()),
    )
    if kind:
        return sheets.CASES.of_pages(kind, read)
    context = {
        "state": state,
        "states": [*((each.value, each.label) for each in CaseState), ("all", "All")],
        "mine": mine,
        "page": read(position=position_of(request)),
        "form": form,
        "now": now(),
    }
    return render(request, "console/disputes/disputes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*READ)
def dispute(request: StaffRequest, ref: str) -> HttpResponse:
    """What is claimed, what it would come to, what was found, what was said; decided here."""
    case = cases.find(ref)
    if request.method != "POST":
        return render(request, _PAGE, _context(request, case, ActionForms()))
    if not may_any(request.user, HANDLE):
        return refused(request, HANDLE)
    forms = ActionForms(request.POST)
    try:
        if not step(request, case, forms, at=now()):
            return render(request, _PAGE, _context(request, case, forms), status=422)
    except DomainError as problem:
        context = _context(request, cases.find(ref), forms) | {"problem": problem}
        return render(request, _PAGE, context, status=problem.status)
    return redirect("console:dispute", case.public_id)


@require_GET
@screen(*READ)
def dispute_file(request: StaffRequest, ref: str, public_id: str) -> HttpResponse:
    """A file that came with a message, to keep: no browser opens it in our name."""
    given = evidence_files.give_out(
        find_attachment(cases.find(ref), public_id), by=request.user.actor
    )
    return HttpResponse(
        given.content,
        content_type=given.media_type,
        headers=download_headers(name=given.name, sha256=given.sha256),
    )


def _context(request: StaffRequest, case: DisputeCase, forms: ActionForms) -> dict[str, Any]:
    at = now()
    detail = cases.case_detail(case, at=at)
    profile = profile_at(case.account, at)
    zone = profile.zone if profile else "UTC"
    sight = sight_of(case.account, request.user, at=at)
    may_handle = may_any(request.user, HANDLE)
    contested = [each.line for each in detail.lines]
    return {
        "ended_alike": ended_alike(contested),
        "sharing": [each for each in contested if shared_cause(each) is not None],
        "batches": [
            each
            for found in batches_of_lines([line.pk for line in contested]).values()
            for each in found
        ],
        "promised": promises_of(case),
        "money": forms.for_money(case),
        "owner_form": forms.for_owner(case),
        "priority_form": forms.for_priority(case),
        "case": case,
        "detail": detail,
        "row": detail.row,
        "lines": shown_lines(detail, forms, zone=zone),
        "promises": promises_text(detail.clocks, zone=zone, now=at),
        "sight": sight,
        "messages_said": [(each, sight.show(each.author)) for each in detail.messages]
        if not sight.by_role
        else [(each, each.author) for each in detail.messages],
        "words": forms.for_case(suggested(detail)),
        "may_handle": may_handle,
        "is_closed": detail.row.state is CaseState.CLOSED,
        "zone": zone,
        "now": at,
    }
