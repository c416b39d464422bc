"""A person of the staff at the machines' door: a personal token, never a cookie.

What the person may do is asked of their roles at that moment, as in the console.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.operations.personal_tokens import PREFIX, digest_of
from accounts.permissions import Permission, permitted
from accounts.queries.personal_tokens import live_tokens
from api.admission import admit
from api.authentication import bearer_token
from api.tokens import CHALLENGE, TokenInvalid
from core.clock import now
from core.errors import Forbidden

READERS: Final = (Permission.BILLING_READ, Permission.BILLING_READ_MASKED)


class RoleMissing(Forbidden):
    """The person's roles do not carry this."""

    code = "role_missing"
    title = "Your roles do not carry this"


@dataclass(frozen=True, slots=True)
class StaffPrincipal:
    """The person behind a request."""

    person: User

    @property
    def owner(self) -> str:
        """Whose idempotency keys its requests bring: all tokens of a person have the same."""
        return f"person:{self.person.public_id}"

    @property
    def is_authenticated(self) -> bool:
        """DRF asks this of whoever stands in request.user."""
        return True


class StaffAuthentication(BaseAuthentication):
    """A personal token in the Authorization header. Raises: Unauthenticated and its kinds."""

    def authenticate(self, request: Request) -> tuple[StaffPrincipal, None]:
        person = person_of_token(bearer_token(request._request), at=now())
        admit(request._request, person.public_id)
        return StaffPrincipal(person), None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def person_of_token(secret: str, *, at: datetime) -> User:
    """Whose personal token it is. Raises: TokenInvalid."""
    found = None
    if secret.startswith(PREFIX):
        found = live_tokens(at).filter(secret_sha256=digest_of(secret)).first()
    if found is None:
        raise TokenInvalid("The token is not a personal one that is good now.")
    return found.person


class ReadsBilling(BasePermission):
    """Whoever reads billing in the console."""

    def has_permission(self, request: Request, view: object) -> bool:
        if not any(permitted(person_of(request), each) for each in READERS):
            raise RoleMissing("Only who reads billing in the console sees proposals.")
        return True


def person_of(request: Request) -> User:
    """The person that StaffAuthentication found."""
    principal = request.user
    assert isinstance(principal, StaffPrincipal)
    return principal.person
