"""Search everything: a page, and the inside of the palette."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from billing.overview.queries.search import search
from console.shell.access import BILLING, StaffRequest, screen, sees_personal_data
from console.shell.query_params import words
from console.shell.record_pages import page_of


@require_GET
@screen(*BILLING)
def search_page(request: StaffRequest) -> HttpResponse:
    """Answers in groups; a text that names one thing goes there at once."""
    found = search(words(request, "q"), in_full=sees_personal_data(request.user))
    if found.exact is not None and not request.htmx:
        return redirect(page_of(found.exact.kind, found.exact.ref))
    groups = [
        (group.label, [(hit, page_of(hit.kind, hit.ref)) for hit in group.hits])
        for group in found.groups
    ]
    context = {"found": found, "groups": groups}
    template = "console/shell/_search_results.html" if request.htmx else "console/shell/search.html"
    return render(request, template, context)
