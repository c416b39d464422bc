"""/api/v1/proposals: a person's program puts forward as that person, and decides nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import PersonalToken, User
from accounts.operations import personal_tokens
from accounts.permissions import OwnProposal, Role
from approvals.models import Decision, Proposal
from approvals.operations import deciding
from billing.invoicing.models import CreditNote
from core.clock import now
from tests.api.bearer import client_of as partner_client
from tests.billing.receivables.books import Books
from tests.cast import partner, person
from tests.story import WHY, Story

PATH = "/api/v1/proposals"


@pytest.fixture
def books(db: None) -> Books:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    return Books(story.on("2026-06-01"), customer)


def api(who: User) -> Client:
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def sena(books: Books) -> User:
    return person("sena", Role.SENIOR_SUPPORT)


@pytest.fixture
def farid(books: Books) -> User:
    return person("farid", Role.FINANCE_APPROVER)


def wish(books: Books, amount: str = "30.00") -> dict[str, Any]:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    lines = [{"charge": "a", "amount": amount}]
    return {
        "kind": "credit_note", "payload": {"invoice": invoice.number, "lines": lines},
        "reason_code": "billing_error", "reason": WHY, "ticket": "T-1",
    }  # fmt: skip


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def approved(found: dict[str, Any], *, by: User) -> None:
    """Approve what the API answered, as its page does."""
    proposal = Proposal.objects.get(public_id=found["id"])
    deciding.approve(proposal=proposal, seen=found["seal"], by=by, at=now())


def test_it_is_put_forward_read_and_decided_by_people(
    books: Books, sena: User, farid: User
) -> None:
    maker, checker, asked = api(sena), api(farid), wish(books)
    made = post(maker, PATH, asked)
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["amount"]["decimal"], found["state"]) == ("35.70", "open")
    assert found["made_by"] == sena.public_id
    again = post(maker, PATH, asked)
    assert (again.status_code, again.json()["id"]) == (200, found["id"])

    one = f"{PATH}/{found['id']}"
    assert checker.get(one).json() == found
    assert [each["id"] for each in checker.get(PATH, {"state": "open"}).json()["data"]] == [
        found["id"]
    ]
    for verb in ("approve", "reject", "return"):
        answer = post(checker, f"{one}/{verb}", {"seal": found["seal"], "reason": WHY})
        assert answer.status_code == 404, verb
    approved(found, by=farid)
    done = checker.get(one).json()
    assert (done["state"], done["outcome"]) == ("approved", "executed")
    assert done["effect_id"] == CreditNote.objects.get().public_id
    late = post(maker, f"{one}/withdraw", {"seal": found["seal"], "reason": WHY})
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")


def test_ones_own_token_is_oneself(books: Books, sena: User) -> None:
    client = api(sena)
    found = post(client, PATH, wish(books)).json()
    with pytest.raises(OwnProposal):
        approved(found, by=sena)
    assert not Decision.objects.exists()
    taken = post(client, f"{PATH}/{found['id']}/withdraw", {"seal": found["seal"], "reason": WHY})
    assert taken.json()["state"] == "withdrawn"


def test_what_changed_is_a_conflict_that_says_so(books: Books, sena: User, farid: User) -> None:
    asked = wish(books)
    asked |= {"kind": "write_off", "reason_code": "uncollectible"}
    asked["payload"] = {"invoice": asked["payload"]["invoice"]}
    found = post(api(sena), PATH, asked).json()
    invoice = books.customer.invoices[-1]
    books.paid(invoice, "50.00")
    approved(found, by=farid)
    one = f"{PATH}/{found['id']}"
    assert api(farid).get(one).json()["outcome"] == "changed"
    stale = post(api(sena), f"{one}/withdraw", {"seal": found["seal"], "reason": WHY})
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_since")
    assert books.open(invoice) == "69.00"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"kind": "present"}, 422, "proposal_kind_unknown"),
        ({"kind": 7}, 422, "body_invalid"),
        ({"payload": []}, 422, "body_invalid"),
        ({"payload": {}}, 422, "payload_invalid"),
        ({"reason": ""}, 422, "reason_missing"),
        ({"reason_code": "whim"}, 422, "reason_code_unknown"),
        ({"ticket": "x" * 101}, 422, "proposal_text_invalid"),
        ({"hidden": 1}, 422, "body_invalid"),
    ],
)
def test_bad_input_is_named(
    books: Books, sena: User, change: dict[str, Any], status: int, code: str
) -> None:
    answer = post(api(sena), PATH, wish(books) | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Proposal.objects.exists()


def test_only_a_good_token_of_a_person_opens_it(books: Books, sena: User) -> None:
    assert Client().get(PATH).status_code == 401
    assert partner_client(partner("Agency")).get(PATH).status_code == 401
    client = api(sena)
    assert client.get(PATH).status_code == 200
    token = PersonalToken.objects.get()
    personal_tokens.end(token=token, by=sena, at=now())
    assert client.get(PATH).status_code == 401
    assert api(person("otis", Role.OPERATOR)).get(PATH).status_code == 403


def test_what_is_not_there_is_not_found(books: Books, sena: User) -> None:
    answer = api(sena).get(f"{PATH}/prp_00000000000000000000000000")
    assert (answer.status_code, answer.json()["code"]) == (404, "proposal_not_found")


def test_a_partner_reads_the_credit_notes_of_its_accounts(
    books: Books, sena: User, farid: User
) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    note = books.credits(invoice, "a", "30.00")
    mine = partner_client(partner("Agency", reads=(books.customer.account,)))
    (shown,) = mine.get("/api/v1/credit-notes").json()["data"]
    assert (shown["number"], shown["invoice"]) == (note.number, invoice.number)
    assert (shown["subtotal"]["decimal"], shown["tax"]["decimal"]) == ("30.00", "5.70")
    (line,) = shown["lines"]
    assert (line["charge"], line["amount"]["decimal"]) == ("a", "30.00")
    other = partner_client(partner("Stranger"))
    assert other.get("/api/v1/credit-notes").json()["data"] == []
    assert other.get(f"/api/v1/credit-notes/{note.public_id}").status_code == 404
