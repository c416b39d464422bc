"""Resources belong to one account at every instant, and take along what stands below them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Resource, ResourceOwnership
from accounts.operations import resources
from accounts.operations.resources import (
    NewResource,
    OwnedAlready,
    ParentElsewhere,
    PlatformIdTaken,
    TransferNotLatest,
)
from accounts.queries.owners import OwnerResolver, owner_at
from core.actor import acting_as
from core.db.integrity import constraint_of
from core.invariants import invariants
from eventing.models import OutboxEvent
from tests.cast import NOON, OPENING, SETUP, resource
from tests.clocks import Watch

MICROSECOND = timedelta(microseconds=1)
BY: dict[str, Any] = {"by": SETUP, "reason": "As agreed"}


def owner(platform_id: str, at: datetime) -> str | None:
    found = owner_at([(platform_id, at)])[platform_id, at]
    return Account.objects.get(pk=found.account_id).name if found else None


class TestRegistering:
    def test_a_resource_is_owned_from_its_instant_on(self, globex: Account) -> None:
        resource("app-1", of=globex, at=NOON)
        assert owner("app-1", NOON - MICROSECOND) is None
        assert owner("app-1", NOON) == "Globex"

    def test_a_platform_id_is_an_identity_for_ever(self, globex: Account, acme: Account) -> None:
        resource("app-1", of=globex)
        with pytest.raises(PlatformIdTaken):
            resource("app-1", of=acme)
        assert Resource.objects.count() == 1

    def test_what_is_part_of_something_belongs_to_its_owner(
        self, globex: Account, acme: Account
    ) -> None:
        app = resource("app-1", of=globex)
        with pytest.raises(ParentElsewhere):
            resource("addon-1", of=acme, kind="addon", parent=app)

    def test_many_are_registered_in_a_few_statements(
        self, globex: Account, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        new = [NewResource(f"app-{n}", "app", f"App {n}", globex, OPENING) for n in range(500)]
        with django_assert_max_num_queries(8):
            registered = resources.register_all(new, at=NOON, **BY)
        assert owner("app-499", OPENING) == "Globex"
        assert registered[499].history.get().history_change_reason == "As agreed"
        assert OutboxEvent.objects.filter(type="resource.registered").count() == 500

    def test_one_bad_resource_leaves_none(self, globex: Account) -> None:
        new = [NewResource(name, "app", name, globex, OPENING) for name in ("a", "b", "a")]
        with pytest.raises(PlatformIdTaken):
            resources.register_all(new, at=NOON, **BY)
        assert not Resource.objects.exists()


class TestTransfer:
    def test_an_app_takes_its_addons_along_to_the_microsecond(
        self, globex: Account, acme: Account
    ) -> None:
        app = resource("app-1", of=globex)
        addon = resource("addon-1", of=globex, kind="addon", parent=app)
        resource("replica-1", of=globex, kind="database", parent=addon)
        moved = resources.transfer(resource=app, to=acme, at=NOON, **BY)
        assert {each.platform_id for each in moved} == {"app-1", "addon-1", "replica-1"}
        for platform_id in ("app-1", "addon-1", "replica-1"):
            assert owner(platform_id, NOON - MICROSECOND) == "Globex"
            assert owner(platform_id, NOON) == "Acme"
        assert all(each.check().holds for each in invariants(["A4"]))

    def test_what_stands_beside_stays(self, globex: Account, acme: Account) -> None:
        app = resource("app-1", of=globex)
        resource("app-2", of=globex)
        resources.transfer(resource=app, to=acme, at=NOON, **BY)
        assert owner("app-2", NOON) == "Globex"

    def test_a_part_may_be_handed_over_alone_and_stays_when_the_whole_follows(
        self, globex: Account, acme: Account
    ) -> None:
        app = resource("app-1", of=globex)
        addon = resource("addon-1", of=globex, kind="addon", parent=app)
        resources.transfer(resource=addon, to=acme, at=NOON, **BY)
        moved = resources.transfer(resource=app, to=acme, at=NOON + timedelta(days=1), **BY)
        assert [each.platform_id for each in moved] == ["app-1"]
        assert addon.ownerships.count() == 2

    def test_the_owner_is_not_handed_its_own(self, globex: Account) -> None:
        with pytest.raises(OwnedAlready):
            resources.transfer(resource=resource("app-1", of=globex), to=globex, at=NOON, **BY)

    def test_the_past_is_not_rewritten(self, globex: Account, acme: Account) -> None:
        app = resource("app-1", of=globex)
        resource("addon-1", of=globex, kind="addon", parent=app, at=NOON)
        with pytest.raises(TransferNotLatest, match="addon-1"):
            resources.transfer(resource=app, to=acme, at=NOON - MICROSECOND, **BY)
        assert owner("app-1", NOON) == "Globex"

    def test_each_transfer_is_told(self, globex: Account, acme: Account) -> None:
        app = resource("app-1", of=globex)
        resources.transfer(resource=app, to=acme, at=NOON, **BY)
        assert list(
            OutboxEvent.objects.filter(subject=app.public_id)
            .order_by("sequence")
            .values_list("sequence", "type")
        ) == [(1, "resource.registered"), (2, "resource.transferred")]

    def test_the_database_refuses_two_owners(self, globex: Account, acme: Account) -> None:
        app = resource("app-1", of=globex)
        with (
            acting_as(SETUP, reason="Trying"),
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
        ):
            ResourceOwnership.objects.create(resource=app, account=acme, owned_from=NOON)
        assert constraint_of(refused.value) == "resource_ownership_no_overlap"


class TestAskingForOwners:
    def test_many_questions_take_one_query(
        self, globex: Account, acme: Account, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        app = resource("app-1", of=globex)
        resources.transfer(resource=app, to=acme, at=NOON, **BY)
        before, after, never = ("app-1", OPENING), ("app-1", NOON), ("nothing", NOON)
        with django_assert_num_queries(1):
            answers = owner_at([before, after, never])
        owners = [found.account_id if found else None for found in answers.values()]
        assert owners == [globex.pk, acme.pk, None]


class TestResolver:
    @pytest.fixture
    def watch(self) -> Watch:
        return Watch()

    @pytest.fixture
    def resolver(self, watch: Watch) -> OwnerResolver:
        return OwnerResolver(max_age_s=3.0, monotonic=watch)

    def test_what_is_known_is_not_asked_again(
        self,
        globex: Account,
        resolver: OwnerResolver,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        resource("app-1", of=globex)
        resolver.resolve({"app-1": [NOON]})
        with django_assert_num_queries(0):
            found = resolver.resolve({"app-1": [NOON]})["app-1"].owner_at(NOON)
        assert found is not None
        assert found.account_id == globex.pk

    def test_a_transfer_is_seen_within_the_age(
        self, globex: Account, acme: Account, resolver: OwnerResolver, watch: Watch
    ) -> None:
        app = resource("app-1", of=globex)
        resolver.resolve({"app-1": [NOON]})
        resources.transfer(resource=app, to=acme, at=NOON, **BY)
        watch.seconds += 3.1
        found = resolver.resolve({"app-1": [NOON]})["app-1"].owner_at(NOON)
        assert found is not None
        assert found.account_id == acme.pk

    def test_a_resource_just_registered_is_found_at_once(
        self, globex: Account, resolver: OwnerResolver
    ) -> None:
        assert resolver.resolve({"app-1": [NOON]}) == {}
        resource("app-1", of=globex)
        assert "app-1" in resolver.resolve({"app-1": [NOON]})

    def test_an_instant_nobody_is_known_to_own_is_asked_again(
        self,
        globex: Account,
        resolver: OwnerResolver,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        resource("app-1", of=globex, at=NOON)
        resolver.resolve({"app-1": [NOON]})
        with django_assert_num_queries(1):
            timeline = resolver.resolve({"app-1": [OPENING]})["app-1"]
        assert timeline.owner_at(OPENING) is None

    def test_it_forgets_rather_than_grow(self, globex: Account, watch: Watch) -> None:
        resolver = OwnerResolver(entries_max=2, monotonic=watch)
        for n in range(3):
            resource(f"app-{n}", of=globex)
            resolver.resolve({f"app-{n}": [NOON]})
        assert len(resolver._entries) <= 2
