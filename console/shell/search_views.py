"""Search everything: a page, and the inside of the palette.

A short question is an address that can be kept. A longer text, such as a customer's e-mail, is sent
as a form, so that it stands in no address and no log; it is read and not kept.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from billing.overview.queries.search import LONGEST, SearchResult, search
from billing.overview.queries.search_filters import SearchFilterInvalid, filtered_search
from console.shell.access import BILLING, StaffRequest, screen, sees_personal_data
from console.shell.commands import commands_for
from console.shell.query_params import words
from console.shell.record_pages import page_for, page_of
from console.shell.saved_views import view_commands
from core.clock import now
from core.text_in import is_odd


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def search_page(request: StaffRequest) -> HttpResponse:
    """Answers in groups; a text that names one thing goes there at once."""
    text = _text(request)
    if request.method == "POST" and _is_short(text) and not request.htmx:
        return redirect(f"{reverse('console:search')}?{urlencode({'q': text})}")
    found, problem = _found(request, text)
    if found.exact is not None and not request.htmx:
        return redirect(page_of(found.exact.kind, found.exact.ref))
    template = "console/shell/_search_results.html" if request.htmx else "console/shell/search.html"
    context = _context(request, text, found) | {"problem": problem}
    return render(request, template, context, status=422 if problem and not request.htmx else 200)


def _is_short(text: str) -> bool:
    return len(text) <= LONGEST and "\n" not in text


def _found(request: StaffRequest, text: str) -> tuple[SearchResult, str]:
    """The answers, or none and why the question cannot be read."""
    try:
        found = filtered_search(text, at=now()) if _is_short(text) else None
    except SearchFilterInvalid as problem:
        return SearchResult(text), problem.message
    return found or search(text, in_full=sees_personal_data(request.user)), ""


def _text(request: StaffRequest) -> str:
    """What is searched for; what no database holds in a text is left out of a pasted one."""
    if request.method != "POST":
        return words(request, "q")
    pasted = request.POST.get("q", "").replace("\r\n", "\n").strip()
    return "".join(letter for letter in pasted if letter == "\n" or not is_odd(letter))


def _context(request: StaffRequest, text: str, found: SearchResult) -> dict[str, Any]:
    groups = [
        (group.label, [(hit, page_for(request.user, hit.kind, hit.ref)) for hit in group.hits])
        for group in found.groups
    ]
    return {
        "found": found,
        "text": text,
        "rows": 8 if "\n" in text else 2,
        "groups": groups,
        "commands": [*commands_for(text, request.user), *view_commands(text, request.user)],
    }
