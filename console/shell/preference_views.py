"""What a person may choose for their screen, and the list of keys."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from console.shell.access import COUNTS, StaffRequest, screen
from console.shell.preferences import CHOICES, remember


@require_POST
@screen(*COUNTS)
def preferences(request: StaffRequest) -> HttpResponse:
    """Keep the choices that were sent, go back to the page they were made on."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "console:inbox"
    response = redirect(back)
    for name, values in CHOICES.items():
        value = request.POST.get(name, "")
        if value in values:
            remember(response, name, value, secure=request.is_secure())
    return response


@require_GET
@screen(*COUNTS)
def shortcuts(request: StaffRequest) -> HttpResponse:
    """The keys, for browsers that do not open the dialog."""
    return render(request, "console/shell/shortcuts.html")
