"""What a partner is answered, for the staff who look from outside: the same views, only reading.

A door is read, never opened: only GET is asked, with the scopes of the partner's live credentials.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import resolve

from accounts.models import Partner
from api.tokens import PartnerPrincipal


def answer_to(partner: Partner, path: str, query: str, *, at: datetime) -> tuple[int, Any]:
    """The status and the data with which REST answers this partner's GET."""
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "443", "QUERY_STRING": query}
    request.META["HTTP_ACCEPT"] = "application/json"
    request.GET = QueryDict(query)
    request._force_auth_user = _principal(partner, at)  # type: ignore[attr-defined]  # read by DRF
    found = resolve(path)
    answer = found.func(request, *found.args, **found.kwargs)
    return answer.status_code, answer.data


def _principal(partner: Partner, at: datetime) -> PartnerPrincipal:
    live = [each for each in partner.credentials.all() if each.is_live(at)]
    return PartnerPrincipal(
        partner_id=partner.pk,
        public_id=partner.public_id,
        name=partner.name,
        credential_id="",
        scopes=frozenset(scope for each in live for scope in each.scopes),
        sources=frozenset(partner.sources),
        event_types=frozenset(partner.event_types),
        reads_every_account=partner.reads_every_account,
    )
