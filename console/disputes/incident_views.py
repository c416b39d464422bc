"""Incidents: the list, the page with every cent’s fate, and the form that says what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from billing.disputes.models import Incident
from billing.disputes.operations import incidents as operations
from billing.disputes.operations.incident_credits import draft_for_incident
from billing.disputes.operations.incidents import HOUSE_STEPS, IncidentTerms
from billing.disputes.queries import incidents
from console.disputes import sheets
from console.disputes.forms import ReasonedStep
from console.disputes.posting import posted
from console.shell.access import StaffRequest, may_any, screen
from console.shell.forms import ReasonField
from console.shell.query_params import position_of
from console.shell.stamped_forms import MadeFrom, form_page
from core.clock import now
from core.db.stamps import Seen, stamp_of
from core.errors import DomainError, Invalid

READ: Final = (Permission.DISPUTE_HANDLE, Permission.DISPUTE_READ)
HANDLE: Final = (Permission.DISPUTE_HANDLE,)
_METHODS: Final = ["GET", "HEAD", "POST"]


class SaysIncident(MadeFrom):
    """What an incident was; instants are UTC, as the platform has them."""

    title = forms.CharField(label="What went wrong", max_length=200)
    happened = forms.CharField(
        label="What happened, in words for customers",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    down_from = forms.CharField(
        label="From", max_length=32, help_text="UTC, such as 2026-11-10 08:00."
    )
    down_until = forms.CharField(
        label="Until", max_length=32, required=False, help_text="UTC; empty while it lasts."
    )
    meters = forms.CharField(
        label="Meters", max_length=1000, help_text="Their codes, with commas between."
    )
    match = forms.CharField(
        label="Only where",
        max_length=500,
        required=False,
        help_text="Dimensions of the usage, such as region=eu, size=standard-2x.",
    )
    steps = forms.CharField(
        label="What is given",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A line each: below so many percent of the month up, percent of its charge.",
    )
    reason = ReasonField("How do you know?")

    def clean_down_from(self) -> datetime:
        """The beginning. Raises: ValidationError."""
        return _instant(self.cleaned_data["down_from"])

    def clean_down_until(self) -> datetime | None:
        """The end. Raises: ValidationError."""
        text = self.cleaned_data["down_until"]
        return _instant(text) if text else None

    def clean_match(self) -> dict[str, str]:
        """Dimensions and their values. Raises: ValidationError."""
        pairs = [part.partition("=") for part in _parts(self.cleaned_data["match"])]
        if any(not name.strip() or not value.strip() for name, _, value in pairs):
            raise forms.ValidationError("Write a name, an equals sign and a value.")
        return {name.strip(): value.strip() for name, _, value in pairs}

    def clean_steps(self) -> list[tuple[str, str]]:
        """The formula. Raises: ValidationError."""
        rows = [line.split() for line in self.cleaned_data["steps"].splitlines() if line.strip()]
        if any(len(row) != 2 for row in rows):
            raise forms.ValidationError("Each line has two numbers, such as 99.9 5.")
        return [(below, percent) for below, percent in rows]

    def terms(self) -> IncidentTerms:
        """What was said, once the form is valid."""
        said = self.cleaned_data
        return IncidentTerms(
            title=said["title"],
            happened=said["happened"],
            down_from=said["down_from"],
            down_until=said["down_until"],
            meter_codes=_parts(said["meters"]),
            match=said["match"],
            steps=said["steps"],
        )


@require_GET
@screen(*READ)
def incident_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Incidents, the newest first."""
    if kind:
        return sheets.INCIDENTS.of_pages(kind, incidents.incident_page)
    context = {
        "page": incidents.incident_page(position=position_of(request)),
        "now": now(),
    }
    return render(request, "console/disputes/incidents.html", context)


@require_http_methods(_METHODS)
@screen(*HANDLE)
def incident_new(request: StaffRequest) -> HttpResponse:
    """Say that something was wrong."""
    initial = {"steps": _steps_text(HOUSE_STEPS)}
    form = SaysIncident(request.POST or None, initial=initial, made_from="")

    def change(said: dict[str, Any]) -> None:
        operations.open_incident(
            terms=form.terms(), at=now(), by=request.user.actor, reason=said["reason"]
        )

    return form_page(
        request,
        "console/disputes/incident_form.html",
        {"form": form},
        change,
        done="The incident is open. What it affects is on its page.",
        to="console:incidents",
    )


@require_http_methods(_METHODS)
@screen(*HANDLE)
def incident_amend(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say better what it was, such as when it ended."""
    found = incidents.find_incident(public_id)
    stamp = stamp_of(Seen.row(found))
    form = SaysIncident(request.POST or None, initial=_said(found), made_from=stamp)

    def change(said: dict[str, Any]) -> None:
        operations.amend(
            incident=found,
            terms=form.terms(),
            made_from=form.seen,
            at=now(),
            by=request.user.actor,
            reason=said["reason"],
        )

    return form_page(
        request,
        "console/disputes/incident_form.html",
        {"form": form, "incident": found},
        change,
        done="The incident is said anew.",
        to=f"/incidents/{found.public_id}/",
    )


@require_http_methods(_METHODS)
@screen(*READ)
def incident(request: StaffRequest, public_id: str) -> HttpResponse:
    """What it affects, what of it waits, what is given for it; drafted and closed here."""
    found = incidents.find_incident(public_id)

    def shows(problem: DomainError | None, status: int) -> HttpResponse:
        at = now()
        context = {
            "detail": incidents.incident_detail(incidents.find_incident(public_id), at=at),
            "form": ReasonedStep(initial={"reason": request.POST.get("reason", "")[:500]}),
            "problem": problem,
            "may_handle": may_any(request.user, HANDLE),
            "now": at,
        }
        return render(request, "console/disputes/incident.html", context, status=status)

    return posted(request, HANDLE, lambda: redirect(*_step(request, found)), shows)


def _step(request: StaffRequest, found: Incident) -> tuple[str, str]:
    """Take the step of a form; where to go then. Raises: what the operation raises."""
    verb, by, at = request.POST.get("do", ""), request.user.actor, now()
    if verb not in ("draft", "close"):
        raise Invalid("Choose what to do with the buttons of the page.", field="do")
    reason = ReasonedStep(request.POST).said()
    if verb == "draft":
        made = draft_for_incident(incident=found, at=at, by=by, reason=reason)
        return "console:dispute-batch", made.public_id
    operations.close_incident(incident=found, at=at, by=by, reason=reason)
    messages.success(request, "Closed: every cent in it has a fate.")
    return "console:incident", found.public_id


def _said(found: Incident) -> dict[str, str]:
    end = found.down_until
    return {
        "title": found.title,
        "happened": found.happened,
        "down_from": f"{found.down_from.astimezone(UTC):%Y-%m-%d %H:%M}",
        "down_until": f"{end.astimezone(UTC):%Y-%m-%d %H:%M}" if end else "",
        "meters": ", ".join(found.meter_codes),
        "match": ", ".join(f"{name}={value}" for name, value in found.match.items()),
        "steps": _steps_text(found.steps),
    }


def _steps_text(steps: Any) -> str:
    return "\n".join(f"{below} {percent}" for below, percent in steps)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise forms.ValidationError("Write it as 2026-11-10 08:00.") from None
