"""Answering a return: what was asked is said anew, shown, and is a new version."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from approvals.kinds import canonical_digest
from approvals.models import Proposal
from approvals.operations import putting_forward
from approvals.operations.putting_forward import NotReturned, Wish
from approvals.queries import proposals
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.forms import ReasonField
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError
from core.json_reader import read_json

_BYTES_MAX = 64_000


class AsksAgain(forms.Form):
    """Each field of what was asked, and the answer; a text stays text, the rest is JSON."""

    def __init__(self, *args: Any, payload: dict[str, Any], **more: Any) -> None:
        super().__init__(*args, **more)
        self._texts = {name for name, value in payload.items() if isinstance(value, str)}
        self._names = list(payload)
        for name, value in payload.items():
            is_text = name in self._texts
            long = forms.Textarea(attrs={"rows": 4, "class": "id", "spellcheck": "false"})
            self.fields[f"of_{name}"] = forms.CharField(
                label=name.replace("_", " ").capitalize(),
                required=False,
                max_length=_BYTES_MAX,
                initial=value if is_text else json.dumps(value, ensure_ascii=False),
                widget=forms.TextInput(attrs={"autocomplete": "off"}) if is_text else long,
            )
        self.fields["reason"] = ReasonField("Your answer")

    def clean(self) -> dict[str, Any]:
        """What is no text is read as JSON."""
        said: dict[str, Any] = super().clean() or {}
        for name in self._names:
            text = said.get(f"of_{name}", "")
            if name in self._texts or not text:
                continue
            try:
                (said[f"of_{name}"],) = read_json(
                    f"[{text}]".encode(), max_bytes=_BYTES_MAX * 4, root=(list,)
                )
            except (DomainError, ValueError):
                self.add_error(f"of_{name}", "This is no JSON value.")
        return said

    @property
    def payload(self) -> dict[str, Any]:
        """What is asked now, once the form is valid; what was emptied is left out."""
        said = {name: self.cleaned_data[f"of_{name}"] for name in self._names}
        return {name: value for name, value in said.items() if value != ""}


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def proposal_again(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say it anew, see what it comes to, put it forward as the next version."""
    found = proposals.find(public_id)
    if found.state != Proposal.State.RETURNED or found.maker_id != request.user.pk:
        raise NotReturned(f"{found} was not returned to you.")
    template = "console/approvals/again.html"
    detail = proposals.proposal_detail(found, at=now())
    form = AsksAgain(request.POST or None, payload=dict(detail.version.payload))
    context: dict[str, Any] = {"proposal": found, "detail": detail, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context, status=422 if form.errors else 200)
    said = form.cleaned_data["reason"]
    wish = Wish(found.kind, form.payload, found.reason_code, said, found.ticket)
    try:
        effect = putting_forward.look_at(wish=wish, by=request.user, at=now())
        seen = canonical_digest([form.payload, effect.digest])
        if request.POST.get("seen") != seen:
            return render(request, template, context | {"effect": effect, "seen": seen})
        putting_forward.put_forward_again(
            proposal=found, wish=wish, by=request.user, at=now(), seen=effect.digest
        )
    except DomainError as problem:
        return shown_again(request, template, context, problem)
    messages.success(request, "It was put forward again, as a new version.")
    return redirect("console:proposal", found.public_id)
