"""A page that asks for something about an account: the form, what it would do, putting it forward.

What is put forward is what was shown; another effect by then is shown anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from approvals.kinds import canonical_digest
from approvals.operations import putting_forward
from approvals.operations.putting_forward import Wish
from console.approvals.asking import PutsForward, ask
from console.shell.access import StaffRequest
from core.clock import now
from core.errors import DomainError


class WishForm(PutsForward):
    """A form that is put forward; a subclass says what of it is wanted."""

    def payload(self) -> Mapping[str, Any]:
        """What was asked, once the form is valid."""
        raise NotImplementedError


def asked(
    request: StaffRequest, form: WishForm, page: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The form; with what it would do once it can be read; put forward what was seen."""
    context = {**context, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, page, context, status=422 if form.is_bound else 200)
    try:
        wish = form.wish(form.payload())
        effect = putting_forward.look_at(wish=wish, by=request.user, at=now())
        seen = _seen(wish, effect.digest)
        if request.POST.get("seen") == seen and "put_forward" in request.POST:
            return ask(request, wish)
    except DomainError as problem:
        return render(request, page, context | {"problem": problem}, status=problem.status)
    return render(request, page, context | {"effect": effect, "seen": seen})


def _seen(wish: Wish, digest: str) -> str:
    return canonical_digest([wish.payload, wish.reason_code, digest])
