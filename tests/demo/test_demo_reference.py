"""The reference data the demo sets up through the real operations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Account, PayerAssignment, Resource, ResourceOwnership, User
from accounts.permissions import Role, roles_of
from billing.catalogue.models import PlanVersion
from billing.contracts.models import Subscription
from demo.models import PlayedMonth
from demo.platform.play import Play, play
from demo.preparing import prepare
from demo.reference.people import DEMO_PASSWORD, SIGN_INS
from usage.models import Meter, Source

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def the_play() -> Play:
    return play(NOW, "counterfoil")


@pytest.fixture
def prepared(the_play: Play) -> PlayedMonth:
    return prepare(the_play, seed="counterfoil", at=NOW)


def test_every_role_can_sign_in(prepared: PlayedMonth) -> None:
    assert {each.role for each in SIGN_INS} == set(Role)
    for each in SIGN_INS:
        person = User.objects.get(username=each.username)
        assert person.check_password(DEMO_PASSWORD)
        assert roles_of(person) == {each.role}


def test_accounts_resources_and_owners_are_the_platforms(
    the_play: Play, prepared: PlayedMonth
) -> None:
    assert Account.objects.count() == len(the_play.accounts)
    assert Resource.objects.count() == len(the_play.apps) + len(the_play.addons)
    for app in the_play.apps:
        owned = ResourceOwnership.objects.filter(resource__platform_id=app.platform_id)
        assert list(
            owned.order_by("owned_from").values_list("account__name", "owned_from", "owned_until")
        ) == [
            (name_of(the_play, tenure.account), tenure.owned_from, tenure.owned_until)
            for tenure in app.tenures
        ]


def test_an_enterprise_pays_for_its_teams(prepared: PlayedMonth) -> None:
    paid = PayerAssignment.objects.filter(account__parent__isnull=False)
    assert paid.count() == 11
    assert all(each.payer_id == each.account.parent_id for each in paid.select_related("account"))


def test_everybody_is_subscribed_from_the_months_first_instant_or_the_sign_up(
    the_play: Play, prepared: PlayedMonth
) -> None:
    for each in the_play.accounts:
        started = Subscription.objects.filter(account__name=each.name).values_list(
            "started_at", flat=True
        )
        assert set(started) == {max(each.opened_at, the_play.time.opens(each.zone))}


def test_sources_accept_what_the_play_began_with(the_play: Play, prepared: PlayedMonth) -> None:
    oldest = min(event.at for event in the_play.report.events)
    assert Source.objects.count() == 6
    assert all(NOW + timedelta(days=1) - each.max_late < oldest for each in Source.objects.all())


def test_meters_and_plans_are_in_force_before_the_month(
    the_play: Play, prepared: PlayedMonth
) -> None:
    opens = the_play.time.opens("Pacific/Kiritimati")
    assert Meter.objects.filter(versions__effective_from__lt=opens).count() == 7
    published = PlanVersion.objects.filter(state="published", effective_from__lt=opens)
    assert published.count() == 4


def name_of(the_play: Play, key: str) -> str:
    return next(each.name for each in the_play.accounts if each.key == key)
