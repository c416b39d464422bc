"""A password that somebody put there past the person is refused, or found."""

import pytest
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction

from accounts.models import PasswordMark, User
from core.db.integrity import constraint_of
from core.invariants import invariants
from tests.tampering import guards_off


def holds() -> bool:
    return all(rule.check().holds for rule in invariants(["A6"]))


def test_each_password_is_marked_by_the_database(sam: User) -> None:
    assert PasswordMark.objects.filter(person=sam).count() == 2  # none at first, then their own
    assert holds()


def test_a_hash_put_there_by_hand_is_refused(sam: User) -> None:
    other = make_password("something else entirely")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        _put(other)
    assert constraint_of(refused.value) == "password_ends_sessions"


def test_a_hash_that_the_owner_put_there_is_found(sam: User) -> None:
    assert holds()
    with guards_off("accounts_user"):
        _put(make_password("something else entirely"))
    assert not holds()


def test_the_same_password_may_be_stored_in_a_better_way(sam: User) -> None:
    _put("pbkdf2_sha256$9999999$salt$hash")
    assert holds()


def _put(hash_: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET password = %s", [hash_])
