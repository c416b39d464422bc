"""What is on a person's desk: views of lists, rows put off, looks at an account from outside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Account, CustomerLook, PutOff, Role, SavedView, User
from accounts.models.desks import LOOKS_FOR
from accounts.operations import desks
from accounts.operations.desks import (
    MayNotLook,
    NotYourView,
    PutOffInvalid,
    ViewEnded,
    ViewNameInvalid,
    ViewTooLong,
)
from accounts.queries.desks import SavedViewNotFound, find_view, look_of, put_off_now, views_of
from core.actor import ReasonMissing
from tests.cast import account, person
from tests.story import instant

NOON = instant("2026-05-12T12:00")

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return account("Acme")


@pytest.fixture
def sena() -> User:
    return person("sena", Role.SENIOR_SUPPORT)


@pytest.fixture
def otis() -> User:
    return person("otis", Role.OPERATOR)


def save(by: User, name: str, query: str = "state=open", *, shared: bool = False) -> SavedView:
    return desks.save_view(
        person=by, page="disputes", name=name, query=query, shared=shared, at=NOON
    )


def test_a_view_is_ones_own_unless_it_is_shared(sena: User, otis: User) -> None:
    save(sena, "Mine")
    save(sena, "Ours", shared=True)

    assert [each.name for each in views_of(sena)] == ["Mine", "Ours"]
    assert [each.name for each in views_of(otis, page="disputes")] == ["Ours"]
    assert views_of(otis, page="invoices") == []


def test_saving_under_the_same_name_replaces_one_s_own_and_nobody_else_s(
    sena: User, otis: User
) -> None:
    save(sena, "Late", "state=open", shared=True)
    save(otis, "Late", "state=all", shared=True)

    save(sena, " Late ", "state=decided", shared=True)

    assert [each.query for each in views_of(sena)] == ["state=all", "state=decided"]
    assert SavedView.objects.count() == 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b"])
def test_a_view_has_a_short_plain_name(name: str, sena: User) -> None:
    with pytest.raises(ViewNameInvalid):
        save(sena, name)

    assert not SavedView.objects.exists()


def test_what_does_not_fit_is_not_cut(sena: User) -> None:
    with pytest.raises(ViewTooLong):
        save(sena, "Long", "q=" + "x" * 1000)


def test_a_view_is_ended_once_by_whose_it_is(sena: User, otis: User) -> None:
    view = save(sena, "Ours", shared=True)

    with pytest.raises(NotYourView, match="Sena"):
        desks.end_view(view=view, by=otis, at=NOON)
    desks.end_view(view=view, by=sena, at=NOON)
    with pytest.raises(ViewEnded):
        desks.end_view(view=view, by=sena, at=NOON)

    assert views_of(otis) == []
    with pytest.raises(SavedViewNotFound):
        find_view(view.public_id)


def put_off(by: User, until: str, *, due: str = "", reason: str = "Waits for the bank") -> PutOff:
    return desks.put_off(
        person=by,
        about="prp_1",
        until=instant(until),
        due_at=instant(due) if due else None,
        at=NOON,
        reason=reason,
    )


def test_a_row_is_away_until_its_instant_and_only_for_whoever_put_it_off(
    sena: User, otis: User
) -> None:
    put_off(sena, "2026-05-14")

    assert set(put_off_now(sena, at=instant("2026-05-13T23:59"))) == {"prp_1"}
    assert put_off_now(sena, at=instant("2026-05-14")) == {}
    assert put_off_now(otis, at=NOON) == {}


def test_the_latest_word_holds_and_a_row_is_brought_back(sena: User) -> None:
    put_off(sena, "2026-05-20")
    desks.bring_back(person=sena, about="prp_1", at=NOON + timedelta(minutes=1))

    assert put_off_now(sena, at=NOON + timedelta(minutes=2)) == {}
    assert PutOff.objects.count() == 2


@pytest.mark.parametrize(
    ("until", "due"),
    [
        ("2026-05-12T12:00", ""),
        ("2026-05-11", ""),
        ("2026-06-13", ""),
        ("2026-05-16", "2026-05-15"),
    ],
)
def test_nothing_is_put_off_into_the_past_for_good_or_past_what_is_due(
    until: str, due: str, sena: User
) -> None:
    with pytest.raises(PutOffInvalid):
        put_off(sena, until, due=due)

    assert not PutOff.objects.exists()


def test_whoever_puts_off_or_looks_says_why(acme: Account, sena: User) -> None:
    with pytest.raises(ReasonMissing):
        put_off(sena, "2026-05-14", reason=" ")
    with pytest.raises(ReasonMissing):
        desks.look_as_customer(account=acme, by=sena, at=NOON, reason="")


def test_a_look_is_of_one_account_and_half_an_hour(acme: Account, sena: User) -> None:
    desks.look_as_customer(account=acme, by=sena, at=NOON, reason="Ticket 4711")

    assert look_of(acme, sena, at=NOON + LOOKS_FOR - timedelta(seconds=1)) is not None
    assert look_of(acme, sena, at=NOON + LOOKS_FOR) is None
    assert look_of(account("Globex"), sena, at=NOON) is None


def test_an_operator_does_not_look(acme: Account, otis: User) -> None:
    with pytest.raises(MayNotLook):
        desks.look_as_customer(account=acme, by=otis, at=NOON, reason="Curious")

    assert not CustomerLook.objects.exists()


def test_a_look_is_kept_as_it_was(acme: Account, sena: User) -> None:
    look = desks.look_as_customer(account=acme, by=sena, at=NOON, reason="Ticket 4711")

    with pytest.raises(DatabaseError), transaction.atomic():
        CustomerLook.objects.filter(pk=look.pk).update(reason="None at all")
    with pytest.raises(DatabaseError), transaction.atomic():
        CustomerLook.objects.filter(pk=look.pk).delete()
