"""Registering what held events are about: from the quarantine, for one owner, then tried again."""

from __future__ import annotations

from collections import Counter
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
from billing.overview.queries import accounts, quarantine
from billing.overview.queries.accounts import AccountNotFound
from billing.overview.queries.held_subjects import HeldSubject, held_ids, held_subjects
from console.shell.access import StaffRequest, screen
from console.shell.made_from import shown_again
from console.usage.forms import SaysWhy
from console.usage.quarantine_text import outcome_text
from core.clock import now
from core.errors import DomainError
from usage.models import QuarantineReason
from usage.operations import quarantine as operations

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
    form = RegisterForm(request.POST or None, held=list(held.rows))
    context = {"form": form, "held": held}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "console/usage/quarantine_register.html", context, status=status)
    wanted = set(form.cleaned_data["subject"])
    try:
        _register([row for row in held.rows if row.subject in wanted], form, request)
    except DomainError as problem:
        return shown_again(request, "console/usage/quarantine_register.html", context, problem)
    _try_again(wanted, form, request)
    return redirect(f"{reverse('console:quarantine')}?reason={UNKNOWN}")


def _register(rows: list[HeldSubject], form: RegisterForm, request: StaffRequest) -> None:
    said = form.cleaned_data
    new = [
        NewResource(row.subject, said["kind"], row.subject, said["account"], owned_from=row.first)
        for row in rows
    ]
    resources.register_all(new, at=now(), by=request.user.actor, reason=said["reason"])
    noun = "is" if len(new) == 1 else "are"
    messages.success(request, f"{len(new):,} {noun} registered, owned by {said['account'].name}.")


def _try_again(wanted: set[str], form: RegisterForm, request: StaffRequest) -> None:
    ids = held_ids(UNKNOWN, wanted, quarantine.AT_ONCE)
    done = operations.retry(
        ids,
        at=now(),
        by=request.user.actor,
        reason=form.cleaned_data["reason"],
        gate=BillableGate(),
    )
    still = Counter({quarantine.reason_text(name): count for name, count in done.held.items()})
    tone = messages.WARNING if still else messages.SUCCESS
    messages.add_message(request, tone, outcome_text(done.released, "retry", still))
    if len(ids) == quarantine.AT_ONCE:
        said = f"{len(ids):,} were looked at; “Try all again” goes on with the rest."
        messages.info(request, said)
