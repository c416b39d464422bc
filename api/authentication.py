"""Who calls the machines' door: a partner with a bearer token in the header, never a cookie.

Owns the Authorization header and the scopes. Which partner a token stands for is api.tokens'
business; staff sessions are not looked at.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from api.admission import admit, uses
from api.tokens import (
    CHALLENGE,
    AccountReader,
    PartnerPrincipal,
    TokenCache,
    TokenInvalid,
    Unauthenticated,
)
from core.clock import now
from core.errors import DomainError, Forbidden, Malformed

ReaderT = TypeVar("ReaderT", bound=AccountReader)

TOKEN_LENGTH_MAX: Final = 4_096

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


class WrongScheme(Unauthenticated):
    """Only bearer tokens are accepted."""

    code = "auth_scheme"
    title = "Use a bearer token"


class AuthAmbiguous(Malformed):
    """More than one credential came with the request."""

    code = "auth_ambiguous"
    title = "Send one Authorization header"


class HeaderTooLarge(DomainError):
    """No token of ours is that long."""

    code = "header_too_large"
    title = "The Authorization header is too large"
    status = 431


class ScopeMissing(Forbidden):
    """The token is good, but not for this."""

    code = "scope_missing"
    title = "The token lacks a scope"


tokens: Final = TokenCache()


def authenticate_partner(request: HttpRequest, scope: str) -> PartnerPrincipal:
    """The partner whose bearer token came with the request, if it is good for `scope`.

    Raises: Unauthenticated and its kinds (401), ScopeMissing (403), AuthAmbiguous (400),
    HeaderTooLarge (431).
    """
    at = now()
    principal = require_scope(tokens.partner_of(bearer_token(request), at=at), scope)
    uses.note(principal.credential_id, at=at)
    return principal


def partner_let_in(request: HttpRequest) -> PartnerPrincipal:
    """The partner whose token came, as the database says it now: what is revoked ends here.

    Raises: Unauthenticated and its kinds, AuthAmbiguous, HeaderTooLarge, RateLimited.
    """
    at = now()
    principal = tokens.partner_of(bearer_token(request), at=at, is_fresh=True)
    admit(request, principal.credential_id)
    uses.note(principal.credential_id, at=at)
    return principal


def require_scope(principal: ReaderT, scope: str) -> ReaderT:
    """Raises: ScopeMissing."""
    if scope not in principal.scopes:
        raise ScopeMissing(f"This needs the scope {scope}; ask for a token with it.")
    return principal


def bearer_token(request: HttpRequest) -> str:
    """The token in the Authorization header, well-formed.

    Raises: Unauthenticated, WrongScheme, TokenInvalid, AuthAmbiguous, HeaderTooLarge.
    """
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise Unauthenticated("Send an Authorization header with a bearer token.")
    if len(header) > TOKEN_LENGTH_MAX:
        raise HeaderTooLarge("The Authorization header is longer than any token of ours.")
    if "," in header:
        # Servers join repeated headers with a comma, and no token holds one.
        raise AuthAmbiguous("Two Authorization headers came; send one.")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise WrongScheme("Only the Bearer scheme is accepted here.")
    if not _TOKEN.fullmatch(token):
        raise TokenInvalid("The bearer token is empty or not well-formed.")
    return token


class PartnerAuthentication(BaseAuthentication):
    """The same for DRF views; the scope is the view's permission."""

    def authenticate(self, request: Request) -> tuple[PartnerPrincipal, None]:
        return partner_let_in(request._request), None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE
