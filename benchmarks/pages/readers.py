"""Who opens the pages: people of the staff, and a partner that may read everything."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.test import Client

from accounts.models import CredentialScope, Partner, Role, User
from accounts.operations import partners, roles
from benchmarks import world
from benchmarks.pages.sights import Sights
from core.actor import acting_as

_WHY = "Benchmark"
# Django's own "testserver" is no host of a running installation.
_HOST = "localhost"


class NoToken(Exception):
    """The partner got no token."""


def found_staff(*, at: datetime) -> None:
    """An operator, an approver and a finance administrator."""
    with acting_as(world.BENCH, reason=_WHY):
        people = {role: _person(role) for role in (Role.OPERATOR, Role.FINANCE_APPROVER)}
        last = _person(Role.FINANCE_ADMIN)
    roles.found(people=people, at=at, reason=_WHY)
    asked = roles.propose(
        person=last, role=Role.FINANCE_ADMIN, by=people[Role.OPERATOR], at=at, reason=_WHY
    )
    roles.approve(grant=asked, by=people[Role.FINANCE_APPROVER], at=at, reason=_WHY)


def _client(**more: Any) -> Client:
    """A page that breaks answers 500, as it would in a browser."""
    return Client(raise_request_exception=False, SERVER_NAME=_HOST, **more)


def _person(role: Role) -> User:
    """Somebody called as their role; nobody writes to them."""
    email = f"{role.value}@example.com"
    person: User = User.objects.create(username=role.value, email=email, is_staff=True)
    return person


def staff() -> Sequence[Client]:
    """Their browsers, signed in; the one who sees most pages first."""
    found = []
    for role in (Role.FINANCE_ADMIN, Role.FINANCE_APPROVER, Role.OPERATOR):
        client = _client()
        client.force_login(User.objects.get(username=role.value))
        found.append(client)
    return found


def open_to_the_partner(*, at: datetime) -> tuple[str, str]:
    """Let the partner that sends read every account; its client id and secret for all scopes."""
    partner = Partner.objects.get()
    terms = partners.PartnerTerms(
        partner.name,
        partner.kind,
        sources=partner.sources,
        event_types=partner.event_types,
        reads_every_account=True,
        reports_every_resource=True,
    )
    partners.revise(partner=partner, terms=terms, at=at, by=world.BENCH, reason=_WHY)
    issued = partners.issue_credential(
        partner=partner,
        label="pages",
        scopes=CredentialScope.values,
        at=at,
        by=world.BENCH,
        reason=_WHY,
    )
    return issued.client_id, issued.client_secret


def machine(sights: Sights) -> Client:
    """The partner's client. Raises: NoToken."""
    pair = base64.b64encode(f"{sights.client_id}:{sights.client_secret}".encode()).decode()
    answer = _client().post(
        "/oauth/token",
        {"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {pair}"},
    )
    if answer.status_code != 200:
        raise NoToken(answer.content.decode())
    token = answer.json()["access_token"]
    return _client(headers={"Authorization": f"Bearer {token}"})
