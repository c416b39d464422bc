"""Accounts, resources and their owners, changed by two at the same time."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from accounts.models import Account, Resource, ResourceOwnership
from accounts.operations import accounts, resources
from accounts.operations.accounts import AccountClosed, NewAccount, TeamsOpen
from accounts.operations.profiles import ProfileTerms
from accounts.operations.resources import ParentElsewhere
from tests.at_once import while_open
from tests.cast import NOON, account, resource
from tests.people import ADA

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SAID: dict[str, Any] = {"at": NOON, "by": ADA, "reason": "Side by side"}


def registers(parent: Resource, owner: Account) -> list[Resource]:
    new = resources.NewResource("addon-1", "addon", "Redis", owner, owned_from=NOON, parent=parent)
    return resources.register_all([new], **SAID)


def test_what_is_registered_below_an_app_while_it_is_handed_over_goes_along_or_is_refused(
    transactional_db: None,
) -> None:
    before, after = account("Before"), account("After")
    app = resource("app-1", of=before)
    transfer = partial(resources.transfer, resource=app, to=after, **SAID)

    _, answer = while_open(transfer, partial(registers, app, before))

    assert isinstance(answer, ParentElsewhere)
    assert not Resource.objects.filter(platform_id="addon-1").exists()


def test_what_was_being_registered_when_the_app_was_handed_over_goes_along(
    transactional_db: None,
) -> None:
    before, after = account("Before"), account("After")
    app = resource("app-1", of=before)
    later = NOON.replace(day=20)
    transfer = partial(resources.transfer, resource=app, to=after, at=later, by=ADA, reason="Sold")

    ((addon,), moved) = while_open(partial(registers, app, before), transfer)

    assert {each.pk for each in moved} == {app.pk, addon.pk}
    assert ResourceOwnership.objects.get(resource=addon, owned_until=None).account == after


def opens(name: str, **given: Any) -> Account:
    return accounts.open(
        new=NewAccount(name, "team", "USD", **given),
        profile=ProfileTerms(legal_name=f"{name} Ltd", zone="UTC"),
        **SAID,
    )


def test_no_team_is_opened_below_an_enterprise_that_is_being_closed(
    transactional_db: None,
) -> None:
    enterprise = account("Acme", kind="enterprise")
    _, answer = while_open(
        partial(accounts.close, account=enterprise, **SAID),
        partial(opens, "New", parent=enterprise),
    )
    assert isinstance(answer, AccountClosed)


def test_an_enterprise_does_not_close_over_a_team_that_is_being_opened(
    transactional_db: None,
) -> None:
    enterprise = account("Acme", kind="enterprise")
    _, answer = while_open(
        partial(opens, "New", parent=enterprise),
        partial(accounts.close, account=enterprise, **SAID),
    )
    assert isinstance(answer, TeamsOpen)


def test_nobody_is_paid_for_by_an_account_that_is_being_closed(transactional_db: None) -> None:
    payer = account("Payer")
    _, answer = while_open(
        partial(accounts.close, account=payer, **SAID), partial(opens, "New", payer=payer)
    )
    assert isinstance(answer, AccountClosed)
