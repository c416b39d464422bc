"""An idempotency key at every POST that the OpenAPI document has: one effect, one answer."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import Error as DatabaseError
from django.db import transaction
from django.test import Client, RequestFactory
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from accounts.models import CredentialScope, Partner, User
from accounts.operations import personal_tokens
from accounts.operations.partners import revoke_credential
from accounts.permissions import Role
from api.authentication import tokens
from api.idempotency import keyed
from api.models import IdempotencyKey
from approvals.models import Proposal
from billing.receivables.models import Payment, Settlement
from core.clock import now
from eventing.models import WebhookEndpoint
from tests.api.bearer import client_of, token_of
from tests.billing.receivables.books import Books
from tests.cast import account, credential, partner, person, resource
from tests.eventing.receivers import answers, receiving
from tests.story import WHY, Story
from tests.usage.world import meter
from usage.models import EventKey

JSON = "application/json"
PAYMENTS = "/api/v1/payments"


def posts() -> list[tuple[str, str]]:
    """Every POST of the document, and by whose token."""
    document = SchemaGenerator().get_schema(public=True)
    found = []
    for path, operations in document["paths"].items():
        if "post" in operations:
            ((scheme, _),) = operations["post"]["security"][0].items()
            found.append((re.sub(r"\{\w+\}", "xyz_00000000000000000000000000", path), scheme))
    return found


@pytest.fixture
def books(db: None) -> Books:
    """A customer who pays in euros, on the first of June 2026."""
    story = Story()
    customer = story.account("Acme", currency="EUR")
    return Books(story.on("2026-06-01"), customer)


@pytest.fixture
def bank(db: None) -> Partner:
    return partner("Bank", reads_every_account=True)


@pytest.fixture
def sena(db: None) -> User:
    return person("sena", Role.SENIOR_SUPPORT)


def of_person(who: User) -> Client:
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


def post(client: Client, path: str, key: str | None, body: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(path, text, content_type=JSON, headers=headers)


def report(books: Books, **more: Any) -> dict[str, Any]:
    return {
        "account": books.customer.account.public_id,
        "amount": {"currency": "EUR", "decimal": "100.00"},
        "received_at": "2026-06-01T00:00:00Z",
        "external_key": "row-1",
        "reason": "Statement of the day",
    } | more


def cases() -> Iterator[Any]:
    for path, scheme in posts():
        # Taking events in begins its own transaction, again where it has to.
        is_own = path.endswith("/usage/events")
        marks = [pytest.mark.django_db(transaction=True)] if is_own else [pytest.mark.django_db]
        yield pytest.param(path, scheme, id=path, marks=marks)


@pytest.mark.parametrize(("path", "scheme"), list(cases()))
def test_every_post_answers_a_key_as_it_was_answered_and_nothing_else_under_it(
    path: str, scheme: str
) -> None:
    client, owner = whoever_may(path, scheme)
    kept(owner, "K", path, {"a": 1}, answer='{"kept":"answer"}')
    again = post(client, path, "K", {"a": 1})
    assert (again.status_code, again.content) == (201, b'{"kept":"answer"}')
    assert again["Idempotency-Replayed"] == "true"
    other = post(client, path, "K", {"a": 2})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    for odd in ("", "x" * 256, "with space", "ключ"):
        refused = post(client, path, odd, {})
        assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_invalid")
    assert IdempotencyKey.objects.count() == 1


def whoever_may(path: str, scheme: str) -> tuple[Client, str]:
    """A client that gets as far as what is asked, and whose keys it brings."""
    if scheme == "partnerToken":
        bank = partner("Bank", reads_every_account=True)
        return client_of(bank, *CredentialScope.values), f"partner:{bank.public_id}"
    for role in (Role.SENIOR_SUPPORT, Role.FINANCE_APPROVER, Role.FINANCE_ADMIN, Role.OPERATOR):
        who = person(f"a-{role}", role)
        client = of_person(who)
        if post(client, path, None, {}).status_code != 403:
            return client, f"person:{who.public_id}"
    raise AssertionError(f"Nobody may POST {path}.")


def kept(owner: str, key: str, path: str, body: Any, *, answer: str) -> None:
    """An answer as it would have been kept."""
    asked = keyed(
        RequestFactory().post(
            path, json.dumps(body), content_type=JSON, headers={"Idempotency-Key": key}
        ),
        owner,
    )
    assert asked is not None
    IdempotencyKey.objects.create(
        owner=owner,
        key=key,
        request_sha256=asked.request_sha256,
        status=201,
        answer=answer,
        answered_at=now(),
    )


def test_there_are_posts_of_both_kinds() -> None:
    assert {scheme for _, scheme in posts()} == {"partnerToken", "personalToken"}
    assert len(posts()) > 20


def test_TD48_a_payment_is_one_however_late_the_same_comes_again(
    books: Books, bank: Partner
) -> None:
    scopes = ("payments:read", "payments:write")
    with time_machine.travel(books.at, tick=False) as clock:
        first = post(client_of(bank, *scopes), PAYMENTS, "K", report(books))
        assert first.status_code == 201, first.content
        for later in (timedelta(seconds=1), timedelta(hours=25), timedelta(days=40)):
            clock.move_to(books.at + later)
            again = post(client_of(bank, *scopes), PAYMENTS, "K", report(books))
            assert (again.status_code, again.content) == (201, first.content)
            # Under a new key the caller's own reference still says that it is the same.
            fresh = post(client_of(bank, *scopes), PAYMENTS, f"K{later.days}", report(books))
            assert (fresh.status_code, fresh.json()["id"]) == (200, first.json()["id"])
    assert Payment.objects.count() == 1


def test_the_digest_is_of_what_is_read_not_of_how_it_is_written(
    books: Books, bank: Partner
) -> None:
    client, said = client_of(bank, "payments:read", "payments:write"), report(books)
    first = post(client, PAYMENTS, "K", said)
    turned = json.dumps(dict(reversed(said.items())), indent=3)
    assert post(client, PAYMENTS, "K", turned).content == first.content
    packed = client.post(
        PAYMENTS,
        gzip.compress(turned.encode()),
        content_type=JSON,
        headers={"Idempotency-Key": "K", "Content-Encoding": "gzip"},
    )
    assert packed.content == first.content
    said["reason"] += "."
    assert post(client, PAYMENTS, "K", said).json()["code"] == "idempotency_key_reused"
    there = post(client, f"{PAYMENTS}/{first.json()['id']}/allocate", "K", report(books))
    assert there.json()["code"] == "idempotency_key_reused"
    assert Payment.objects.count() == 1


def test_a_refusal_takes_no_key(books: Books, bank: Partner) -> None:
    client = client_of(bank, "payments:read", "payments:write")
    refused = post(client, PAYMENTS, "K", report(books, method="shells"))
    assert refused.status_code == 422
    assert post(client, PAYMENTS, "K", report(books)).status_code == 201


def test_a_key_is_its_owners_alone_and_all_their_credentials_share_it(
    books: Books, bank: Partner
) -> None:
    scopes = ("payments:read", "payments:write")
    first = post(client_of(bank, *scopes), PAYMENTS, "K", report(books))
    assert post(client_of(bank, *scopes), PAYMENTS, "K", report(books)).content == first.content
    other = partner("Other bank", reads_every_account=True)
    theirs = post(client_of(other, *scopes), PAYMENTS, "K", report(books))
    assert (theirs.status_code, theirs["Idempotency-Replayed"]) == (201, "false")
    assert theirs.json()["id"] != first.json()["id"]


def test_TD52_a_kept_answer_is_not_given_to_whoever_may_not_ask_any_more(
    books: Books, bank: Partner
) -> None:
    issued = credential(bank, "payments:read", "payments:write")
    client = Client(headers={"Authorization": f"Bearer {token_of(issued)}"})
    assert post(client, PAYMENTS, "K", report(books)).status_code == 201
    reader = client_of(bank, "payments:read")
    cut = post(reader, PAYMENTS, "K", report(books))
    assert (cut.status_code, cut.json()["code"]) == (403, "scope_missing")
    revoke_credential(credential=issued.credential, at=now(), by=books.recorded().by, reason=WHY)
    tokens.clear()
    gone = post(client, PAYMENTS, "K", report(books))
    assert (gone.status_code, gone.json()["code"]) == (401, "key_revoked")


def test_money_goes_on_an_invoice_once(books: Books, bank: Partner) -> None:
    client = client_of(bank, "payments:read", "payments:write")
    invoice = books.invoice({"a": "60.00"})
    paid = post(client, PAYMENTS, "P", report(books)).json()
    said = {
        "free": "100.00",
        "reason": WHY,
        "amounts": [{"invoice": invoice.number, "amount": "60.00"}],
    }
    done = [post(client, f"{PAYMENTS}/{paid['id']}/allocate", "A", said) for _ in range(3)]
    assert {(each.status_code, each.content) for each in done} == {(200, done[0].content)}
    assert Settlement.objects.count() == 1


def test_a_proposal_is_put_forward_once(books: Books, sena: User) -> None:
    client, invoice = of_person(sena), books.invoice({"a": "100.00"}, rate="19")
    lines = [{"charge": "a", "amount": "30.00"}]
    said = {
        "kind": "credit_note", "payload": {"invoice": invoice.number, "lines": lines},
        "reason_code": "billing_error", "reason": WHY, "ticket": "T-1",
    }  # fmt: skip
    done = [post(client, "/api/v1/proposals", "K", said) for _ in range(3)]
    assert {(each.status_code, each.content) for each in done} == {(201, done[0].content)}
    assert Proposal.objects.count() == 1


@pytest.fixture
def receiver_url(settings: Settings) -> Iterator[str]:
    with receiving(answers(200)) as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running.url


def test_a_secret_is_answered_again_and_kept_sealed(bank: Partner, receiver_url: str) -> None:
    client = client_of(bank, "webhooks:read", "webhooks:write")
    done = [post(client, "/api/v1/webhook-endpoints", "K", {"url": receiver_url}) for _ in range(2)]
    assert done[0].status_code == 201, done[0].content
    assert done[1].json()["secret"] == done[0].json()["secret"]
    assert WebhookEndpoint.objects.count() == 1
    row = IdempotencyKey.objects.get()
    assert row.is_sealed
    assert "whsec_" not in row.answer


@pytest.mark.django_db(transaction=True)
def test_events_are_answered_again_as_they_were() -> None:
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    router = partner("Router", sources=("router/us-1",))
    client = client_of(router, "usage:write")
    event = {
        "id": "evt-1", "source": "router/us-1", "type": "dyno.seconds", "subject": "app-1",
        "time": now().isoformat(), "data": {"quantity": "1"},
    }  # fmt: skip
    done = [post(client, "/api/v1/usage/events", "K", [event]) for _ in range(2)]
    assert done[0].status_code == 200, done[0].content
    assert done[1].content == done[0].content
    assert "duplicate" not in {each["verdict"] for each in done[1].json()["verdicts"]}
    fresh = post(client, "/api/v1/usage/events", "K2", [event])
    assert [each["verdict"] for each in fresh.json()["verdicts"]] == ["duplicate"]
    assert EventKey.objects.count() == 1
    assert post(client, "/api/v1/usage/events", "K3", {"id": 7}).status_code == 422


def test_what_was_answered_is_neither_changed_nor_forgotten(books: Books, bank: Partner) -> None:
    client = client_of(bank, "payments:read", "payments:write")
    post(client, PAYMENTS, "K", report(books))
    with pytest.raises(DatabaseError), transaction.atomic():
        IdempotencyKey.objects.update(answer="{}")
    with pytest.raises(DatabaseError), transaction.atomic():
        IdempotencyKey.objects.all().delete()
