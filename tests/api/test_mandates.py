"""/api/v1/mandates: a program gives within what finance granted, once, and decides nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.operations import personal_tokens
from accounts.permissions import Role
from approvals.models import MandateDraw, Proposal
from approvals.operations import deciding
from billing.invoicing.models import Adjustment
from core.clock import now
from tests.billing.receivables.books import Books
from tests.cast import person
from tests.story import WHY, Story

PATH = "/api/v1/mandates"
TERMS = {
    "title": "Small goodwill", "currency": "EUR", "kinds": ["adjustment"],
    "reason_codes": ["goodwill"], "per_case": "20.00", "per_account_month": "500.00",
    "total": "500.00", "until": "2099-09-01T00:00:00Z", "review_every": 3,
}  # fmt: skip


@pytest.fixture
def books(db: None) -> Books:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    return Books(story.on("2026-06-01"), customer)


def api(who: User) -> Client:
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


@pytest.fixture
def mandate(books: Books) -> str:
    """Ulf's program puts one forward, Farid approves it at a page."""
    body = {"kind": "mandate", "payload": TERMS, "reason_code": "goodwill", "reason": WHY}
    asked = post(api(person("ulf", Role.FINANCE_ADMIN)), "/api/v1/proposals", body)
    assert asked.status_code == 201, asked.content
    farid, proposal = person("farid", Role.FINANCE_APPROVER), Proposal.objects.get()
    made = deciding.approve(proposal=proposal, seen=proposal.seal, by=farid, at=now())
    assert made is not None
    return made.effect_ref


def wish(books: Books, amount: str = "5.00") -> dict[str, Any]:
    invoice = books.invoice({"a": "100.00"})
    return {
        "kind": "adjustment",
        "payload": {"invoice": invoice.number, "give": amount, "description": "Sorry"},
        "reason_code": "goodwill", "reason": WHY, "ticket": "T-1",
    }  # fmt: skip


def test_it_is_read_and_given_under_once(books: Books, mandate: str) -> None:
    client, one = api(person("sam", Role.SUPPORT)), f"{PATH}/{mandate}"
    read, asked = client.get(one), wish(books)
    assert read.json()["left"]["decimal"] == "500.00"
    made = post(client, f"{one}/draws", asked, **{"If-Match": read["ETag"]})
    assert made.status_code == 201, made.content
    assert made.json()["effect_id"] == Adjustment.objects.get().public_id
    again = post(client, f"{one}/draws", asked, **{"If-Match": read["ETag"]})
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    assert client.get(f"{one}/draws").json()["data"] == [made.json()]
    (listed,) = client.get(PATH).json()["data"]
    assert listed == client.get(one).json()
    assert (listed["left"]["decimal"], listed["draws"], listed["state"]) == (
        "495.00",
        1,
        "in_force",
    )
    more = post(client, f"{one}/draws", wish(books, "15.01"), **{"If-Match": made["ETag"]})
    assert (more.status_code, more.json()["code"]) == (409, "mandate_overdrawn")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"ticket": ""}, 422, "mandate_not_for_this"),
        ({"kind": "refund"}, 403, "proposal_not_permitted"),
        ({"reason_code": "billing_error"}, 422, "mandate_not_for_this"),
        ({"payload": []}, 422, "body_invalid"),
        ({"reason": 3}, 422, "body_invalid"),
        ({"vote": "approve"}, 422, "body_invalid"),
    ],
)
def test_what_it_is_not_for_is_refused_by_name(
    books: Books, mandate: str, change: dict[str, Any], status: int, code: str
) -> None:
    client, one = api(person("sam", Role.SUPPORT)), f"{PATH}/{mandate}"
    tag = client.get(one)["ETag"]
    answer = post(client, f"{one}/draws", wish(books) | change, **{"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert not MandateDraw.objects.exists()


def test_without_what_it_was_made_from_nothing_is_given(books: Books, mandate: str) -> None:
    client = api(person("sam", Role.SUPPORT))
    answer = post(client, f"{PATH}/{mandate}/draws", wish(books))
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    assert not Adjustment.objects.exists()


def test_who_approves_does_not_give_and_an_operator_reads_nothing(
    books: Books, mandate: str
) -> None:
    farid, one = User.objects.get(username="farid"), f"{PATH}/{mandate}"
    tag = api(farid).get(one)["ETag"]
    answer = post(api(farid), f"{one}/draws", wish(books), **{"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (403, "proposal_not_permitted")
    assert api(person("otis", Role.OPERATOR)).get(one).status_code == 403
    assert api(farid).get(f"{PATH}/mnd_none").status_code == 404
