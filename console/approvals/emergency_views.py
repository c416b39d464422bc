"""Emergencies that are not cleared: who did what alone, and another person's word on it."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from approvals.models import EmergencyWord, Proposal
from approvals.operations import emergencies
from approvals.queries import debts, proposals
from approvals.queries.debts import EmergencyNotFound
from approvals.queries.proposals import ProposalNotFound
from console.approvals import sheets
from console.approvals.confirming import asked_who_they_are
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.forms import ReasonField
from core.clock import now

SHOWN: Final = 100


class ClearsEmergency(forms.Form):
    """What another person says of it, and why."""

    word = forms.ChoiceField(label="It was", choices=EmergencyWord.Word.choices)
    undone_by = forms.CharField(
        label="Undone by the proposal",
        required=False,
        max_length=64,
        help_text="Its id, once the undoing was carried out.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = ReasonField()

    def clean_undone_by(self) -> Proposal | None:
        """The proposal. Raises: ValidationError."""
        ref = self.cleaned_data["undone_by"].strip()
        if not ref:
            return None
        try:
            return proposals.find(ref)
        except ProposalNotFound as unknown:
            raise forms.ValidationError(unknown.message) from unknown


@require_GET
@screen(*BILLING)
def emergency_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """What one person had done and nobody cleared yet, the oldest first."""
    if kind:
        return sheets.EMERGENCIES.of_rows(kind, debts.open_debts(most=sheets.ROWS_MOST))
    context = {"debts": debts.open_debts(most=SHOWN), "now": now()}
    return render(request, "console/approvals/emergencies.html", context)


@require_POST
@screen(*BILLING)
def emergency_clear(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say of one that it was right, that it must be undone, or what undid it."""
    found = proposals.find(public_id)
    debt = debts.debt_of(found)
    if debt is None:
        raise EmergencyNotFound(f"{found} was not done in an emergency.")
    form = ClearsEmergency(request.POST)
    if not form.is_valid():
        said = " ".join(str(each) for errors in form.errors.values() for each in errors)
        messages.error(request, f"Nothing was saved. {said}")
        return redirect("console:proposal", public_id)
    back = asked_who_they_are(request, back_to=request.path.removesuffix("clear/"))
    if back is not None:
        return back
    said_of = form.cleaned_data
    made = emergencies.clear(
        emergency=debt.emergency,
        word=EmergencyWord.Word(said_of["word"]),
        by=request.user,
        at=now(),
        reason=said_of["reason"],
        undone_by=said_of["undone_by"],
    )
    messages.success(request, f"{made.get_word_display()}.")
    return redirect("console:proposal", public_id)
