"""The accounts, resources, partners and staff of the tests, made by the real operations.

Acme is a German enterprise, Globex an American team; Ada approves in finance, Sam answers in
support. Here is who a test is about; actors without rows are in tests.people.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import Account, Partner, Resource, Scope, User
from accounts.operations import accounts, partners, resources, staff
from accounts.operations.accounts import NewAccount
from accounts.operations.partners import IssuedCredential, PartnerTerms
from accounts.operations.profiles import ProfileTerms
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
) -> Resource:
    """A resource the account owns since 1 January 2026 unless said otherwise."""
    return resources.register(
        platform_id=platform_id,
        kind=kind,
        name=platform_id,
        account=of,
        at=at,
        parent=parent,
        **_done,
    )


def partner(
    name: str,
    *,
    sources: tuple[str, ...] = ("router/us-1",),
    event_types: tuple[str, ...] = ("dyno.seconds",),
    reads: tuple[Account, ...] = (),
    reads_every_account: bool = False,
) -> Partner:
    """A partner; an internal team where it reads every account."""
    return partners.enrol(
        terms=PartnerTerms(
            name,
            "internal" if reads_every_account else "addon_provider",
            sources=sources,
            event_types=event_types,
            reads_every_account=reads_every_account,
        ),
        readable_accounts=reads,
        at=OPENING,
        **_done,
    )


def credential(of: Partner, *scopes: str, expires_at: datetime | None = None) -> IssuedCredential:
    """A credential of the partner, for every scope unless some are named."""
    return partners.issue_credential(
        partner=of,
        label="test",
        scopes=scopes or Scope.values,
        expires_at=expires_at,
        at=OPENING,
        **_done,
    )


def person(username: str, *roles: Role) -> User:
    """A member of staff with these roles."""
    return staff.enrol(
        username=username,
        full_name=username.title(),
        email=f"{username}@example.com",
        password=PASSWORD,
        roles=roles,
        **_done,
    )


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
