"""Tokens: asked for with a client credential, good for its scopes, dead when it is."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import AccessToken, Application
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Partner
from accounts.operations import partners
from accounts.operations.partners import CredentialDead, IssuedCredential, ScopeUnknown
from api.authentication import tokens
from api.tokens import KeyRevoked, TokenCache
from core.actor import acting_as
from core.clock import now
from tests.api.bearer import ask_token, client_of, token_of
from tests.cast import NOON, PASSWORD, SETUP, credential, partner
from tests.clocks import Watch

BY: dict[str, Any] = {"by": SETUP, "reason": "As agreed"}
ACCOUNTS = "/api/v1/accounts"


@pytest.fixture
def router(db: None) -> Partner:
    return partner("Router team")


def answer(token: str, path: str = ACCOUNTS) -> tuple[int, str | None]:
    response = Client().get(path, headers={"Authorization": f"Bearer {token}"})
    return response.status_code, response.json().get("code")


class TestAsking:
    def test_a_token_is_good_for_the_scopes_asked_for(self, router: Partner) -> None:
        issued = credential(router, "accounts:read", "usage:write")
        response = ask_token(issued, scope="accounts:read")
        assert response.json()["scope"] == "accounts:read"
        assert response.json()["expires_in"] == 3600
        assert answer(response.json()["access_token"]) == (200, None)

    def test_asking_for_none_means_all_of_the_credential(self, router: Partner) -> None:
        response = ask_token(credential(router, "accounts:read", "usage:write"))
        assert set(response.json()["scope"].split()) == {"accounts:read", "usage:write"}

    def test_a_scope_the_credential_lacks_is_refused(self, router: Partner) -> None:
        response = ask_token(credential(router, "usage:write"), scope="invoices:read")
        assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")

    def test_a_wrong_secret_is_no_client(self, router: Partner) -> None:
        issued = credential(router)
        wrong = type(issued)(issued.credential, issued.client_id, issued.client_secret + "x")
        response = ask_token(wrong)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize(
        "grant",
        [
            "password",
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:example:other",
        ],
    )
    def test_no_other_grant_is_given(self, router: Partner, grant: str) -> None:
        answer = ask_token(credential(router), grant_type=grant, device_code="x", code="x")
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")

    def test_a_client_without_a_credential_of_ours_gets_nothing(self, db: None) -> None:
        stray = Application.objects.create(
            name="stray", client_type="confidential", client_secret="s3cret" * 8,
            authorization_grant_type="client-credentials",
        )  # fmt: skip
        response = Client().post(
            "/oauth/token",
            {
                "grant_type": "client_credentials",
                "client_id": stray.client_id,
                "client_secret": "s3cret" * 8,
            },
        )
        assert response.status_code == 401

    def test_metadata_names_the_endpoints(self, db: None) -> None:
        found = Client().get("/.well-known/oauth-authorization-server").json()
        assert found["token_endpoint"].endswith("/oauth/token")
        assert "authorization_endpoint" not in found

    def test_metadata_is_what_rfc_8414_asks_for(self, db: None) -> None:
        found = Client().get("/.well-known/oauth-authorization-server", secure=True).json()
        assert found["issuer"] == "https://testserver"
        assert found["grant_types_supported"] == ["client_credentials"]
        assert found["response_types_supported"] == ["none"]
        assert not [name for name, value in found.items() if value in ([], "", None)]
        assert not [name for name in found if "device" in name or "code" in name]
        below = Client().get("/.well-known/oauth-authorization-server/another-issuer")
        assert below.status_code == 404


class TestGuessing:
    @pytest.fixture(autouse=True)
    def _counted_anew_in_one_minute(self, db: None) -> Iterator[None]:
        cache.clear()
        with time_machine.travel(NOON, tick=False):
            yield

    def wrong(self, issued: IssuedCredential, client_id: str = "") -> IssuedCredential:
        return IssuedCredential(issued.credential, client_id or issued.client_id, "wrong" * 25)

    def test_whoever_guesses_a_secret_is_told_to_wait(self, router: Partner) -> None:
        issued = credential(router)
        answers = [ask_token(self.wrong(issued)) for _ in range(11)]
        assert [each.status_code for each in answers] == [401] * 10 + [429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        assert answers[-1].json()["error"] == "slow_down"

    def test_whoever_tries_many_client_ids_is_told_to_wait(self, router: Partner) -> None:
        issued = credential(router)
        answers = [ask_token(self.wrong(issued, f"nobody-{n}")).status_code for n in range(101)]
        assert answers == [401] * 100 + [429]

    def test_nobody_locks_a_partner_out_from_elsewhere(
        self, router: Partner, settings: Any
    ) -> None:
        settings.TRUSTED_PROXY_HOPS = 1
        issued = credential(router)
        for _ in range(12):
            ask_token(self.wrong(issued))
        form = {
            "grant_type": "client_credentials",
            "client_id": issued.client_id,
            "client_secret": issued.client_secret,
        }
        elsewhere = Client(headers={"X-Forwarded-For": "198.51.100.7"})
        assert elsewhere.post("/oauth/token", form).status_code == 200

    def test_a_client_that_asks_for_every_call_is_told_to_keep_its_token(
        self, router: Partner
    ) -> None:
        issued = credential(router)
        answers = [ask_token(issued).status_code for _ in range(121)]
        assert answers == [200] * 120 + [429]
        assert ask_token(credential(partner("Another"))).status_code == 200

    def test_an_unknown_client_costs_what_a_wrong_secret_does(self, router: Partner) -> None:
        issued = credential(router)
        dead = credential(router)
        partners.revoke_credential(credential=dead.credential, at=NOON, **BY)
        spent, said = [], []
        for tried in (self.wrong(issued), self.wrong(issued, "nobody"), self.wrong(dead)):
            with CaptureQueriesContext(connection) as queries:
                answer = ask_token(tried)
            said.append((answer.status_code, answer.content))
            spent.append(len(queries))
        assert len(set(said)) == 1
        assert len(set(spent)) == 1

    def test_a_secret_is_kept_by_a_hash_that_is_fast_and_salted(self, router: Partner) -> None:
        one, other = credential(router), credential(router)
        kept = [each.credential.application.client_secret for each in (one, other)]
        assert {each.split("$")[0] for each in kept} == {"generated_sha256"}
        assert len({each.split("$")[1] for each in kept}) == 2
        assert ask_token(one).status_code == 200


class TestStoring:
    def test_neither_secret_nor_token_is_stored(self, router: Partner) -> None:
        issued = credential(router)
        token = token_of(issued)
        stored = AccessToken.objects.get()
        assert stored.token == ""
        assert stored.token_checksum == hashlib.sha256(token.encode()).hexdigest()
        assert issued.client_secret not in Application.objects.get().client_secret


class TestUsing:
    def test_no_credential(self, db: None) -> None:
        response = Client().get(ACCOUNTS)
        assert (response.status_code, response.json()["code"]) == (401, "auth_required")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("Basic dXNlcjpwYXNz", (401, "auth_scheme")),
            ("Bearer ", (401, "auth_invalid")),
            ("Bearer", (401, "auth_invalid")),
            ("Bearer unknown-token", (401, "auth_invalid")),
            ("Bearer a b", (401, "auth_invalid")),
            ("Bearer tökèn", (401, "auth_invalid")),
            ("Bearer aaaa,Bearer bbbb", (400, "auth_ambiguous")),
            ("Bearer " + "a" * 65_536, (431, "header_too_large")),
        ],
    )
    def test_a_bad_header_is_refused_by_name(
        self, db: None, header: str, expected: tuple[int, str]
    ) -> None:
        response = Client().get(ACCOUNTS, headers={"Authorization": header})
        assert (response.status_code, response.json()["code"]) == expected

    def test_a_token_without_the_scope(self, router: Partner) -> None:
        assert answer(token_of(credential(router, "usage:write"))) == (403, "scope_missing")

    def test_a_staff_session_is_never_valid_here(self, ada: object) -> None:
        browser = Client()
        assert browser.login(username="ada", password=PASSWORD)
        assert browser.get(ACCOUNTS).status_code == 401

    def test_the_token_is_read_anew_and_nothing_else_is(
        self, router: Partner, globex: Account, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = client_of(router)
        client.get(f"{ACCOUNTS}/acc_{'0' * 26}")
        with django_assert_num_queries(2):
            client.get(f"{ACCOUNTS}/acc_{'0' * 26}")


class TestEnding:
    def test_a_revoked_credential_stops_within_five_seconds(self, router: Partner) -> None:
        issued = credential(router)
        token = token_of(issued)
        assert answer(token) == (200, None)
        watch = Watch()
        cache = TokenCache(monotonic=watch)
        cache.partner_of(token, at=now())
        partners.revoke_credential(credential=issued.credential, at=NOON, **BY)
        watch.seconds += 5
        with pytest.raises(KeyRevoked):
            cache.partner_of(token, at=now())
        tokens.clear()
        assert answer(token) == (401, "key_revoked")

    def test_a_revoked_credential_gets_no_new_token(self, router: Partner) -> None:
        issued = credential(router)
        partners.revoke_credential(credential=issued.credential, at=NOON, **BY)
        assert ask_token(issued).status_code == 401
        with pytest.raises(CredentialDead):
            partners.revoke_credential(credential=issued.credential, at=NOON, **BY)

    def test_an_expired_token_is_named(self, router: Partner) -> None:
        with time_machine.travel(NOON, tick=False) as clock:
            token = token_of(credential(router))
            assert answer(token) == (200, None)
            clock.shift(timedelta(minutes=59, seconds=59))
            assert answer(token) == (200, None)
            clock.shift(timedelta(seconds=1))
            assert answer(token) == (401, "key_expired")

    def test_a_token_dies_with_its_credential(self, router: Partner) -> None:
        with time_machine.travel(NOON, tick=False) as clock:
            token = token_of(credential(router, expires_at=NOON + timedelta(minutes=1)))
            clock.shift(timedelta(minutes=1))
            assert answer(token) == (401, "key_expired")

    def test_rotation_overlaps_for_a_day(self, router: Partner) -> None:
        old = credential(router)
        new = partners.rotate_credential(credential=old.credential, at=NOON, **BY)
        assert new.credential.scopes == old.credential.scopes
        with time_machine.travel(NOON + timedelta(hours=23), tick=False):
            assert answer(token_of(old)) == answer(token_of(new)) == (200, None)
        with time_machine.travel(NOON + timedelta(hours=24), tick=False):
            assert ask_token(old).status_code == 401
            assert answer(token_of(new)) == (200, None)

    def test_a_partner_that_loses_a_scope_keeps_no_token_with_it(self, router: Partner) -> None:
        issued = credential(router, "accounts:read", "usage:write")
        token = token_of(issued)
        issued.credential.scopes = ["usage:write"]
        with acting_as(SETUP, reason="Reads no more"):
            issued.credential.save()
        tokens.clear()
        assert answer(token) == (403, "scope_missing")

    def test_the_cache_forgets_rather_than_grow(self, router: Partner) -> None:
        cache = TokenCache(entries_max=2)
        issued = credential(router)
        for _ in range(3):
            cache.partner_of(token_of(issued), at=now())
        assert len(cache._entries) <= 2


def test_an_unknown_scope_is_not_issued(router: Partner) -> None:
    with pytest.raises(ScopeUnknown):
        credential(router, "invoices:write")
