"""POST /openmeter/api/v1/events: 204 where every event was taken in; else none of them was.

That API has no verdicts, so a batch is taken in whole or refused with the reasons.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from api.rest.v1.usage_ingest import take_in_events


@csrf_exempt
def take_in(request: HttpRequest) -> HttpResponse:
    """Take in one event or a batch."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    answer = take_in_events(request, is_atomic=True)
    return HttpResponse(status=204) if answer.status_code == 200 else answer
