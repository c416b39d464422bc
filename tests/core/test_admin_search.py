"""Searching the lists of the admin: every word somewhere, and no table read for another's sake."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ResourceOwnership
from core.admin_search import matching
from tests.cast import account, resource

FIELDS = ("resource__platform_id__exact", "account__name", "^account__public_id")


@pytest.fixture(autouse=True)
def _owned(db: None) -> None:
    for name in ("Blue Falcon", "Blue Heron"):
        owner = account(name)
        for part in ("web", "db"):
            resource(f"{name.split()[1].lower()}-{part}", of=owner)


def found(text: str) -> set[str]:
    rows = matching(ResourceOwnership.objects.all(), FIELDS, text)
    return {each.resource.platform_id for each in rows.select_related("resource")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"falcon-web", "falcon-db", "heron-web", "heron-db"}),
        ("falcon", {"falcon-web", "falcon-db"}),
        ("falcon-web", {"falcon-web"}),
        ("falcon-we", set()),
        ("blue heron-db", {"heron-db"}),
        ("falcon heron", set()),
        ('"ue her"', {"heron-web", "heron-db"}),
        ("'ue  her'", set()),
        ("nobody", set()),
    ],
)
def test_every_word_is_in_some_field(text: str, expected: set[str]) -> None:
    assert found(text) == expected


def test_an_id_is_found_by_its_beginning() -> None:
    owner = ResourceOwnership.objects.get(resource__platform_id="heron-db").account
    assert found(owner.public_id[:-1].upper()) == {"heron-web", "heron-db"}


def test_other_tables_are_asked_first_and_never_joined() -> None:
    with CaptureQueriesContext(connection) as asked:
        list(matching(ResourceOwnership.objects.all(), FIELDS, "falcon"))
    resources, accounts, owned = [each["sql"] for each in asked]
    assert "accounts_resource" in resources
    assert "accounts_account" in accounts
    assert "JOIN" not in owned


def test_what_is_nowhere_is_not_looked_for() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert not list(matching(ResourceOwnership.objects.all(), FIELDS, "nobody"))
    assert len(asked) == 2
