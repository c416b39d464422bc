"""Bad credentials and addresses of the corpus: refused by name, or answered like unknown ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Account, CredentialScope
from accounts.operations import partners
from api.authentication import tokens
from core.clock import now
from tests.api.bearer import client_of, token_of
from tests.api.corpus import CORPUS, Case, cases
from tests.cast import account, credential, partner, person
from tests.people import ADA

ACCOUNTS, INVOICES = "/api/v1/accounts", "/api/v1/invoices"
Answer = Callable[["Scene"], Any]

pytestmark = pytest.mark.skipif(
    not CORPUS.exists(), reason=f"THE CORPUS OF BAD INPUTS IS NOT AT {CORPUS}"
)


class Scene:
    """Partner A with a credential and a token, and an account of somebody else."""

    def __init__(self) -> None:
        self.mine: Account = account("Mine")
        self.theirs: Account = account("Theirs")
        self.partner = partner("A", reads=(self.mine,))
        self.issued = credential(self.partner)
        self.token = token_of(self.issued)

    def get(self, path: str, authorization: str | None = None, **headers: str) -> Any:
        said = f"Bearer {self.token}" if authorization is None else authorization
        return Client(raise_request_exception=False).get(
            path, headers={"Authorization": said, **headers}
        )

    def revoked(self) -> Any:
        partners.revoke_credential(
            credential=self.issued.credential, at=now(), by=ADA, reason="Leaked"
        )
        tokens.clear()
        return self.get(ACCOUNTS)

    def expired(self, later: timedelta) -> Any:
        with time_machine.travel(now() + later, tick=False):
            tokens.clear()
            return self.get(ACCOUNTS)

    def rotated(self) -> Any:
        partners.rotate_credential(
            credential=self.issued.credential, at=now(), by=ADA, reason="Yearly"
        )
        return self.expired(timedelta(hours=25))

    def with_a_cookie(self) -> Any:
        browser = Client()
        browser.force_login(person("pat"))
        return browser.get(ACCOUNTS)


ANSWERS: dict[str, Answer] = {
    "wrong_scheme": lambda a: a.get(ACCOUNTS, "Basic dXNlcjpwYXNz"),
    "empty_bearer": lambda a: a.get(ACCOUNTS, "Bearer "),
    "valid_prefix_wrong_secret": lambda a: a.get(ACCOUNTS, f"Bearer {a.token[:-4]}0000"),
    "two_auth_headers": lambda a: a.get(ACCOUNTS, f"Bearer {a.token}, Bearer x"),
    "key_with_newline": lambda a: a.get(ACCOUNTS, f"Bearer {a.token}\r\nX-Admin: 1"),
    "key_64KB": lambda a: a.get(ACCOUNTS, "Bearer " + "x" * 65_536),
    "revoked_key": Scene.revoked,
    "expired_key": lambda a: a.expired(timedelta(hours=2)),
    "rotated_old_key_after_grace": Scene.rotated,
    "scope_read_key_writes": lambda a: client_of(a.partner, CredentialScope.USAGE_READ).post(
        "/api/v1/usage/events", "{}", content_type="application/json"
    ),
    "staff_session_on_partner_api": Scene.with_a_cookie,
    "bola_read_invoice": lambda a: a.get(f"{INVOICES}/inv_{'0' * 26}"),
    "bola_nested_id": lambda a: a.get(f"{ACCOUNTS}/{a.theirs.public_id}/late-usage"),
    "order_by_injection": lambda a: a.get(f"{INVOICES}?order=account__partner__secret"),
    "page_size_1e9": lambda a: a.get(f"{INVOICES}?limit=1000000000"),
    "id_int_overflow": lambda a: a.get(f"{INVOICES}/99999999999999999999"),
    "id_negative_and_unicode": lambda a: a.get(f"{INVOICES}/٠"),
    "host_header_attack": lambda a: a.get(ACCOUNTS, Host="evil.example"),
    "forwarded_for_spoof": lambda a: Client(headers={"X-Forwarded-For": "127.0.0.1"}).get(ACCOUNTS),
}
NOT_BUILT = {
    "test_key_on_live", "bola_pdf", "bola_bulk_mixed", "bola_webhook_replay", "mass_assign_owner",
    "bruteforce_keys", "idem_key_missing_on_money_post", "idem_key_same_body",
    "idem_key_other_body", "idem_key_in_flight", "idem_key_other_partner",
    "idem_key_after_validation_error", "idem_key_after_500",
}  # fmt: skip
"""Cases about doors there are none of yet, and about limits, which have tests of their own."""


def test_every_case_is_run_or_named_as_not_built():
    kinds = ("header", "steps", "json", "raw")
    assert {case.name for case in cases("auth", *kinds)} == {*ANSWERS, *NOT_BUILT}


@pytest.mark.parametrize(
    "case", [each for each in cases("auth", "header", "steps") if each.name in ANSWERS],
    ids=lambda case: case.name,
)  # fmt: skip
def test_a_bad_credential_or_address_is_refused_by_name(case: Case, db: None):
    answer = ANSWERS[case.name](Scene())
    assert (answer.status_code in case.statuses, answer.json()["code"]) == (True, case.code)
    assert answer.headers["Content-Type"] == "application/problem+json"
