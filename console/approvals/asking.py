"""What every page shares that asks for something others decide: why in a code, and putting forward.

The page shows what it would do; done it is by the proposal that other people approve, or at once
where a mandate carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.permissions import roles_with
from approvals.drawing import drawable_kinds
from approvals.kinds import kind_of
from approvals.operations import mandates, putting_forward
from approvals.operations.mandates import DrawWish
from approvals.operations.putting_forward import Wish
from approvals.queries.mandates import find_mandate, mandates_for
from approvals.queries.policies import present_policy
from console.shell.access import StaffRequest, may_any
from console.shell.permission_text import listed
from core.clock import now


class PutsForward(forms.Form):
    """A form whose wish is put forward; a subclass says of which kind, and has a `reason`."""

    kind: ClassVar[str]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        reason = self.fields.pop("reason")
        self.fields["reason_code"] = forms.ChoiceField(
            label="Reason", choices=[("", "choose"), *kind_of(self.kind).reason_codes.items()]
        )
        self.fields["ticket"] = forms.CharField(
            label="Ticket",
            required=False,
            max_length=100,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        self.fields["reason"] = reason

    def wish(self, payload: Mapping[str, Any]) -> Wish:
        """What was asked, once the form is valid."""
        said = self.cleaned_data
        return Wish(self.kind, payload, said["reason_code"], said["reason"], said["ticket"].strip())


def ask(request: StaffRequest, wish: Wish, *, seen: str = "") -> HttpResponse:
    """Put it forward, and lead to the page where others decide; or do it at once under a mandate.

    `seen` is the digest of the effect that was looked at. Raises: as put_forward, or as draw.
    """
    if request.POST.get("under"):
        return _given(request, wish, request.POST["under"], seen=seen)
    made = putting_forward.put_forward(wish=wish, by=request.user, at=now(), seen=seen)
    messages.success(request, f"{kind_of(wish.kind).title} was put forward; others decide.")
    return redirect("console:proposal", made.public_id)


def _given(request: StaffRequest, wish: Wish, mandate: str, *, seen: str) -> HttpResponse:
    at = now()
    row = find_mandate(mandate, at=at)
    draw = DrawWish(wish.kind, wish.payload, wish.reason_code, wish.reason, wish.ticket)
    made = mandates.draw(mandate=row.mandate, wish=draw, by=request.user, at=at, seen=seen)
    messages.success(request, f"{made.amount} was given under the mandate.")
    return redirect("console:proposals-mandate", row.mandate.public_id)


def may_ask(request: StaffRequest, kind: str) -> bool:
    """Whether the person may put such a thing forward, as the policy is now."""
    return may_any(request.user, tuple(present_policy().proposing(kind)))


def asking(request: StaffRequest, kind: str) -> dict[str, Any]:
    """What a page says of who puts such a thing forward: whether the reader may, and who does."""
    asks = tuple(present_policy().proposing(kind))
    roles = {role.spoken for each in asks for role in roles_with(each)}
    return {
        "may_ask": may_any(request.user, asks),
        "who_asks": listed(sorted(roles)),
        "mandates": mandates_for(kind, at=now()) if kind in drawable_kinds() else (),
    }
