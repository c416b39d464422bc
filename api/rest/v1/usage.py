"""The paths of usage: events in, and what became of them.

GET and POST of one address are two views: the machines' hot path knows nothing of DRF.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.routers import SimpleRouter

from api.rest.v1.usage_ingest import receive_events
from api.rest.v1.usage_progress import UsageProgress
from api.rest.v1.usage_reads import BackfillResource, EventFate, EventList, QuarantineResource

_list_events = EventList.as_view()


@csrf_exempt
def usage_events(request: HttpRequest) -> HttpResponseBase:
    """POST takes events in, GET lists them."""
    if request.method == "POST":
        return receive_events(request)
    answer = _list_events(request)
    if "Allow" in answer.headers:
        answer.headers["Allow"] = "GET, POST, HEAD, OPTIONS"
    return answer


_router = SimpleRouter(trailing_slash=False)
_router.register("usage/quarantine", QuarantineResource, basename="quarantine")
_router.register("usage/backfills", BackfillResource, basename="backfill")

urlpatterns = [
    path("usage/events", usage_events, name="usage-events"),
    path("usage/progress", UsageProgress.as_view(), name="usage-progress"),
    re_path("^usage/events/(?P<key>[0-9a-f]{32})$", EventFate.as_view(), name="usage-event"),
    path("", include(_router.urls)),
]
