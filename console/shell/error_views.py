"""Pages for what went wrong outside a screen: no such address, not allowed, a defect."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.actor import current_request_id


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: offers the last word of the address to the search."""
    wanted = request.path.rstrip("/").rpartition("/")[2][:100]
    context = {"wanted": wanted, "request_id": current_request_id()}
    return render(request, "404.html", context, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 from outside a screen, such as the admin."""
    return render(request, "403.html", {"request_id": current_request_id()}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: says that nothing was saved, and the request id to look it up by."""
    return render(request, "500.html", {"request_id": current_request_id()}, status=500)
