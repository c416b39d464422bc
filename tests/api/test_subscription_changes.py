"""Changes of subscriptions over REST: quoted, carried out as quoted, listed; seats among them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import PersonalToken, User
from accounts.operations import personal_tokens
from accounts.permissions import Role
from billing.contracts.models import Subscription, SubscriptionChange
from core.clock import now
from tests.billing.changes.test_seats import seat
from tests.cast import person
from tests.story import Customer, Story

V1 = "/api/v1"


def api(who: User) -> Client:
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def acme(db: None) -> Customer:
    """Acme is on a plan that sells seats at 10.00."""
    story = Story()
    acme = story.on("2026-10-01").account("Acme")
    acme.subscribes(story.plan("team", seat("10.00")))
    return acme


@pytest.fixture
def sena(acme: Customer) -> Client:
    return api(person("sena", Role.SENIOR_SUPPORT))


def of(acme: Customer) -> str:
    return f"{V1}/subscriptions/{Subscription.objects.get(account=acme.account).public_id}"


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def test_seats_are_quoted_and_bought_as_quoted(acme: Customer, sena: Client) -> None:
    asked = {"what": "seats", "price": "seats", "quantity": 5, "when": "period_end"}
    made = post(sena, f"{of(acme)}/change-quotes", asked)
    assert made.status_code == 201
    quote = made.json()
    assert (quote["kind"], quote["quantity"]) == ("more_seats", 5)
    assert made["ETag"] == f'"{quote["digest"]}"'
    path = f"{V1}/change-quotes/{quote['id']}"
    assert sena.get(path)["ETag"] == made["ETag"]
    assert [each["id"] for each in sena.get(f"{of(acme)}/change-quotes").json()["quotes"]] == [
        quote["id"]
    ]
    why = {"reason": "Asked for"}
    wrong = post(sena, f"{path}/execute", why, **{"If-Match": '"another"'})
    assert wrong.status_code == 412
    done = post(sena, f"{path}/execute", why, **{"If-Match": made["ETag"]})
    assert (done.status_code, done.json()["state"]) == (201, "waiting")
    (listed,) = sena.get(f"{of(acme)}/changes").json()["changes"]
    assert (listed["kind"], listed["quantity"]) == ("more_seats", 5)
    assert post(sena, f"{path}/execute", why).status_code == 409


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"what": "seats", "price": "seats", "when": "now"}, 422),
        ({"what": "seats", "price": "none", "quantity": 1, "when": "now"}, 422),
        ({"what": "seats", "price": "seats", "quantity": -1, "when": "now"}, 422),
        ({"what": "transfer", "account": "acc_nobody", "when": "now"}, 404),
        ({"what": "reactivate", "when": "now"}, 409),
        ({"what": "dance", "when": "now"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(
    acme: Customer, sena: Client, asked: dict[str, Any], status: int
) -> None:
    answer = post(sena, f"{of(acme)}/change-quotes", asked)
    assert answer.status_code == status
    assert not SubscriptionChange.objects.exists()


def test_who_only_reads_quotes_nothing(acme: Customer) -> None:
    sam = api(person("sam", Role.SUPPORT))
    asked = {"what": "cancel", "when": "period_end"}
    assert post(sam, f"{of(acme)}/change-quotes", asked).status_code == 403


def test_what_is_not_there_is_not_found(acme: Customer, sena: Client) -> None:
    for path in ("change-quotes/chq_none", "subscriptions/sub_none/changes"):
        assert sena.get(f"{V1}/{path}").status_code == 404
    assert PersonalToken.objects.exists()
