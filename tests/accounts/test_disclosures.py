"""Personal data in full is asked for, decided by another person, short, and kept for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import Account, Disclosure, Role, User
from accounts.models.disclosures import SHOWN_FOR
from accounts.operations import disclosures
from accounts.operations.disclosures import (
    DisclosureAsked,
    DisclosureDecided,
    MayNotUnmask,
    OwnDisclosure,
)
from accounts.queries.disclosures import disclosures_waiting_for, shown_now
from core.actor import ReasonMissing
from tests.cast import account, holds, person
from tests.story import instant

NOON = instant("2026-05-12T12:00")
WHY = "The customer is on the phone, ticket 4711"

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return account("Acme")


@pytest.fixture
def sena() -> User:
    """Sena of senior support, whose role carries it."""
    return person("sena", Role.SENIOR_SUPPORT)


@pytest.fixture
def aude() -> User:
    """Aude, an auditor, who asks."""
    return person("aude", Role.AUDITOR)


def test_whose_role_carries_it_sees_it_for_a_quarter_of_an_hour(acme: Account, sena: User) -> None:
    disclosures.ask(account=acme, by=sena, at=NOON, reason=WHY)

    def sees(minutes: int, of: Account) -> bool:
        at = NOON + timedelta(minutes=minutes)
        return shown_now(of, sena, at=at) is not None

    assert [sees(0, acme), sees(14, acme), sees(15, acme)] == [True, True, False]
    assert not sees(0, account("Globex"))


def test_an_auditor_sees_nothing_before_a_colleague_agrees(
    acme: Account, sena: User, aude: User
) -> None:
    asked = disclosures.ask(account=acme, by=aude, at=NOON, reason=WHY)
    assert shown_now(acme, aude, at=NOON) is None
    assert list(disclosures_waiting_for(sena)) == [asked]
    assert list(disclosures_waiting_for(aude)) == []

    later = NOON + timedelta(hours=2)
    disclosures.allow(disclosure=asked, by=sena, at=later, reason="Audit of May")

    found = shown_now(acme, aude, at=later)
    assert found is not None
    assert found.shown_until == later + SHOWN_FOR
    assert shown_now(acme, sena, at=later) is None, "agreeing shows nothing to who agrees"


def test_what_was_refused_is_not_shown(acme: Account, sena: User, aude: User) -> None:
    asked = disclosures.ask(account=acme, by=aude, at=NOON, reason=WHY)

    disclosures.refuse(disclosure=asked, by=sena, at=NOON, reason="Not for this audit")

    assert shown_now(acme, aude, at=NOON) is None


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR])
def test_a_role_without_it_neither_asks_nor_agrees(role: Role, acme: Account, aude: User) -> None:
    sam = person("sam", role)
    asked = disclosures.ask(account=acme, by=aude, at=NOON, reason=WHY)

    with pytest.raises(MayNotUnmask):
        disclosures.ask(account=acme, by=sam, at=NOON, reason=WHY)
    with pytest.raises(MayNotUnmask):
        disclosures.allow(disclosure=asked, by=sam, at=NOON, reason=WHY)
    with pytest.raises(MayNotUnmask):
        disclosures.allow(disclosure=asked, by=aude, at=NOON, reason=WHY)


def test_nobody_agrees_to_their_own_question(acme: Account, aude: User) -> None:
    asked = disclosures.ask(account=acme, by=aude, at=NOON, reason=WHY)
    holds(aude, Role.SENIOR_SUPPORT)
    both = User.objects.get(pk=aude.pk)

    with pytest.raises(OwnDisclosure):
        disclosures.allow(disclosure=asked, by=both, at=NOON, reason=WHY)


def test_it_is_decided_once_and_asked_once(acme: Account, sena: User, aude: User) -> None:
    asked = disclosures.ask(account=acme, by=aude, at=NOON, reason=WHY)
    with pytest.raises(DisclosureAsked), transaction.atomic():
        disclosures.ask(account=acme, by=aude, at=NOON, reason=WHY)
    disclosures.refuse(disclosure=asked, by=sena, at=NOON, reason=WHY)

    with pytest.raises(DisclosureDecided):
        disclosures.allow(disclosure=asked, by=sena, at=NOON, reason=WHY)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b"])
def test_without_a_reason_nothing_is_shown(reason: str, acme: Account, sena: User) -> None:
    with pytest.raises(ReasonMissing):
        disclosures.ask(account=acme, by=sena, at=NOON, reason=reason)

    assert not Disclosure.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "another"},
        {"shown_until": NOON + timedelta(days=1)},
        {"state": "asked", "decided_at": None, "shown_until": None},
    ],
)
def test_the_log_cannot_be_rewritten(changes: dict[str, object], acme: Account, sena: User) -> None:
    shown = disclosures.ask(account=acme, by=sena, at=NOON, reason=WHY)

    with pytest.raises(DatabaseError), transaction.atomic():
        Disclosure.objects.filter(pk=shown.pk).update(**changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        Disclosure.objects.filter(pk=shown.pk).delete()


def test_the_database_shows_nothing_for_longer(acme: Account, sena: User) -> None:
    with pytest.raises(IntegrityError, match="disclosure_is_short"):
        Disclosure.objects.create(
            account=acme,
            person=sena,
            asked_at=NOON,
            reason=WHY,
            state="shown",
            decided_at=NOON,
            shown_until=NOON + SHOWN_FOR + timedelta(seconds=1),
        )
