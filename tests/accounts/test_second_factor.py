"""A second factor of one's own: added, asked for, removed; and one that was lost."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from accounts.operations import roles, staff
from accounts.operations.roles import MayNotGiveRoles
from accounts.operations.staff import FactorsHeld, NoSecondFactor
from accounts.permissions import Role
from tests.cast import NOON, PASSWORD, deciders, person

ADD, REMOVE = "/staff/2fa/totp/activate/", "/staff/2fa/totp/deactivate/"
WHY: dict[str, Any] = {"at": NOON, "reason": "Lost the phone"}


@pytest.fixture
def sam(db: None) -> User:
    return person("sam", Role.SENIOR_SUPPORT)


def app_code(secret: str) -> str:
    """What an authenticator app shows now."""
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def signs_in() -> Client:
    browser = Client()
    browser.post("/staff/login/", {"login": "sam", "password": PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/accounts/").status_code == 200


def adds(browser: Client) -> None:
    """Add an authenticator app, having said the password once more."""
    browser.post("/staff/reauthenticate/", {"password": PASSWORD})
    secret = browser.get(ADD).context["form"].secret
    browser.post(ADD, {"code": app_code(secret)})


def with_factor(someone: User) -> list[str]:
    """Give somebody a second factor; returns their recovery codes."""
    TOTP.activate(someone, generate_totp_secret())
    codes: list[str] = RecoveryCodes.activate(someone).get_unused_codes()
    return codes


@pytest.mark.django_db(transaction=True)
def test_whoever_signed_in_could_add_no_factor(sam: User) -> None:
    here, elsewhere = signs_in(), signs_in()
    adds(here)
    assert {each.type for each in Authenticator.objects.filter(user=sam)} == {
        "totp", "recovery_codes"
    }  # fmt: skip
    said = sam.history.values_list("history_change_reason", flat=True)
    assert any("Added a second factor: TOTP" in each for each in said)
    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_the_password_alone_opens_nothing_then(sam: User) -> None:
    first, *_ = with_factor(sam)
    browser = signs_in()
    assert not is_in(browser)
    browser.post("/staff/2fa/authenticate/", {"code": first})
    assert is_in(browser)


def test_a_recovery_code_works_once(sam: User) -> None:
    first, *_ = with_factor(sam)
    signs_in().post("/staff/2fa/authenticate/", {"code": first})
    again = signs_in()
    again.post("/staff/2fa/authenticate/", {"code": first})
    assert not is_in(again)


@pytest.mark.django_db(transaction=True)
def test_removing_it_is_history_and_ends_other_sessions(sam: User) -> None:
    here = signs_in()
    adds(here)
    elsewhere = Client()
    elsewhere.force_login(User.objects.get(pk=sam.pk))
    here.post(REMOVE)
    assert not Authenticator.objects.filter(user=sam).exists()
    assert sam.history.latest().history_change_reason.startswith("Removed a second factor")
    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_a_lost_factor_is_not_taken_away_while_roles_are_held(sam: User) -> None:
    with_factor(sam)
    olga, felix = deciders()
    with pytest.raises(FactorsHeld, match="senior support"):
        staff.forget_second_factors(person=sam, by=olga, reason="Lost the phone")
    roles.end(person=sam, role=Role.SENIOR_SUPPORT, by=olga, **WHY)
    proposed = roles.propose(person=sam, role=Role.SUPPORT, by=olga, **WHY)
    with pytest.raises(FactorsHeld, match="support"):
        staff.forget_second_factors(person=sam, by=olga, reason="Lost the phone")
    roles.refuse(grant=proposed, by=felix, **WHY)
    staff.forget_second_factors(person=sam, by=olga, reason="Lost the phone")
    assert not Authenticator.objects.filter(user=sam).exists()
    with pytest.raises(NoSecondFactor):
        staff.forget_second_factors(person=sam, by=olga, reason="Lost the phone")


def test_taking_it_away_ends_sessions_and_takes_an_operator(sam: User) -> None:
    with_factor(sam)
    olga, felix = deciders()
    roles.end(person=sam, role=Role.SENIOR_SUPPORT, by=olga, **WHY)
    with pytest.raises(MayNotGiveRoles):
        staff.forget_second_factors(person=sam, by=felix, reason="Lost the phone")
    browser = Client()
    browser.force_login(User.objects.get(pk=sam.pk))
    before = browser.get("/staff/2fa/").status_code
    staff.forget_second_factors(person=sam, by=olga, reason="Lost the phone")
    assert (before, browser.get("/staff/2fa/").status_code) == (200, 302)
    assert sam.history.latest().history_change_reason == "Lost the phone"


def test_an_operator_takes_it_away_on_the_persons_page(sam: User) -> None:
    with_factor(sam)
    olga, _ = deciders()
    browser = Client()
    browser.force_login(olga)
    page = f"/admin/accounts/user/{sam.pk}/change/"
    form = browser.get(page).context["adminform"].form
    said = {
        name: value for name in form.fields if (value := form[name].value()) not in (None, False)
    } | {"forget_factors": "on", "reason": "Lost the phone"}
    refused = browser.post(page, said)
    assert "End the roles first" in refused.content.decode()
    assert Authenticator.objects.filter(user=sam).exists()
    browser.post(page, said | {"roles": []})
    assert not Authenticator.objects.filter(user=sam).exists()


def test_nobody_sets_a_password_from_the_command_line(sam: User) -> None:
    with pytest.raises(CommandError, match="Nobody sets another's password"):
        call_command("changepassword", "sam")
