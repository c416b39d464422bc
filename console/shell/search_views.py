"""Search everything: a page, and the inside of the palette."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from billing.overview.queries.search import search
from billing.overview.queries.search_hits import Hit
from console.shell.access import BILLING, StaffRequest, screen, sees_personal_data
from console.shell.query_params import words

_PAGES = {
    "account": "console:account",
    "invoice": "console:invoice",
    "credit-note": "console:credit-note",
    "adjustment": "console:adjustment",
    "resource": "console:resource",
    "run": "console:run",
    "parallel": "console:parallel-run",
    "plan": "console:version",
    "meter": "console:meter",
    "event": "console:event",
}


def url_of(hit: Hit) -> str:
    """The page of an answer. Raises: KeyError for a kind that has none."""
    if hit.kind == "plans":
        return reverse("console:plans") + f"#{hit.ref}"
    if hit.kind == "line":
        return reverse("console:explain", args=hit.ref.rsplit("/", 1))
    if hit.kind == "held":
        return reverse("console:quarantine") + "?" + urlencode({"subject": hit.ref})
    return reverse(_PAGES[hit.kind], args=[hit.ref])


@require_GET
@screen(*BILLING)
def search_page(request: StaffRequest) -> HttpResponse:
    """Answers in groups; a text that names one thing goes there at once."""
    found = search(words(request, "q"), in_full=sees_personal_data(request.user))
    if found.exact is not None and not request.htmx:
        return redirect(url_of(found.exact))
    groups = [(group.label, [(hit, url_of(hit)) for hit in group.hits]) for group in found.groups]
    context = {"found": found, "groups": groups}
    template = "console/shell/_search_results.html" if request.htmx else "console/shell/search.html"
    return render(request, template, context)
