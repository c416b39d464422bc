"""POST /oauth/token and /oauth/revoke, how often each may be asked, and what both can (RFC 8414).

Nothing but client credentials: no device, no code, no password and no page to sign in on.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from oauth2_provider.views import RevokeTokenView, TokenView

from accounts.models import CredentialScope
from api.limits import (
    FAILURES_OF_A_CLIENT,
    FAILURES_OF_AN_ADDRESS,
    TOKENS_OF_A_CLIENT,
    count,
    seconds_to_wait,
)
from core.addresses import client_address
from core.clock import now

GRANT: Final = "client_credentials"
AUTH_METHODS: Final = ["client_secret_basic", "client_secret_post"]


class _Limited:
    """Answers 429 to whoever fails too often, and to a client that asks for too many tokens."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at, client_id = now(), _claimed_client(request)
        address = client_address(request.META, trusted_hops=settings.TRUSTED_PROXY_HOPS)
        failures = [
            (FAILURES_OF_A_CLIENT, f"{client_id} {address}"),
            (FAILURES_OF_AN_ADDRESS, address),
        ]
        issued = [(TOKENS_OF_A_CLIENT, client_id)]
        if wait := seconds_to_wait([*failures, *issued], at=at):
            return _too_often(wait)
        answer = self.answer(request)
        if answer.status_code == 200:
            count(issued, at=at)
        elif answer.status_code == 401:
            count(failures, at=at)
        return answer

    def answer(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError


class TokenEndpoint(_Limited, TokenView):  # type: ignore[misc]  # untyped package
    """A token for a client's id and secret."""

    http_method_names = ("post", "options")

    def answer(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("grant_type", GRANT) != GRANT:
            said = f"The only grant here is {GRANT}."
            return _refusal(400, "unsupported_grant_type", said)
        granted: HttpResponse = self.authorization_flow_token_response(request)
        return granted


class RevokeEndpoint(_Limited, RevokeTokenView):  # type: ignore[misc]  # untyped package
    """The end of a token, for the client it is of."""

    http_method_names = ("post", "options")

    def answer(self, request: HttpRequest) -> HttpResponse:
        done: HttpResponse = RevokeTokenView.post(self, request)
        return done


@require_safe
def server_metadata(request: HttpRequest) -> JsonResponse:
    """RFC 8414. There is no authorization endpoint, so the only response type is none."""
    issuer = request.build_absolute_uri("/").rstrip("/")
    return JsonResponse(
        {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/oauth/token",
            "token_endpoint_auth_methods_supported": AUTH_METHODS,
            "revocation_endpoint": f"{issuer}/oauth/revoke",
            "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
            "grant_types_supported": [GRANT],
            "response_types_supported": ["none"],
            "scopes_supported": sorted(CredentialScope.values),
            "service_documentation": f"{issuer}/api/v1/openapi.json",
        }
    )


def _claimed_client(request: HttpRequest) -> str:
    """The client id that came, whether or not it is anybody's; empty where none can be read."""
    scheme, _, encoded = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(encoded).decode("utf-8").partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
    return str(request.POST.get("client_id", ""))


def _too_often(wait: int) -> HttpResponse:
    said = f"Asked too often; ask again in {wait} seconds. A token is good for an hour: keep it."
    answer = _refusal(429, "slow_down", said)
    answer.headers["Retry-After"] = str(wait)
    return answer


def _refusal(status: int, error: str, said: str) -> HttpResponse:
    answer = JsonResponse({"error": error, "error_description": said}, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
