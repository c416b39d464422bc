"""The quarantine: what is held by reason, and settling some or all of a reason.

Trying again judges by the same rules as ingest, so whoever may propose may do it; releasing and
dropping set a rule aside, so they take the permission to approve.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, permitted
from accounts.queries.profiles import zone_of_owner
from billing.contracts.billability import BillableGate
from billing.overview.queries import events, quarantine
from billing.overview.queries.held_subjects import held_subjects
from billing.overview.queries.quarantine import Chosen
from console.shell.access import COUNTS, StaffRequest, may_any, refused, screen, sees_accounts
from console.shell.made_from import shown_again
from console.shell.query_params import (
    choice,
    day_of,
    filters_of,
    keys_of,
    number_of,
    position_of,
    words,
)
from console.usage.forms import Decides
from console.usage.quarantine_text import DECISIONS, outcome_text
from core.clock import now
from core.db.stamps import ChangedSince
from core.text_in import UnreadableAddress
from usage.filters import HeldEventFilters
from usage.models import QuarantineReason
from usage.models.quarantine import WAIVABLE
from usage.operations import quarantine as operations

PROPOSE: Final = (Permission.QUARANTINE_SETTLE_PROPOSE, Permission.QUARANTINE_SETTLE_APPROVE)
APPROVE: Final = (Permission.QUARANTINE_SETTLE_APPROVE,)


@require_GET
@screen(*COUNTS)
def quarantine_list(request: StaffRequest) -> HttpResponse:
    """What is held, by reason, and the events of one reason."""
    filters, day = filters_of(request, HeldEventFilters, "on"), day_of(request, "on")
    reason, subject, zone = filters.value("reason"), filters.value("subject"), None
    page = None
    if sees_accounts(request.user):
        zone = zone_of_owner(subject, now()) if subject else None
        window = events.day_window(day, zone or "UTC") if day else None
        page = quarantine.held_page(position=position_of(request), filters=filters, window=window)
    held = quarantine.held()
    context = {
        "held": held,
        "reason": reason,
        "row": next((row for row in held.reasons if row.code == reason), None),
        "page": page,
        "day": day,
        "zone": zone or "UTC",
        "asked": {name: filters.value(name) for name in ("subject", "type", "source")},
        "is_narrow": filters.is_narrow or day is not None,
        "sources": events.source_names() if page is not None else (),
        "reasons": QuarantineReason.choices,
        "now": now(),
        "may_retry": may_any(request.user, PROPOSE),
        "may_decide": permitted(request.user, Permission.QUARANTINE_SETTLE_APPROVE),
        "subjects": held_subjects(reason) if reason and page is not None else None,
        "may_register": reason == QuarantineReason.UNKNOWN_SUBJECT
        and permitted(request.user, Permission.ACCOUNTS_MAINTAIN),
    }
    return render(request, "console/usage/quarantine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def settle(request: StaffRequest) -> HttpResponse:
    """Say what will happen to how many events; do it once a reason is given."""
    settlement = DECISIONS.get(choice(request, "do", DECISIONS))
    wanted = Chosen(
        choice(request, "reason", QuarantineReason.values),
        keys_of(request),
        number_of(request, "through"),
    )
    if settlement is None or not wanted.reason:
        raise UnreadableAddress("Choose what to do, and for which reason.", field="do")
    if words(request, "ticked") and not wanted.keys:
        messages.error(request, "Nothing was done: tick the events first.")
        return redirect(_list_of(wanted.reason))
    if settlement.decides and not permitted(request.user, APPROVE[0]):
        return refused(request, APPROVE)
    found = quarantine.chosen(wanted)
    form, problem = Decides(request.POST or None, made_from=found.stamp), None
    if request.method == "POST" and form.is_valid():
        try:
            return _settled(request, settlement.code, wanted, form)
        except ChangedSince as changed:
            problem, found = changed, quarantine.chosen(wanted)
    seen = replace(wanted, through=found.through)
    context = {
        "settlement": settlement,
        "found": found,
        "chosen": seen,
        "reason_text": quarantine.reason_text(wanted.reason),
        "fix": quarantine.FIXES[QuarantineReason(wanted.reason)],
        "is_waivable": QuarantineReason(wanted.reason) in WAIVABLE,
        "at_once": quarantine.AT_ONCE,
        "form": form,
        "now": now(),
    }
    if problem is not None:
        return shown_again(request, "console/usage/quarantine_settle.html", context, problem)
    return render(request, "console/usage/quarantine_settle.html", context)


def _settled(request: StaffRequest, code: str, wanted: Chosen, form: Decides) -> HttpResponse:
    quarantine.require_as_chosen(wanted, form.seen)
    ids, at, by = quarantine.chosen_ids(wanted), now(), request.user.actor
    reason = form.cleaned_data["reason"]
    if code == "drop":
        done = operations.drop(ids, at=at, by=by, reason=reason)
    else:
        settle = operations.release if code == "release" else operations.retry
        done = settle(ids, at=at, by=by, reason=reason, gate=BillableGate())
    if done.gone == len(ids):
        quarantine.require_as_chosen(wanted, form.seen)
    still = Counter({quarantine.reason_text(name): count for name, count in done.held.items()})
    text = outcome_text(done.released + done.dropped, code, still)
    tone = messages.SUCCESS if not still else messages.WARNING
    messages.add_message(request, tone, text)
    if len(ids) == quarantine.AT_ONCE:
        messages.info(
            request, f"{len(ids):,} were looked at. The next click goes on with the others."
        )
    return redirect(_list_of(wanted.reason))


def _list_of(reason: str) -> str:
    return f"{reverse('console:quarantine')}?reason={reason}"
