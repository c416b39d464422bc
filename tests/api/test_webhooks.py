"""Webhooks over the API: a partner keeps its own endpoints, and knows of no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, Partner
from accounts.operations import accounts
from accounts.operations.partners import revoke_credential
from core.clock import now
from eventing.models import WebhookDelivery, WebhookEndpoint
from eventing.operations import telling
from eventing.operations.delivering import Sender, work_endpoint
from tests.api.bearer import client_of
from tests.cast import credential, partner
from tests.eventing.receivers import Receiver, answers, receiving
from tests.people import ADA

PATH = "/api/v1/webhook-endpoints"
SENT = "/api/v1/webhook-deliveries"
BOTH = ("webhooks:read", "webhooks:write")


@pytest.fixture
def works(acme: Account, globex: Account) -> Partner:
    return partner("Addon Works", reads=(acme,), reports_for=(acme,))


@pytest.fixture
def client(works: Partner) -> Client:
    return client_of(works, *BOTH)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving(answers(200)) as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


def send(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def made(client: Client, url: str, **terms: Any) -> Any:
    answer = send(client, PATH, url=url, **terms)
    assert answer.status_code == 201, answer.content
    return answer.json()


def rename(account: Account, name: str) -> None:
    accounts.rename(account=account, name=name, at=now(), by=ADA, reason="They asked")
    telling.tell(at=now())


def work() -> None:
    for endpoint in WebhookEndpoint.objects.all():
        work_endpoint(endpoint.pk, sender=Sender(now), until=now() + timedelta(minutes=1))


def test_an_endpoint_is_made_read_changed_and_deleted(client: Client, receiver: Receiver) -> None:
    told = made(client, receiver.url, types=["account.renamed"])
    assert told["secret"].startswith("whsec_")
    assert (told["state"], len(told["secrets"])) == ("enabled", 1)
    address = f"{PATH}/{told['id']}"
    read = client.get(address)
    assert "secret" not in read.json()
    assert [each["id"] for each in client.get(PATH).json()["data"]] == [told["id"]]

    change = {"description": "Ledger sync"}
    kind = "application/json"
    without = client.patch(address, json.dumps(change), content_type=kind)
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    match = {"If-Match": read["ETag"]}
    changed = client.patch(address, json.dumps(change), content_type=kind, headers=match)
    assert (changed.status_code, changed.json()["description"]) == (200, "Ledger sync")
    assert changed.json()["types"] == ["account.renamed"], "absent is not empty"
    again = client.patch(
        address, json.dumps(change | {"types": []}), content_type=kind, headers=match
    )
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    weak = {"If-Match": "W/" + changed["ETag"]}
    refused = client.patch(address, json.dumps(change), content_type=kind, headers=weak)
    assert refused.status_code == 412

    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.get(PATH).json()["data"] == []


def test_a_partner_hears_of_its_accounts_and_nobody_elses(
    client: Client, receiver: Receiver, acme: Account, globex: Account
) -> None:
    made(client, receiver.url)
    rename(globex, "Canary Globex")
    rename(acme, "Acme & Sons")
    work()
    bodies = [json.loads(each.body) for each in receiver.came]
    assert [each["data"] for each in bodies] == [{"name": "Acme & Sons"}]
    (told,) = client.get(SENT).json()["data"]
    assert (told["outcome"], told["body"]) == ("delivered", bodies[0])
    (attempt,) = told["attempts"]
    assert (attempt["status"], attempt["response_body"]) == (200, "ok")


def test_an_internal_team_that_reads_everything_hears_everything(
    receiver: Receiver, globex: Account
) -> None:
    row = partner("Finance data", reads_every_account=True)
    made(client_of(row, *BOTH), receiver.url, types=["account.renamed", "credential.revoked"])
    spare = credential(row, "usage:read").credential
    revoke_credential(credential=spare, at=now(), by=ADA, reason="Not needed")
    rename(globex, "Globex Inc")
    work()
    types = [json.loads(each.body)["type"] for each in receiver.came]
    assert types == ["credential.revoked", "account.renamed"]


def test_another_partners_endpoint_is_not_there(
    client: Client, receiver: Receiver, globex: Account, acme: Account
) -> None:
    theirs = made(client, receiver.url)
    rename(acme, "Acme & Sons")
    delivery = WebhookDelivery.objects.get()
    other = client_of(partner("Other Works", reads=(acme, globex)), *BOTH)
    assert other.get(PATH).json()["data"] == []
    assert other.get(SENT).json()["data"] == []
    unknown = other.get(f"{PATH}/whe_{'0' * 26}")
    for path in (f"{PATH}/{theirs['id']}", f"{SENT}/{delivery.public_id}"):
        found = other.get(path)
        assert (found.status_code, found.json()["detail"]) == (404, unknown.json()["detail"])
    for verb in ("rotate-secret", "disable", "enable"):
        refused = send(other, f"{PATH}/{theirs['id']}/{verb}", reason="Mine now")
        assert refused.status_code == 404
    assert send(other, f"{SENT}/{delivery.public_id}/resend", reason="Mine").status_code == 404


def test_secrets_are_rotated_and_ended(client: Client, receiver: Receiver) -> None:
    told = made(client, receiver.url)
    address = f"{PATH}/{told['id']}"
    rotated = send(client, f"{address}/rotate-secret", reason="Yearly")
    assert rotated.status_code == 201
    assert rotated.json()["secret"] != told["secret"]
    old, new = rotated.json()["secrets"]
    assert old["id"] == told["secrets"][0]["id"]
    assert (old["ends_at"] is None, new["ends_at"]) == (False, None)
    ended = send(client, f"{address}/end-secret", secret=old["id"], reason="Leaked")
    assert [each["id"] for each in ended.json()["secrets"]] == [new["id"]]
    last = send(client, f"{address}/end-secret", secret=new["id"], reason="Leaked")
    assert (last.status_code, last.json()["code"]) == (409, "secret_over")


def test_held_events_are_recovered_and_delivered_ones_replayed(
    client: Client, receiver: Receiver, acme: Account
) -> None:
    address = f"{PATH}/{made(client, receiver.url)['id']}"
    send(client, f"{address}/disable", reason="Moving")
    rename(acme, "Acme & Sons")
    (held,) = client.get(SENT, {"outcome": "held"}).json()["data"]
    refused = send(client, f"{address}/recover", since="2026-01-01T00:00:00Z", reason="Moved")
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint_disabled")
    send(client, f"{address}/enable", reason="Moved")
    since = held["queued_at"][:10] + "T00:00:00Z"
    found = send(client, f"{address}/recover", since=since, reason="Moved")
    assert found.json() == {"count": 1}
    work()
    again = send(client, f"{address}/replay", types=["account.renamed"], reason="Lost ours")
    assert again.json() == {"count": 1}
    work()
    assert len({each.headers["webhook-id"] for each in receiver.came}) == 1
    assert len(receiver.came) == 2
    gone = send(client, f"{SENT}/{held['id']}/expunge", reason="Erased on request")
    assert (gone.json()["body"], gone.json()["attempts"][0]["response_body"]) == (None, None)
    resent = send(client, f"{SENT}/{held['id']}/resend", reason="Again")
    assert (resent.status_code, resent.json()["code"]) == (409, "content_expunged")


def test_an_example_is_sent(client: Client, receiver: Receiver) -> None:
    address = f"{PATH}/{made(client, receiver.url)['id']}"
    sent = send(client, f"{address}/send-example", type="payment.received")
    assert sent.status_code == 201
    work()
    assert json.loads(receiver.came[0].body)["type"] == "payment.received"
    found = client.get(f"{SENT}/{sent.json()['delivery']}").json()
    assert (found["event"], found["outcome"]) == (None, "delivered")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "https://127.0.0.1/in"}, 422, "address_refused"),
        ({"url": "http://hooks.example.com/in"}, 422, "address_refused"),
        ({"url": "https://hooks.example.com/in", "types": ["made.up"]}, 422, "event_type_unknown"),
        ({"url": "https://hooks.example.com/", "types": ["partner.enrolled"]}, 422, None),
        ({"url": "https://hooks.example.com/", "secret": "mine"}, 422, None),
        ({"types": []}, 422, None),
    ],
)
def test_what_no_endpoint_can_be_is_refused(
    client: Client, body: dict[str, Any], status: int, code: str | None
) -> None:
    answer = send(client, PATH, **body)
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code
    assert not WebhookEndpoint.objects.exists()


def test_reading_is_not_writing(works: Partner, receiver: Receiver) -> None:
    reader = client_of(works, "webhooks:read")
    refused = send(reader, PATH, url=receiver.url)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert reader.delete(f"{PATH}/whe_{'0' * 26}").status_code == 403
