"""How far the sources of events are complete, as they say, and which of them bills wait for."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, permitted
from billing.invoicing.operations.gates import waive_source
from billing.overview.queries.rule_history import requirement_history, waivers
from console.finance.forms import PayerField
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.forms import ReasonField, instant_field
from console.shell.stamped_forms import MadeFrom, form_page
from console.usage import sheets
from core.clock import now
from core.db.stamps import Seen, stamp_of
from usage.models import Meter, SourceProgress
from usage.operations import source_progress
from usage.queries.source_progress import find_source, source_rows

REQUIRE: Final = Permission.BILLING_RULES_CHANGE
WAIVE: Final = Permission.RUN_APPROVE
_METHODS: Final = ["GET", "HEAD", "POST"]
_STEP: Final = "console/usage/source_step.html"


@require_GET
@screen(*BILLING)
def source_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Sources by name, and which bills do not wait for one."""
    rows = source_rows()
    if kind:
        return sheets.SOURCES.of_rows(kind, rows)
    context = {
        "rows": rows,
        "entries": waivers(),
        "now": now(),
        "may_require": permitted(request.user, REQUIRE),
        "may_waive": permitted(request.user, WAIVE),
    }
    return render(request, "console/usage/sources.html", context)


class RequiresSource(MadeFrom):
    """Whether bills wait for a source, and of which meters."""

    is_required = forms.BooleanField(label="Bills wait until it is complete", required=False)
    meters = forms.CharField(
        label="Bills of these meters",
        required=False,
        max_length=2_000,
        help_text="Codes of meters, between commas. Empty: of all meters.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = ReasonField()

    def clean_meters(self) -> list[str]:
        """The codes."""
        said: str = self.cleaned_data["meters"]
        return [code for each in said.split(",") if (code := each.strip())]


class WaivesSource(forms.Form):
    """Which bills do not wait for a source."""

    through_at = instant_field(
        "Periods that ended by", "UTC. Bills of later periods wait for the source again."
    )
    account = PayerField(
        "Account", required=False, help_text="Its name in full, or its id. Empty: all accounts."
    )
    reason = ReasonField("Why is it right without the source?")


@require_http_methods(_METHODS)
@screen(REQUIRE)
def source_require(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say whether bills wait for a source."""
    source = find_source(public_id)
    made_from = stamp_of(Seen(SourceProgress, {"source_id": source.pk}))
    said = SourceProgress.objects.filter(source=source).first()
    form = RequiresSource(
        request.POST or None,
        initial={
            "is_required": said is not None and said.is_required,
            "meters": ", ".join(said.meter_codes) if said else "",
        },
        made_from=made_from,
    )

    def change(data: dict[str, Any]) -> None:
        source_progress.require(
            source=source,
            is_required=data["is_required"],
            meter_codes=data["meters"],
            by=request.user.actor,
            reason=data["reason"],
            made_from=form.seen,
        )

    context = {
        "source": source,
        "form": form,
        "title": f"Do bills wait for {source}?",
        "lead": "Where they do, a bill is parked until the source has said that it is complete "
        f"past the end of its period. Meters are {_meter_codes()}.",
        "button": "Save it",
        "entries": requirement_history(source),
    }
    done = "It holds for bills from now on."
    return form_page(request, _STEP, context, change, done=done, to="console:sources")


def _meter_codes() -> str:
    return ", ".join(Meter.objects.order_by("code").values_list("code", flat=True)) or "none"


@require_http_methods(_METHODS)
@screen(WAIVE)
def source_waive(request: StaffRequest, public_id: str) -> HttpResponse:
    """Let bills pass without a source, by name and with a reason."""
    source = find_source(public_id)

    def change(data: dict[str, Any]) -> None:
        waive_source(
            source=source,
            through_at=data["through_at"],
            account=data["account"],
            at=now(),
            by=request.user.actor,
            reason=data["reason"],
        )

    context = {
        "source": source,
        "form": WaivesSource(request.POST or None),
        "title": f"Bill without waiting for {source}",
        "lead": "What the source sends later is late usage. Parked bills pass once they are tried "
        "again.",
        "button": "Waive the source",
        "entries": waivers(source),
    }
    done = "It is waived. Try the parked bills of the run again."
    return form_page(request, _STEP, context, change, done=done, to="console:sources")
