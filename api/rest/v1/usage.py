"""The paths of usage: events in, and what became of them.

GET and POST of one address are two views: the machines' hot path knows nothing of DRF.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from api.rest.v1.usage_ingest import receive_events


@csrf_exempt
def usage_events(request: HttpRequest) -> HttpResponse:
    """POST takes events in."""
    if request.method == "POST":
        return receive_events(request)
    return HttpResponseNotAllowed(["POST"])


urlpatterns = [
    path("usage/events", usage_events, name="usage-events"),
]
