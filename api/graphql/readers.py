"""Who asks the graph: a partner with its token, or a person of the staff with theirs.

A person reads what they read in the console, of every account, and puts forward as themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from accounts.models import CredentialScope, User
from accounts.operations.personal_tokens import PREFIX
from accounts.permissions import permitted
from api.admission import admit
from api.authentication import bearer_token, partner_let_in
from api.staff import READERS, RoleMissing, person_of_token
from api.tokens import PartnerPrincipal
from core.actor import Actor
from core.clock import now

PROPOSALS_READ: Final = "proposals:read"
"""What people of the staff read, and no credential of a partner can."""
_READING: Final = frozenset(
    [PROPOSALS_READ, *(each.value for each in CredentialScope if each.value.endswith(":read"))]
)


@dataclass(frozen=True, slots=True)
class StaffReader:
    """A person of the staff, in the place of a partner that reads every account."""

    person: User
    scopes: frozenset[str] = _READING
    partner_id: int = 0
    public_id: str = ""
    reads_every_account: bool = True

    @property
    def owner(self) -> str:
        """Whose idempotency keys it brings: the person's, as over REST."""
        return f"person:{self.person.public_id}"

    @property
    def actor(self) -> Actor:
        """The person as history names it."""
        return self.person.actor


GraphPrincipal = PartnerPrincipal | StaffReader


def principal_of_question(request: HttpRequest) -> GraphPrincipal:
    """Who asks. Raises: Unauthenticated and its kinds, RoleMissing."""
    token = bearer_token(request)
    if not token.startswith(PREFIX):
        return partner_let_in(request)
    person = person_of_token(token, at=now())
    admit(request, person.public_id)
    if not any(permitted(person, each) for each in READERS):
        raise RoleMissing("Only who reads billing in the console asks here.")
    return StaffReader(person)
