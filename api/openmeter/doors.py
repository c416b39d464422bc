"""What the addresses of this door share: who asks, and how figures are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.models import CredentialScope
from api.authentication import authenticate_partner

_encode = msgspec.json.Encoder(decimal_format="number").encode


def openmeter_read(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """A GET of a partner; the view takes the partner after the request, and gives what is told."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        principal = authenticate_partner(request, CredentialScope.ACCOUNTS_READ)
        told = view(request, principal, *args, **kwargs)
        return HttpResponse(_encode(told), content_type="application/json")

    return answered
