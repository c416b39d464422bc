"""Views of lists by name: saved as the address narrows a list, one's own or everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import SavedView, User
from accounts.operations import desks
from accounts.queries.desks import find_view, views_of
from console.shell.access import COUNTS, StaffRequest, opens, screen
from console.shell.commands import PaletteCommand
from core.clock import now
from core.errors import DomainError

_NOT_KEPT: Final = ("after", "before")
FOUND_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class ShownView:
    """A view as its list offers it; `is_own` may be ended."""

    view: SavedView
    url: str
    is_own: bool


class SavesView(forms.Form):
    """Which list, how it is narrowed, and under which name."""

    page = forms.CharField(max_length=64)
    query = forms.CharField(max_length=4000, required=False)
    name = forms.CharField(max_length=desks.NAME_MOST)
    shared = forms.BooleanField(required=False)

    def clean_page(self) -> str:
        """The name of a list. Raises: ValidationError."""
        page: str = self.cleaned_data["page"]
        if not is_list(page):
            raise forms.ValidationError("There is no such list.")
        return page

    def clean_query(self) -> str:
        """What narrows it, without the place in the list."""
        return kept(QueryDict(self.cleaned_data["query"].removeprefix("?")))


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*COUNTS)
def views(request: StaffRequest) -> HttpResponse:
    """Every view that is open to the person; a list posts a new one here."""
    if request.method != "POST":
        context = {"views": shown_views(request.user)}
        return render(request, "console/shell/views.html", context)
    form = SavesView(request.POST)
    if not form.is_valid():
        said = " ".join(str(each) for errors in form.errors.values() for each in errors)
        messages.error(request, f"Nothing was saved. {said}")
        return redirect("console:views")
    said_of = form.cleaned_data
    try:
        made = desks.save_view(
            person=request.user,
            page=said_of["page"],
            name=said_of["name"],
            query=said_of["query"],
            shared=said_of["shared"],
            at=now(),
        )
    except DomainError as problem:
        messages.error(request, problem.message)
        return redirect("console:views")
    messages.success(request, f"“{made.name}” is saved.")
    return redirect(url_of(made))


@require_POST
@screen(*COUNTS)
def view_end(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take one's own away."""
    found = find_view(public_id)
    desks.end_view(view=found, by=request.user, at=now())
    messages.success(request, f"“{found.name}” is gone.")
    return redirect("console:views")


def shown_views(user: User, page: str = "") -> Sequence[ShownView]:
    """The views of one list, or of all that are open to the person; one query."""
    return [
        ShownView(each, url_of(each), each.person_id == user.pk)
        for each in views_of(user, page=page)
        if is_list(each.page) and (page or opens(user, f"console:{each.page}"))
    ]


def view_commands(text: str, user: User) -> Sequence[PaletteCommand]:
    """The saved views whose words begin as the typed ones do, as commands; one query."""
    typed = text.lower().split()
    if not typed:
        return ()
    found = [
        PaletteCommand(
            each.view.name,
            f"console:{each.view.page}",
            note=f"view of {each.view.page}, {'yours' if each.is_own else each.view.person}",
            query=f"?{each.view.query}" if each.view.query else "",
        )
        for each in shown_views(user)
        if all(any(word.startswith(one) for word in _words(each.view)) for one in typed)
    ]
    return found[:FOUND_MOST]


def is_list(page: str) -> bool:
    """Whether an address of this name is a list of its own: one with files that names no record."""
    try:
        reverse(f"console:{page}")
        reverse(f"console:{page}-file", args=["csv"])
    except NoReverseMatch:
        return False
    return True


def kept(asked: QueryDict) -> str:
    """What an address asks that narrows or sorts, without the place in the list."""
    plain = QueryDict(mutable=True)
    for name, values in asked.lists():
        filled = [value for value in values if value]
        if name not in _NOT_KEPT and filled:
            plain.setlist(name, filled)
    return plain.urlencode()


def url_of(view: SavedView) -> str:
    """Where the view opens."""
    return reverse(f"console:{view.page}") + (f"?{view.query}" if view.query else "")


def _words(view: SavedView) -> Sequence[str]:
    return f"view {view.name} {view.page}".lower().split()
