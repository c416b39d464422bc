"""One's own tokens: for programs that act as oneself, with one's own roles."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import PersonalToken
from accounts.operations import personal_tokens
from accounts.queries.personal_tokens import tokens_of
from console.shell.access import COUNTS, StaffRequest, screen
from core.clock import now


class TokenForm(forms.Form):
    """What a token is for."""

    label = forms.CharField(
        label="What is it for?",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*COUNTS)
def own_tokens(request: StaffRequest) -> HttpResponse:
    """Those that are good; a new one is shown once, on the page that answers."""
    at, issued = now(), None
    if request.method == "POST" and "end" in request.POST:
        token = get_object_or_404(
            PersonalToken, public_id=request.POST["end"][:64], person=request.user
        )
        personal_tokens.end(token=token, by=request.user, at=at)
        messages.success(request, "The token is ended.")
        return redirect("console:tokens")
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        issued = personal_tokens.issue(person=request.user, label=form.cleaned_data["label"], at=at)
        form = TokenForm()
    context = {"form": form, "issued": issued, "tokens": tokens_of(request.user, at=at)}
    return render(request, "console/shell/tokens.html", context)
