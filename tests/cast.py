"""The accounts, resources, partners and staff of the tests, made by the real operations.

Acme is a German enterprise, Globex an American team; Ada approves in finance, Sam answers in
support. Here is who a test is about; actors without rows are in tests.people.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import Account, CredentialScope, Partner, Resource, RoleGrant, User
from accounts.operations import accounts, partners, resources, staff
from accounts.operations import roles as granting
from accounts.operations.accounts import NewAccount
from accounts.operations.partners import IssuedCredential, PartnerTerms
from accounts.operations.profiles import ProfileTerms
from accounts.operations.resources import NewResource
from accounts.operations.sign_in import choose_password
from accounts.operations.staff import PersonTerms
from accounts.permissions import Role
from core.actor import Actor

OPENING = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SETUP = Actor.system("test-setup")
PASSWORD = "a long enough pass phrase"

_done: dict[str, Any] = {"by": SETUP, "reason": "The test begins"}


def account(
    name: str,
    *,
    kind: str = "team",
    currency: str = "USD",
    zone: str = "UTC",
    at: datetime = OPENING,
    parent: Account | None = None,
    payer: Account | None = None,
    anchor_on: date | None = None,
) -> Account:
    """An account opened on 1 January 2026 unless said otherwise."""
    return accounts.open(
        new=NewAccount(name, kind, currency, parent=parent, payer=payer, anchor_on=anchor_on),
        profile=ProfileTerms(legal_name=f"{name} Ltd", zone=zone),
        at=at,
        **_done,
    )


def resource(
    platform_id: str,
    *,
    of: Account,
    kind: str = "app",
    at: datetime = OPENING,
    parent: Resource | None = None,
    provider: Partner | None = None,
) -> Resource:
    """A resource the account owns since 1 January 2026 unless said otherwise."""
    new = NewResource(platform_id, kind, platform_id, of, at, parent=parent, provider=provider)
    (registered,) = resources.register_all([new], at=at, **_done)
    return registered


def partner(
    name: str,
    *,
    sources: tuple[str, ...] = ("router/us-1",),
    event_types: tuple[str, ...] = ("dyno.seconds",),
    reads: tuple[Account, ...] = (),
    reads_every_account: bool = False,
    reports_for: tuple[Account, ...] | None = None,
) -> Partner:
    """An internal team that reports for every resource, or a partner that does for some."""
    return partners.enrol(
        terms=PartnerTerms(
            name,
            "internal" if reports_for is None else "addon_provider",
            sources=sources,
            event_types=event_types,
            reads_every_account=reads_every_account,
            reports_every_resource=reports_for is None,
        ),
        readable_accounts=reads,
        reportable_accounts=reports_for or (),
        at=OPENING,
        **_done,
    )


def credential(of: Partner, *scopes: str, expires_at: datetime | None = None) -> IssuedCredential:
    """A credential of the partner, for every scope unless some are named."""
    return partners.issue_credential(
        partner=of,
        label="test",
        scopes=scopes or CredentialScope.values,
        expires_at=expires_at,
        at=OPENING,
        **_done,
    )


def person(username: str, *roles: Role) -> User:
    """A member of staff with these roles, proposed by Olga and approved by Felix."""
    invited = staff.invite(
        username=username,
        terms=PersonTerms(username.title(), "", f"{username}@example.com"),
        **_done,
    )
    choose_password(person=invited, password=PASSWORD, by=invited.actor)
    for role in roles:
        holds(invited, role)
    return invited


def holds(person: User, role: Role) -> RoleGrant:
    """Give somebody a role the only way there is."""
    proposer, approver = deciders()
    grant = proposed(person, role, by=proposer)
    return granting.approve(grant=grant, by=approver, at=OPENING, reason=_done["reason"])


def proposed(person: User, role: Role, *, by: User) -> RoleGrant:
    """A role asked for, not yet approved."""
    return granting.propose(person=person, role=role, by=by, at=OPENING, reason=_done["reason"])


def deciders() -> tuple[User, User]:
    """Olga, the first operator, and Felix, the first finance approver."""
    known = {each.username: each for each in User.objects.filter(username__in=["olga", "felix"])}
    if not known:
        founded = staff.found(
            operator=("olga", PersonTerms("Olga", "Ruiz", "olga@example.com")),
            approver=("felix", PersonTerms("Felix", "Braun", "felix@example.com")),
            at=OPENING,
            **_done,
        )
        return founded[Role.OPERATOR], founded[Role.FINANCE_APPROVER]
    return known["olga"], known["felix"]


@pytest.fixture
def acme(db: None) -> Account:
    return account("Acme", kind="enterprise", currency="EUR", zone="Europe/Berlin")


@pytest.fixture
def globex(db: None) -> Account:
    return account("Globex")


@pytest.fixture
def ada(db: None) -> User:
    return person("ada", Role.FINANCE_APPROVER)


@pytest.fixture
def sam(db: None) -> User:
    return person("sam", Role.SUPPORT)
