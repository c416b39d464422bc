"""Held events of apps nobody registered: seen by app, registered in place, and then billed."""

from __future__ import annotations

import pytest

from accounts.models import Resource
from accounts.permissions import Role
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from usage.models import QuarantinedEvent

LIST = "/usage/quarantine/?reason=unknown_subject"
REGISTER = "/usage/quarantine/register/"


@pytest.fixture
def sena(platform: Platform) -> Browser:
    """Sena of senior support, who maintains accounts."""
    return client_of(person("sena", Role.SENIOR_SUPPORT))


@pytest.fixture
def lost(platform: Platform) -> Platform:
    """Three requests of lost-one, one of lost-two; neither is registered."""
    for day in ("11", "12", "13"):
        platform.acme.uses("router.requests", "lost-one", f"2026-04-{day}T09:30", quantity="1")
    platform.acme.uses("router.requests", "lost-two", "2026-04-12T10:00", quantity="1")
    return platform


def sent(platform: Platform, *subjects: str, **changed: str) -> dict[str, object]:
    owner: str = platform.acme.account.public_id
    said: dict[str, object] = {"account": owner, "kind": "app", "reason": "Found them"}
    return said | {"subject": list(subjects)} | changed


def states() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    lost = QuarantinedEvent.objects.filter(subject__startswith="lost-")
    for subject, state in lost.values_list("subject", "state"):
        found.setdefault(subject, set()).add(state)
    return found


def test_what_is_held_is_counted_by_app(lost: Platform, sena: Browser) -> None:
    page = words(sena.get(LIST).content)

    assert "lost-one 11 Apr 2026" in page
    assert "Register these 2…" in page


def test_apps_are_registered_from_their_first_event_and_their_events_go_through(
    lost: Platform, sena: Browser
) -> None:
    page = sena.post(REGISTER, sent(lost, "lost-one", "lost-two"), follow=True)

    assert "2 are registered" in words(page.content)
    assert states() == {"lost-one": {"released"}, "lost-two": {"released"}}
    one = Resource.objects.get(platform_id="lost-one")
    owned = one.ownerships.get()
    assert owned.account == lost.acme.account
    assert str(owned.owned_from) == "2026-04-11 09:30:00+00:00"


def test_what_is_not_ticked_stays_held(lost: Platform, sena: Browser) -> None:
    sena.post(REGISTER, sent(lost, "lost-two"))

    assert states() == {"lost-one": {"held"}, "lost-two": {"released"}}
    assert not Resource.objects.filter(platform_id="lost-one").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"account": "acc_nobody"}, "There is no account acc_nobody."),
        ({"kind": "boat"}, "Select a valid choice."),
        ({"subject": "acme-web"}, "acme-web is not held any more."),
        ({"subject": ""}, "is not held any more."),
        ({"reason": " "}, "This field is required."),
    ],
)
def test_what_cannot_be_registered_is_said_and_nothing_is_saved(
    changed: dict[str, str], said: str, lost: Platform, sena: Browser
) -> None:
    page = sena.post(REGISTER, sent(lost, "lost-one", **changed))

    assert page.status_code == 422
    assert "Nothing was saved." in words(page.content)
    assert said in words(page.content)
    assert not Resource.objects.filter(platform_id__startswith="lost").exists()


def test_registering_twice_registers_once(lost: Platform, sena: Browser) -> None:
    sena.post(REGISTER, sent(lost, "lost-one"))
    again = sena.post(REGISTER, sent(lost, "lost-one"))

    assert again.status_code == 422
    assert Resource.objects.filter(platform_id="lost-one").count() == 1


def test_only_who_maintains_accounts_registers(lost: Platform, support: Browser) -> None:
    assert support.get(REGISTER).status_code == 403


def test_what_registering_does_to_bills_is_shown_and_nothing_is_kept(
    lost: Platform, sena: Browser
) -> None:
    """Four requests of April, of an account whose free million is used up: a cent in all."""
    lost.acme.uses("router.requests", "lost-one", "2026-04-14T09:30", quantity="1000000")
    said = sent(lost, "lost-one", "lost-two", reason="") | {"preview": "yes"}

    page = sena.post(REGISTER, said)

    text = words(page.content)
    assert page.status_code == 200
    assert "5 events would count, on 1 bill of 1 account." in text
    assert "Acme" in text
    assert "+$0.40" in text
    assert "Say why" not in text
    assert not Resource.objects.filter(platform_id__startswith="lost-").exists()
    assert states() == {"lost-one": {"held"}, "lost-two": {"held"}}


def test_a_preview_for_nobody_says_what_is_missing(lost: Platform, sena: Browser) -> None:
    said = sent(lost, "lost-one", account="acc_nobody", reason="") | {"preview": "yes"}

    answer = sena.post(REGISTER, said)

    assert answer.status_code == 422
    assert "There is no account acc_nobody." in words(answer.content)
