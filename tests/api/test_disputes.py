"""Charges contested through the machines' door: by whoever may, of their own accounts alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from billing.disputes.models import CaseMessage, DisputeCase, DisputeLine
from billing.disputes.operations import line_decisions, messages
from billing.disputes.operations.evidence_files import SentFile
from core.clock import now
from core.sniffing import PNG
from core.uploads import UPLOAD_BYTES_MAX
from tests.api.bearer import client_of
from tests.billing.disputes.claiming import Counter
from tests.cast import partner
from tests.core.test_sniffing import A_PNG
from tests.people import SAM
from tests.story import Story

PATH = "/api/v1/disputes"
BOTH = ("disputes:read", "disputes:write")


@pytest.fixture
def counter(db: None) -> Counter:
    return Counter(Story()).runs_a_dyno()


@pytest.fixture
def desk(counter: Counter) -> Client:
    """A helpdesk that reads every account."""
    return client_of(partner("Helpdesk", reads_every_account=True), *BOTH)


def send(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def contested(counter: Counter, **more: Any) -> dict[str, Any]:
    line: dict[str, Any] = {
        "invoice": counter.invoice.number,
        "line": counter.charge.position,
        "reason_code": "ended_earlier",
        "facts": {"ended_at": "2026-03-11T00:00:00Z"},
    }
    account = counter.invoice.account.public_id
    return {"account": account, "said": "It ended.", "lines": [line | more]}


def test_a_line_is_contested_read_answered_and_withdrawn(counter: Counter, desk: Client) -> None:
    made = send(desk, PATH, **contested(counter))
    assert made.status_code == 201, made.json()
    told = made.json()
    (line,) = told["lines"]
    assert (told["state"], line["state"], line["approved"]) == ("our_turn", "new", None)
    assert line["claimed"] == {"currency": "USD", "minor": 2100, "decimal": "21.00"}
    assert [each["body"] for each in told["messages"]] == ["It ended."]

    case, kept = DisputeCase.objects.get(), DisputeLine.objects.get()
    line_decisions.ask_customer(line=kept, question="When?", at=now(), by=SAM)
    audience = CaseMessage.Audience.INTERNAL
    messages.say(case=case, body="Odd.", audience=audience, at=now(), by=SAM)
    told = desk.get(f"{PATH}/{told['id']}").json()
    assert told["state"] == "waiting_for_customer"
    assert [each["body"] for each in told["messages"]] == ["It ended.", "When?"]

    answered = send(desk, f"{PATH}/{told['id']}/messages", body="At midnight.")
    assert (answered.status_code, answered.json()["state"]) == (201, "our_turn")
    gone = send(desk, f"{PATH}/{told['id']}/withdraw", line=line["id"], reason="Found it")
    assert (gone.status_code, gone.json()["lines"][0]["state"]) == (200, "withdrawn")
    again = send(desk, f"{PATH}/{told['id']}/withdraw", line=line["id"], reason="Found it")
    assert (again.status_code, again.json()["code"]) == (409, "dispute_line_decided")
    listed = desk.get(PATH, {"account": told["account"]["id"]}).json()["data"]
    assert [each["id"] for each in listed] == [told["id"]]


def test_a_line_is_contested_once(counter: Counter, desk: Client) -> None:
    assert send(desk, PATH, **contested(counter)).status_code == 201
    again = send(desk, PATH, **contested(counter))

    assert (again.status_code, again.json()["code"]) == (409, "line_disputed_already")
    assert DisputeCase.objects.count() == 1


def test_whoever_may_not_read_an_account_knows_of_none_of_it(
    counter: Counter, desk: Client
) -> None:
    told = send(desk, PATH, **contested(counter)).json()
    other = client_of(partner("Other"), *BOTH)
    of_it = f"{PATH}/{told['id']}"

    assert other.get(PATH).json()["data"] == []
    assert other.get(of_it).status_code == 404
    assert send(other, PATH, **contested(counter)).status_code == 404
    assert send(other, f"{of_it}/messages", body="Hello").status_code == 404
    body = {"line": told["lines"][0]["id"], "reason": "No"}
    assert send(other, f"{of_it}/withdraw", **body).status_code == 404
    assert DisputeCase.objects.count() == 1


def test_reading_and_writing_are_two_scopes(counter: Counter) -> None:
    reads = client_of(partner("Reads", reads_every_account=True), "disputes:read")
    writes = client_of(partner("Writes", reads_every_account=True), "disputes:write")

    assert reads.get(PATH).status_code == 200
    assert send(reads, PATH, **contested(counter)).status_code == 403
    assert writes.get(PATH).status_code == 403


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"reason_code": "because"}, 422, ""),
        ({"facts": {}}, 422, "fact_invalid"),
        ({"facts": {"ended_at": "soon"}}, 422, "date_invalid"),
        ({"facts": {"ended_at": "2027-01-01T00:00:00Z"}}, 422, "fact_not_of_line"),
        ({"facts": {"ended_at": "2026-03-11T00:00:00Z", "x": "y"}}, 422, "fact_invalid"),
        ({"facts": {"ended_at": 5}}, 422, "date_invalid"),
        ({"facts": []}, 422, ""),
        ({"line": 99}, 404, "not_found"),
        ({"line": 0}, 422, ""),
        ({"invoice": "CF-99999999"}, 404, "not_found"),
        ({"colour": "blue"}, 422, ""),
    ],
)
def test_what_says_nothing_is_refused_and_keeps_nothing(
    counter: Counter, desk: Client, more: dict[str, Any], status: int, code: str
) -> None:
    answer = send(desk, PATH, **contested(counter, **more))

    assert answer.status_code == status, answer.json()
    assert answer.json()["code"] == (code or "invalid")
    assert not DisputeCase.objects.exists()


def test_td18_td19_a_file_is_sent_and_given_back_as_it_came(counter: Counter, desk: Client) -> None:
    told = send(desk, PATH, **contested(counter)).json()
    files = f"{PATH}/{told['id']}/files"
    sent = desk.post(f"{files}?name=../shot.html", A_PNG, content_type="text/html")
    assert sent.status_code == 201, sent.json()
    (file,) = sent.json()["messages"][-1]["files"]
    assert (file["name"], file["media_type"], file["bytes"]) == ("shot.html", PNG, len(A_PNG))

    back = desk.get(f"{files}/{file['id']}")
    assert (back.content, back.headers["Content-Type"]) == (A_PNG, PNG)
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert back.headers["Content-Disposition"] == 'attachment; filename="shot.html"'

    empty = desk.post(files, b"", content_type="image/png")
    assert (empty.status_code, empty.json()["code"]) == (422, "evidence_empty")
    large = desk.post(files, b"x" * (UPLOAD_BYTES_MAX + 1), content_type="image/png")
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    missing = desk.get(f"{files}/dsa_{'0' * 26}")
    assert (missing.status_code, missing.json()["code"]) == (404, "dispute_file_not_found")


def test_a_file_for_staff_alone_is_not_given_to_the_customer(
    counter: Counter, desk: Client
) -> None:
    told = send(desk, PATH, **contested(counter)).json()
    note = messages.say(
        case=DisputeCase.objects.get(),
        body="Ours.",
        audience=CaseMessage.Audience.INTERNAL,
        at=now(),
        by=SAM,
        file=SentFile("log.txt", b"internal"),
    )
    wanted = note.attachments.get().public_id
    assert desk.get(f"{PATH}/{told['id']}/files/{wanted}").status_code == 404


def test_days_of_a_charge_are_contested_and_read_back(counter: Counter, desk: Client) -> None:
    days = {"days_from": "2026-03-03", "days_until": "2026-03-08"}
    asked = contested(counter, reason_code="not_ours", facts={}, **days)
    made = send(desk, PATH, **asked)
    assert made.status_code == 201, made.json()
    (line,) = made.json()["lines"]
    assert (line["target"], line["claimed"]["decimal"]) == ("days", "5.00")
    assert {name: line[name] for name in days} == days
    assert line["resource"].startswith("res_")
    overlapping = contested(
        counter, reason_code="not_ours", facts={}, days_from="2026-03-07", days_until="2026-03-09"
    )
    assert send(desk, PATH, **overlapping).json()["code"] == "line_disputed_already"

    more = contested(counter, reason_code="not_ours", facts={})["lines"][0]
    path = f"{PATH}/{made.json()['id']}/lines"
    added = send(desk, path, line=more, reason="All of it, says the customer.")
    assert added.status_code == 201, added.json()
    assert [each["target"] for each in added.json()["lines"]] == ["days", "charge"]


def test_late_usage_is_contested_before_it_is_billed(db: None) -> None:
    counter = Counter(Story()).calls("5")
    desk = client_of(partner("Helpdesk", reads_every_account=True), *BOTH)
    assert counter.customer is not None
    counter.story.on("2026-04-10")
    counter.customer.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    key = counter.charge.key
    asked = contested(counter, reason_code="not_ours", facts={}, late_charge=key)
    del asked["lines"][0]["line"]
    made = send(desk, PATH, **asked)
    assert made.status_code == 201, made.json()
    (line,) = made.json()["lines"]
    assert (line["target"], line["line"], line["late_charge"]) == ("late", None, key)
    assert line["claimed"]["decimal"] == "3.00"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"late_charge": "x"}, "/lines/0/line"),
        ({"days_from": "2026-03-03"}, "/lines/0/days_until"),
        ({"resource": "acme-web"}, "/lines/0/resource"),
        ({"days_from": "2026-03-09", "days_until": "2026-03-08"}, "/days_until"),
        ({"days_from": "2026-03-09", "days_until": "2026-05-08"}, "/days_from"),
        ({"days_from": "x", "days_until": "2026-05-08"}, "/lines/0/days_from"),
    ],
)
def test_a_target_that_says_nothing_is_refused(
    counter: Counter, desk: Client, more: dict[str, str], field: str
) -> None:
    answer = send(desk, PATH, **contested(counter, reason_code="not_ours", facts={}, **more))
    assert answer.status_code == 422, answer.json()
    assert field in [each["pointer"] for each in answer.json()["errors"]]
    assert not DisputeCase.objects.exists()


def test_days_of_an_app_that_is_not_theirs_are_not_found(counter: Counter, desk: Client) -> None:
    named = {"days_from": "2026-03-03", "days_until": "2026-03-08", "resource": "somebody-elses"}
    answer = send(desk, PATH, **contested(counter, reason_code="not_ours", facts={}, **named))
    assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_theirs")
