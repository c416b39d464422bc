"""Who calls the machines' door: a partner with a bearer token, never a cookie.

A token is looked up by its SHA-256, which is all that is stored. What is found is kept in the
process for a few seconds, so a revoked credential stops working everywhere within
`CACHE_SECONDS`; expiry is checked on every request. Staff sessions are not looked at.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from core.actor import Actor
from core.clock import now
from core.errors import DomainError, Forbidden, Malformed

CACHE_SECONDS: Final = 4.0
CACHE_ENTRIES_MAX: Final = 10_000
TOKEN_LENGTH_MAX: Final = 4_096

_CHALLENGE: Final = 'Bearer realm="counterfoil"'
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


class Unauthenticated(DomainError):
    """No usable credential came with the request."""

    code = "auth_required"
    title = "Authentication required"
    status = 401
    headers = {"WWW-Authenticate": _CHALLENGE}


class WrongScheme(Unauthenticated):
    """Only bearer tokens are accepted."""

    code = "auth_scheme"
    title = "Use a bearer token"


class TokenInvalid(Unauthenticated):
    """The token is not one of ours, or not of a partner."""

    code = "auth_invalid"
    title = "The token is not valid"
    headers = {"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'}


class KeyRevoked(TokenInvalid):
    """The credential behind the token was revoked."""

    code = "key_revoked"
    title = "The credential was revoked"


class KeyExpired(TokenInvalid):
    """The token, or the credential behind it, has expired."""

    code = "key_expired"
    title = "The token has expired"


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


@dataclass(frozen=True, slots=True)
class PartnerPrincipal:
    """The partner behind a request, and what its token is good for."""

    partner_id: int
    public_id: str
    name: str
    credential_id: str
    scopes: frozenset[str]
    sources: frozenset[str]
    event_types: frozenset[str]
    reads_every_account: bool

    @property
    def actor(self) -> Actor:
        """The partner as history names it."""
        return Actor.partner(self.public_id, self.name)

    @property
    def is_authenticated(self) -> bool:
        """DRF asks this of whoever stands in request.user."""
        return True


@dataclass(frozen=True, slots=True)
class _Known:
    principal: PartnerPrincipal
    expires_at: datetime
    revoked_at: datetime | None
    read_at: float


class TokenCache:
    """The tokens of one process, each read at most `max_age_s` ago; shared between threads.

    An entry is put in place by one dict assignment, so a reader sees a whole one or none.
    """

    def __init__(
        self,
        *,
        max_age_s: float = CACHE_SECONDS,
        entries_max: int = CACHE_ENTRIES_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_age_s = max_age_s
        self._entries_max = entries_max
        self._monotonic = monotonic
        self._entries: dict[str, _Known] = {}

    def partner_of(self, token: str, *, at: datetime) -> PartnerPrincipal:
        """The partner a token stands for at `at`.

        Raises: TokenInvalid, KeyRevoked, KeyExpired.
        """
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = self._entries.get(digest)
        if known is None or self._monotonic() - known.read_at > self._max_age_s:
            known = self._read(digest)
        if known is None:
            raise TokenInvalid("The bearer token is not known here.")
        if known.revoked_at is not None:
            raise KeyRevoked("The credential behind this token was revoked.")
        if known.expires_at <= at:
            raise KeyExpired("The token has expired; ask for a new one.")
        return known.principal

    def clear(self) -> None:
        """Forget every token; for tests."""
        self._entries.clear()

    def _read(self, digest: str) -> _Known | None:
        # The age counts from before the query: a revocation it does not see must not look fresh.
        known = _read(digest, read_at=self._monotonic())
        if known is None:
            self._entries.pop(digest, None)
            return None
        if len(self._entries) >= self._entries_max:
            self._entries.clear()
        self._entries[digest] = known
        return known


tokens: Final = TokenCache()


def authenticate_partner(request: HttpRequest, scope: str) -> PartnerPrincipal:
    """The partner whose bearer token came with the request, if it is good for `scope`.

    Raises: Unauthenticated and its kinds (401), ScopeMissing (403), AuthAmbiguous (400),
    HeaderTooLarge (431).
    """
    return require_scope(tokens.partner_of(bearer_token(request), at=now()), scope)


def require_scope(principal: PartnerPrincipal, scope: str) -> PartnerPrincipal:
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
        return tokens.partner_of(bearer_token(request._request), at=now()), None

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


_OF_CREDENTIAL = "application__credential"
_OF_PARTNER = "application__credential__partner"


def _read(digest: str, *, read_at: float) -> _Known | None:
    row = (
        AccessToken.objects.filter(token_checksum=digest, application__credential__isnull=False)
        .values(
            "scope",
            "expires",
            f"{_OF_CREDENTIAL}__public_id",
            f"{_OF_CREDENTIAL}__scopes",
            f"{_OF_CREDENTIAL}__expires_at",
            f"{_OF_CREDENTIAL}__revoked_at",
            f"{_OF_PARTNER}__id",
            f"{_OF_PARTNER}__public_id",
            f"{_OF_PARTNER}__name",
            f"{_OF_PARTNER}__sources",
            f"{_OF_PARTNER}__event_types",
            f"{_OF_PARTNER}__reads_every_account",
        )
        .first()
    )
    if row is None:
        return None
    credential_ends = row[f"{_OF_CREDENTIAL}__expires_at"]
    return _Known(
        PartnerPrincipal(
            partner_id=row[f"{_OF_PARTNER}__id"],
            public_id=row[f"{_OF_PARTNER}__public_id"],
            name=row[f"{_OF_PARTNER}__name"],
            credential_id=row[f"{_OF_CREDENTIAL}__public_id"],
            scopes=frozenset(row["scope"].split()) & frozenset(row[f"{_OF_CREDENTIAL}__scopes"]),
            sources=frozenset(row[f"{_OF_PARTNER}__sources"]),
            event_types=frozenset(row[f"{_OF_PARTNER}__event_types"]),
            reads_every_account=row[f"{_OF_PARTNER}__reads_every_account"],
        ),
        expires_at=min(filter(None, (row["expires"], credential_ends))),
        revoked_at=row[f"{_OF_CREDENTIAL}__revoked_at"],
        read_at=read_at,
    )
