"""Settling held events: what it would do is shown first.

Trying again judges by the same rules as ingest, so whoever may propose may do it, in steps that go
on. Releasing and dropping set a rule aside, so they are put forward and others decide.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from accounts.queries.profiles import zone_of_owner
from billing.contracts.billability import BillableGate
from billing.overview.queries import events, quarantine
from billing.overview.queries.quarantine import ChosenHeld
from billing.whatif.operations.held_effects import HeldEffect, held_effect
from console.approvals.asking import ask, asking, may_ask
from console.shell import charts
from console.shell.access import COUNTS, StaffRequest, may_any, refused, screen, sees_accounts
from console.shell.query_params import choice, day_of, keys_of, month_of, number_of, words
from console.shell.stamped_forms import shown_again
from console.usage.forms import Decides, SettlesForm
from console.usage.quarantine_text import (
    DECISIONS,
    HeldDecision,
    settlement_text,
    still_text,
)
from core import leases
from core.clock import now
from core.errors import DomainError
from core.periods import Period, local_midnight, month_day
from core.text_in import UnreadableAddress
from usage.models import HeldSettlement, QuarantineReason
from usage.models.quarantine import WAIVABLE
from usage.operations import held_settlements
from usage.operations import quarantine as operations
from usage.queries.held import HeldChoice

PROPOSE: Final = (Permission.QUARANTINE_SETTLE_PROPOSE, Permission.QUARANTINE_SETTLE_APPROVE)
ASKS: Final = (Permission.QUARANTINE_SETTLE_PROPOSE,)
_PAGE = "console/usage/quarantine_settle.html"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def settle(request: StaffRequest) -> HttpResponse:
    """Say what will happen to how many events; done or put forward once a reason is given."""
    settlement, wanted = (
        DECISIONS.get(choice(request, "do", DECISIONS)),
        chosen_of(request, asked_zone(request)),
    )
    if settlement is None or not wanted.reason:
        raise UnreadableAddress("Choose what to do, and for which reason.", field="do")
    if words(request, "ticked") and not wanted.keys:
        messages.error(request, "Nothing was done: tick the events first.")
        return redirect(_list_of(wanted.reason))
    found = quarantine.chosen(wanted)
    form_class = SettlesForm if settlement.decides else Decides
    form, page = form_class(request.POST or None, made_from=found.stamp), _PAGE
    if request.method == "POST" and form.is_valid():
        try:
            if isinstance(form, SettlesForm):
                return _asked(request, settlement, wanted, form)
            return _settled(request, settlement.code, wanted, form)
        except DomainError as problem:
            found = quarantine.chosen(wanted)
            context = _context(request, settlement, wanted, found) | {"form": form}
            return shown_again(request, page, context, problem)
    return render(request, page, _context(request, settlement, wanted, found) | {"form": form})


def _context(
    request: StaffRequest, settlement: HeldDecision, wanted: HeldChoice, found: ChosenHeld
) -> dict[str, Any]:
    seen, reason = replace(wanted, through=found.through), QuarantineReason(wanted.reason)
    effect = _effect(request, settlement, seen) if found.count else None
    asks = asking(request, SettlesForm.kind) if settlement.decides else {"may_ask": True}
    return (
        effect_context(effect)
        | asks
        | {
            "settlement": settlement,
            "found": found,
            "chosen": seen,
            "reason_text": quarantine.reason_text(reason),
            "fix": quarantine.FIXES[reason],
            "is_waivable": reason in WAIVABLE,
            "step": held_settlements.STEP,
            "now": now(),
        }
    )


def _asked(
    request: StaffRequest, settlement: HeldDecision, wanted: HeldChoice, form: SettlesForm
) -> HttpResponse:
    """Put forward what was shown, and nothing that arrived since. Raises: ChangedSince."""
    if not may_ask(request, form.kind):
        return refused(request, ASKS)
    quarantine.require_as_chosen(wanted, form.seen)
    payload = settlement_payload(settlement.code, wanted)
    return ask(request, form.wish(payload | {"through": quarantine.chosen(wanted).through}))


def settlement_payload(verb: str, wanted: HeldChoice) -> dict[str, Any]:
    """A choice of held events as a proposal says it."""
    window, through = wanted.window, wanted.through
    return {
        "verb": verb,
        "reason": wanted.reason,
        "keys": [str(key) for key in wanted.keys],
        "subject": next(iter(wanted.subjects), ""),
        "type": wanted.type,
        "source": wanted.source,
        "from": window.start.isoformat() if window else "",
        "until": window.end.isoformat() if window else "",
    } | ({"through": through} if through is not None else {})


def effect_context(effect: HeldEffect | None) -> dict[str, Any]:
    """What a page says of an effect."""
    still = still_text(effect.still) if effect else ""
    return {"effect": effect, "still": still}


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*COUNTS)
def held_settlement(request: StaffRequest, public_id: str) -> HttpResponse:
    """How far one is; gone on with where it stopped."""
    found = get_object_or_404(HeldSettlement, public_id=public_id[:64])
    if request.method == "POST":
        if not may_any(request.user, PROPOSE):
            return refused(request, PROPOSE)
        leases.release(found, at=now())
        messages.success(request, "It goes on within seconds.")
        return redirect("console:held-settlement", found.public_id)
    context = {
        "settlement": found,
        "verb": DECISIONS[found.verb].verb,
        "reason_text": quarantine.reason_text(found.held_for),
        "text": settlement_text(found),
        "width": charts.progress(found.taken_count, found.total_count),
        "may_go_on": may_any(request.user, PROPOSE),
    }
    part = "console/usage/_settlement_progress.html"
    page = part if request.htmx else "console/usage/held_settlement.html"
    return render(request, page, context)


def settle_chosen(
    request: StaffRequest, code: str, wanted: HeldChoice, reason: str
) -> HeldSettlement:
    """Start it, and take its first step at once: few events are done with it, workers go on."""
    verb = HeldSettlement.Verb(code)
    started = held_settlements.start(wanted, verb, at=now(), by=request.user.actor, reason=reason)
    item = held_settlements.claim(at=now(), settlement=started)
    if item is not None:
        held_settlements.work_through(item, BillableGate, clock=now, until=now())
    started.refresh_from_db()
    if started.is_done:
        tone = messages.WARNING if started.still_held else messages.SUCCESS
        messages.add_message(request, tone, settlement_text(started))
    return started


def _settled(request: StaffRequest, code: str, wanted: HeldChoice, form: Decides) -> HttpResponse:
    quarantine.require_as_chosen(wanted, form.seen)
    done = settle_chosen(request, code, wanted, form.cleaned_data["reason"])
    if not done.is_done:
        return redirect("console:held-settlement", done.public_id)
    if done.gone_count == done.total_count:
        quarantine.require_as_chosen(wanted, form.seen)
    return redirect(_list_of(wanted.reason))


def asked_zone(request: StaffRequest) -> str:
    """The clock of the days an address means: that of the subject's owner, if it names one."""
    subject = words(request, "subject")
    return (zone_of_owner(subject, now()) if subject else None) or "UTC"


def chosen_of(request: StaffRequest, zone: str) -> HeldChoice:
    """The events an address means: those that are ticked, or all that the filters find.

    They occurred on a day on that clock, or in a month of the books, which is one in UTC.
    """
    subject, day, month = words(request, "subject"), day_of(request, "on"), month_of(request, "in")
    window = events.day_window(day, zone) if day else None
    if window is None and month is not None:
        first, following = (local_midnight(month_day(month, each), "UTC") for each in (0, 1))
        window = Period(first, following)
    return HeldChoice(
        reason=choice(request, "reason", QuarantineReason.values),
        keys=keys_of(request),
        subjects=[subject] if subject else [],
        type=words(request, "type"),
        source=words(request, "source"),
        window=window,
        through=number_of(request, "through"),
    )


def _effect(request: StaffRequest, settlement: HeldDecision, seen: HeldChoice) -> HeldEffect | None:
    """What it would do to bills; nothing where nothing would be booked, or nobody may see whose."""
    is_released = settlement.code == "release"
    is_possible = not is_released or QuarantineReason(seen.reason) in WAIVABLE
    if settlement.code == "drop" or not is_possible or not sees_accounts(request.user):
        return None
    book: Any = operations.release if is_released else operations.retry
    supposed = {"at": now(), "by": request.user.actor, "reason": "Supposed"}
    return held_effect(seen.held, partial(book, gate=BillableGate(), **supposed), at=now())


def _list_of(reason: str) -> str:
    return f"{reverse('console:quarantine')}?reason={reason}"
