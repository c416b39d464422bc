"""`one_of`: many values as one array."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Resource, ResourceOwnership
from tests.cast import account, resource


def test_it_finds_what_in_finds(db: None) -> None:
    owners = [account(f"Owner {number}") for number in range(3)]
    wanted = {owner.pk for owner in owners[:2]}
    assert set(Account.objects.filter(pk__one_of=wanted).values_list("pk", flat=True)) == wanted
    assert not Account.objects.filter(pk__one_of={0}).exists()


def test_it_reaches_over_relations(db: None) -> None:
    acme = account("Acme")
    app = resource("app-1", of=acme)
    owned = ResourceOwnership.objects.filter(account_id__one_of=[acme.pk])
    assert [each.resource for each in owned] == [app]
    assert Resource.objects.filter(ownerships__account__one_of=[acme.pk]).get() == app


def test_any_number_of_values_is_one_parameter(db: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        list(Account.objects.filter(pk__one_of=range(1, 4)))
    assert "= ANY('{1,2,3}')" in asked[0]["sql"]


def test_no_value_finds_nothing_and_asks_nothing(db: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert list(Account.objects.filter(pk__one_of=[])) == []
    assert len(asked) == 0
