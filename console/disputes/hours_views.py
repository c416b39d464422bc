"""Hours of service: what promises of time run by, every version, and the form of the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.disputes.models import ClockEvent, DisputeCase, ServiceHours
from billing.disputes.operations import service_hours
from billing.disputes.queries.hours import hours_versions
from console.shell.access import StaffRequest, may_any, refused, screen
from console.shell.forms import ReasonField
from console.shell.stamped_forms import MadeFrom, shown_again
from core.clock import now
from core.errors import DomainError

READ: Final = (Permission.DISPUTE_HANDLE, Permission.DISPUTE_READ)
CHANGE: Final = (Permission.BILLING_RULES_CHANGE,)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PAGE: Final = "console/disputes/hours.html"


class AdoptsHours(MadeFrom):
    """The hours of a week, days that are closed, and how long an answer and a decision take."""

    zone = forms.CharField(label="Zone", max_length=64)
    closed_on = forms.CharField(
        label="Closed on",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Days such as 2026-12-25, with spaces between.",
    )
    reason = ReasonField("Why do they change?")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for number, day in enumerate(DAYS):
            self.fields[f"day_{number}"] = forms.CharField(
                label=day,
                required=False,
                max_length=100,
                help_text="Such as 09:00-12:00 13:00-17:00; empty is closed." if not number else "",
            )
        for clock in ClockEvent.Clock:
            for priority in DisputeCase.Priority:
                self.fields[f"{clock}_{priority}"] = forms.IntegerField(
                    label=f"{clock.label}, {priority.label.lower()}, minutes of working time",
                    min_value=1,
                    max_value=1_000_000,
                )
        self.order_fields(
            ["zone", *(name for name in self.fields if name.startswith("day_")), "closed_on"]
        )

    def document(self) -> Mapping[str, Any]:
        """What was said as the document of a version; the operation reads it strictly."""
        said = self.cleaned_data
        week = {
            str(number): [part.split("-") for part in said[f"day_{number}"].split()]
            for number in range(len(DAYS))
            if said[f"day_{number}"].strip()
        }
        return {
            "zone": said["zone"].strip(),
            "week": week,
            "closed_on": said["closed_on"].replace(",", " ").split(),
            "targets": {
                str(clock): {
                    str(priority): said[f"{clock}_{priority}"] for priority in DisputeCase.Priority
                }
                for clock in ClockEvent.Clock
            },
        }


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*READ)
def dispute_hours(request: StaffRequest) -> HttpResponse:
    """Every version, and the form of the next, made from the last."""
    versions = hours_versions()
    may_change = may_any(request.user, CHANGE)
    form = AdoptsHours(
        request.POST or None, initial=_said(versions[0]), made_from=str(versions[0].version)
    )
    context = {
        "versions": [(each, _week(each.document)) for each in versions],
        "form": form,
        "may_change": may_change,
    }
    if request.method != "POST":
        return render(request, _PAGE, context)
    if not may_change:
        return refused(request, CHANGE)
    if not form.is_valid():
        return render(request, _PAGE, context, status=422)
    try:
        service_hours.adopt(
            document=form.document(),
            at=now(),
            by=request.user.actor,
            reason=form.cleaned_data["reason"],
            made_from=form.seen,
        )
    except DomainError as problem:
        return shown_again(request, _PAGE, context, problem)
    messages.success(request, "Adopted. Disputes that are open keep the hours they have.")
    return redirect("console:dispute-hours")


def _said(version: ServiceHours) -> dict[str, Any]:
    document = version.document
    said: dict[str, Any] = {
        "zone": document["zone"],
        "closed_on": " ".join(document.get("closed_on", ())),
    }
    for number in range(len(DAYS)):
        parts = document["week"].get(str(number), ())
        said[f"day_{number}"] = " ".join("-".join(part) for part in parts)
    for clock, targets in document["targets"].items():
        said |= {f"{clock}_{priority}": minutes for priority, minutes in targets.items()}
    return said


def _week(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Days with their hours in words; closed ones are left out."""
    return [
        (DAYS[int(number)], ", ".join("–".join(part) for part in parts))
        for number, parts in sorted(document["week"].items())
        if parts
    ]
