"""Registering what held events are about: from the quarantine, for one owner, then tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Account, Resource
from accounts.operations import resources
from accounts.operations.resources import NewResource
from accounts.permissions import Permission
from billing.contracts.billability import BillableGate
from billing.overview.queries import accounts
from billing.overview.queries.accounts import AccountNotFound
from billing.overview.queries.held_subjects import HeldSubject, held_subjects
from billing.whatif.operations.held_effects import HeldEffect, held_effect
from console.shell.access import StaffRequest, screen
from console.shell.stamped_forms import shown_again
from console.usage.forms import SaysWhy
from console.usage.settle_views import effect_context, settle_chosen
from core.actor import Actor
from core.clock import now
from core.errors import DomainError
from usage.models import QuarantineReason
from usage.operations import quarantine as operations
from usage.operations.quarantine import SettledCounts
from usage.queries.held import HeldChoice

UNKNOWN = QuarantineReason.UNKNOWN_SUBJECT.value


class RegisterForm(SaysWhy):
    """Which of the held subjects, what they are, and whose."""

    account = forms.CharField(
        label="Owner",
        max_length=64,
        help_text="The id of the account, such as acc_…; it stands on the account's page.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label="They are", choices=Resource.Kind.choices)
    subject = forms.MultipleChoiceField(
        label="Apps", error_messages={"required": "Tick at least one."}
    )

    field_order = ("account", "kind", "subject", "reason")

    def __init__(self, *args: Any, held: list[HeldSubject], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["subject"]
        assert isinstance(field, forms.MultipleChoiceField)
        self._subjects = [row.subject for row in held]
        field.choices = [(subject, subject) for subject in self._subjects]
        field.error_messages["invalid_choice"] = "%(value)s is not held any more."

    @property
    def ticked(self) -> list[str]:
        """What is chosen; all of it before anything was sent."""
        data: Any = self.data
        return data.getlist("subject") if self.is_bound else self._subjects

    def clean_account(self) -> Account:
        """The owner. Raises: ValidationError."""
        try:
            return accounts.find(self.cleaned_data["account"].strip())
        except AccountNotFound as problem:
            raise forms.ValidationError(problem.message) from problem


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def register(request: StaffRequest) -> HttpResponse:
    """Register what is held as unknown, from its first event on, and try its events again."""
    held = held_subjects(UNKNOWN)
    said = request.POST if request.method == "POST" else None
    form = RegisterForm(said, held=list(held.rows))
    context, page = {"form": form, "held": held}, "console/usage/quarantine_register.html"
    is_preview = "preview" in request.POST
    if is_preview and not form.is_valid():
        # Nothing is done yet, so nobody need say why.
        form.errors.pop("reason", None)
    if request.method != "POST" or form.errors:
        return render(request, page, context, status=422 if form.is_bound else 200)
    rows = [row for row in held.rows if row.subject in set(form.cleaned_data["subject"])]
    try:
        if is_preview:
            return render(request, page, context | effect_context(_effect(rows, form, request)))
        _register(rows, form.cleaned_data, by=request.user.actor)
    except DomainError as problem:
        return shown_again(request, page, context, problem)
    noun = "is" if len(rows) == 1 else "are"
    owner = form.cleaned_data["account"]
    messages.success(request, f"{len(rows):,} {noun} registered, owned by {owner.name}.")
    done = settle_chosen(request, "retry", _events_of(rows), form.cleaned_data["reason"])
    if not done.is_done:
        return redirect("console:held-settlement", done.public_id)
    return redirect(f"{reverse('console:quarantine')}?reason={UNKNOWN}")


def _effect(rows: Sequence[HeldSubject], form: RegisterForm, request: StaffRequest) -> HeldEffect:
    """What registering them and trying their events again would do to bills. Nothing is kept."""
    by, said = request.user.actor, form.cleaned_data | {"reason": "Supposed"}

    def settle(ids: Sequence[int]) -> SettledCounts:
        _register(rows, said, by=by)
        return operations.retry(ids, at=now(), by=by, reason=said["reason"], gate=BillableGate())

    return held_effect(_events_of(rows).held, settle, at=now(), owner=said["account"])


def _register(rows: Sequence[HeldSubject], said: Mapping[str, Any], *, by: Actor) -> None:
    new = [
        NewResource(row.subject, said["kind"], row.subject, said["account"], owned_from=row.first)
        for row in rows
    ]
    resources.register_all(new, at=now(), by=by, reason=said["reason"])


def _events_of(rows: Sequence[HeldSubject]) -> HeldChoice:
    return HeldChoice(UNKNOWN, subjects=[row.subject for row in rows])
