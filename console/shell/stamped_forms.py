"""Forms over what exists already: they carry what they were made from, and show what became of it.

A change since is shown with both, what was seen and what is there now; sent again, the form goes on
from what was shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.db.stamps import ChangedSince
from core.errors import DomainError


class MadeFrom(forms.Form):
    """A form whose hidden field says what its reader saw."""

    made_from = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput())

    def __init__(self, *args: Any, made_from: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["made_from"].initial = made_from

    @property
    def seen(self) -> str:
        """What the form was made from, once it is valid."""
        seen: str = self.cleaned_data["made_from"]
        return seen

    def go_on_from(self, stamp: str) -> None:
        """Keep what was typed, and take what is there now as seen."""
        said: Any = self.data
        self.data = said = said.copy()
        said[self.add_prefix("made_from")] = stamp


def shown_again(
    request: HttpRequest, template: str, context: dict[str, Any], problem: DomainError
) -> HttpResponse:
    """The page of a form that was refused, with why and with what was typed."""
    form = context["form"]
    if isinstance(problem, ChangedSince) and isinstance(form, MadeFrom):
        form.go_on_from(problem.stamp)
    return render(request, template, context | {"problem": problem}, status=problem.status)


def form_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    change: Callable[[dict[str, Any]], object],
    *,
    done: str,
    to: str,
) -> HttpResponse:
    """The page of the form in `context`; sent, what it says is changed, and `to` is next.

    What is refused is shown again. `done` is told on the next page.
    """
    form = context["form"]
    if request.method != "POST":
        return render(request, template, context)
    if not form.is_valid():
        return render(request, template, context, status=422)
    try:
        change(form.cleaned_data)
    except DomainError as problem:
        return shown_again(request, template, context, problem)
    messages.success(request, done)
    return redirect(to)
