"""Tokens of one process: which partner each stands for, read from the database every few seconds.

A token is looked up by its SHA-256, which is all that is stored. What is found is kept for
`CACHE_SECONDS` for whoever sends events, so a revoked credential stops sending within that time.
Every other door reads it anew; expiry is checked on every use.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from oauth2_provider.models import AccessToken

from core.actor import Actor
from core.errors import DomainError

CACHE_SECONDS: Final = 4.0
CACHE_ENTRIES_MAX: Final = 10_000
CHALLENGE: Final = 'Bearer realm="counterfoil"'


class Unauthenticated(DomainError):
    """No usable credential came with the request."""

    code = "auth_required"
    title = "Authentication required"
    status = 401
    headers = {"WWW-Authenticate": CHALLENGE}


class TokenInvalid(Unauthenticated):
    """The token is not one of ours, or not of a partner."""

    code = "auth_invalid"
    title = "The token is not valid"
    headers = {"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'}


class KeyRevoked(TokenInvalid):
    """The credential behind the token was revoked."""

    code = "key_revoked"
    title = "The credential was revoked"


class KeyExpired(TokenInvalid):
    """The token, or the credential behind it, has expired."""

    code = "key_expired"
    title = "The token has expired"


class AccountReader(Protocol):
    """Whoever reads accounts, within scopes: a partner, or a person of the staff."""

    @property
    def partner_id(self) -> int: ...

    @property
    def scopes(self) -> frozenset[str]: ...

    @property
    def reads_every_account(self) -> bool: ...


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
    def owner(self) -> str:
        """Whose idempotency keys its requests bring: all credentials of a partner have the same."""
        return f"partner:{self.public_id}"

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

    def partner_of(self, token: str, *, at: datetime, is_fresh: bool = False) -> PartnerPrincipal:
        """The partner a token stands for at `at`; `is_fresh` as the database says it now.

        Raises: TokenInvalid, KeyRevoked, KeyExpired.
        """
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = None if is_fresh else self._entries.get(digest)
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
