"""How long somebody is signed in, what a half signed-in session may do, and what lies at rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import InvalidToken
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLResolver, get_resolver
from oauth2_provider.models import AccessToken

from accounts.models import User
from accounts.permissions import Role
from accounts.tasks import forget_ended_sessions
from core.clock import now
from core.sealing import SealedUse
from tests.accounts.test_second_factor import app_code, is_in, signs_in, with_factor
from tests.cast import person

MACHINES = ("api/", "graphql", "heroku/", "oauth/", "openmeter/", "livez", "readyz", "metrics")
FINISHES = ("/staff/2fa/authenticate/", "/staff/logout/", "/staff/login/")


@pytest.fixture
def sam(db: None) -> User:
    return person("sam", Role.FINANCE_APPROVER)


def addresses(resolver: URLResolver | None = None, before: str = "") -> list[str]:
    """Every address without a part to fill in, as the site names it."""
    found = []
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern).lstrip("^")
        if isinstance(each, URLResolver):
            found += addresses(each, route)
        elif not set(route) & set("<(\\["):
            found.append("/" + route.rstrip("$"))
    return found


def test_a_half_signed_in_session_may_do_nothing_but_finish(sam: User) -> None:
    """After the password and before the code, every address answers as to a stranger."""
    with_factor(sam)
    half, stranger = signs_in(), Client()
    walked = [each for each in addresses() if not each[1:].startswith(MACHINES)]
    assert len(walked) > 60
    for address in walked:
        if address in FINISHES or "2fa" in address:
            continue
        for send in ("get", "post"):
            seen, as_stranger = (getattr(each, send)(address) for each in (half, stranger))
            assert seen.status_code == as_stranger.status_code, (send, address)
            if seen.status_code == 302:
                assert seen.headers["Location"] == as_stranger.headers["Location"], address
    assert not is_in(half)


def test_a_form_of_another_page_changes_nothing_anywhere(sam: User) -> None:
    """Signed in, and sent without the token of a page of ours."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sam)
    for address in addresses():
        if not address[1:].startswith(MACHINES):
            assert browser.post(address, {"reason": "Forged"}).status_code == 403, address


def test_who_does_nothing_for_too_long_is_signed_out(sam: User, settings: Any) -> None:
    settings.SESSION_IDLE_SECONDS, settings.SESSION_LONGEST_SECONDS = 600, 86_400
    start = now().replace(microsecond=0)
    with time_machine.travel(start, tick=False) as clock:
        browser = signs_in()
        clock.shift(599)
        assert is_in(browser)
        clock.shift(600)
        assert not is_in(browser)


def test_nobody_is_signed_in_for_ever_however_busy(sam: User, settings: Any) -> None:
    settings.SESSION_IDLE_SECONDS, settings.SESSION_LONGEST_SECONDS = 600, 1_800
    with time_machine.travel(now().replace(microsecond=0), tick=False) as clock:
        browser = signs_in()
        for _ in range(5):
            clock.shift(300)
            assert is_in(browser)
        clock.shift(300)
        assert not is_in(browser)


def test_signing_in_gives_the_session_another_name(sam: User) -> None:
    browser = Client()
    browser.get("/staff/login/")
    before = browser.session.session_key
    browser.post("/staff/login/", {"login": "sam", "password": "wrong"})
    browser.force_login(sam)
    assert browser.session.session_key != before


def test_a_copy_of_the_tables_holds_no_second_factor(sam: User, settings: Any) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    made = TOTP.activate(sam, secret).instance
    kept = Authenticator.objects.get(pk=made.pk)
    assert secret not in str(kept.data)
    browser = signs_in()
    browser.post("/staff/2fa/authenticate/", {"code": app_code(secret)})
    assert is_in(browser)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new" * 20
    assert SealedUse("counterfoil second factors").opened(kept.data["secret"]) == secret
    with pytest.raises(InvalidToken):
        SealedUse("counterfoil webhook secrets").opened(kept.data["secret"])


def test_what_ended_is_forgotten_and_nothing_else(sam: User) -> None:
    here = signs_in()
    ended = Session.objects.create(session_key="e" * 32, session_data="", expire_date=now())
    for days, token in ((-31, "old"), (-29, "late"), (1, "good")):
        AccessToken.objects.create(token=token, expires=now() + timedelta(days=days), scope="")
    assert forget_ended_sessions() == 2
    assert not Session.objects.filter(pk=ended.pk).exists()
    assert {each.token for each in AccessToken.objects.all()} == {"late", "good"}
    assert is_in(here)
