"""Silent victims in the console: from a contested line to everybody with its cause, credited."""

from __future__ import annotations

import pytest

from accounts.permissions import Role
from approvals.models import Proposal
from billing.disputes.models import CreditBatch, DisputeLine, Incident
from billing.disputes.tasks import work_credit_batches
from tests.billing.disputes.claiming import Counter
from tests.billing.prices import dyno_month, dyno_seconds
from tests.browsers import Browser
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.test_disputes import text
from tests.story import Story

DOWN = {"down_from": "2026-03-11T00:00:00Z", "down_until": "2026-03-12T00:00:00Z"}


@pytest.fixture
def line(db: None) -> DisputeLine:
    """Acme contests a day of March; Globex has the same dyno and says nothing."""
    story = Story()
    plan = story.plan("dynos", dyno_month(dyno_seconds(story), "basic", "31.00"))
    story.on("2026-03-01")
    found = [story.account(name) for name in ("Globex", "Acme")]
    for number, customer in enumerate(found):
        customer.app(f"app-{number}")
        customer.subscribes(plan)
        customer.scales(f"app-{number}", "basic", "1", "2026-03-01")
    story.on("2026-04-01").runs_billing()
    return Counter(story, found[-1]).contests("was_down", DOWN)


@pytest.fixture
def sena(db: None) -> Browser:
    return client_of(person("sena", Role.SENIOR_SUPPORT))


def test_from_a_complaint_to_everybody_with_its_cause(line: DisputeLine, sena: Browser) -> None:
    page = f"/disputes/{line.case.public_id}/"
    others = f"{page}lines/{line.public_id}/others/"
    assert "Look for others with the cause" in text(sena.get(page))
    seen = text(sena.get(others))
    for said in ("Globex", "About too much, in USD", "$1.00", "Of what was billed", "$31.00"):
        assert said in seen
    assert sena.post(others, {"reason": ""}).status_code == 422
    assert sena.post(others, {"reason": "All were down"}).status_code == 302

    batch = CreditBatch.objects.get()
    url = f"/disputes/batches/{batch.public_id}/"
    assert "0 of 1 worked out" in text(sena.get(url))
    assert work_credit_batches.run() == 1
    assert "1 to put forward" in text(sena.get(url))
    put = sena.post(url, {"do": "put-forward", "reason": "All were down"}, follow=True)
    assert "$1.00 in 1 proposal put forward. Another person decides." in text(put)
    assert Proposal.objects.get().ticket == line.case.number
    assert "waits for approval" in text(sena.get(url))
    assert "Batch drafted" in text(sena.get(page))
    assert "Nobody else was charged like this." in text(sena.get(others))


def test_bad_input_to_a_batch_says_nothing_was_saved(line: DisputeLine, sena: Browser) -> None:
    others = f"/disputes/{line.case.public_id}/lines/{line.public_id}/others/"
    sena.post(others, {"reason": "All were down"})
    url = f"/disputes/batches/{CreditBatch.objects.get().public_id}/"
    for sent in (
        {},
        {"do": "explode", "reason": "x"},
        {"do": "put-forward", "reason": " "},
        {"do": "leave-out:99999999999999999999999", "reason": "x"},
        {"do": "leave-out:x", "reason": "x"},
    ):
        answer = sena.post(url, sent)
        assert answer.status_code in (404, 422), sent
        assert "Nothing was saved" in text(answer)
    assert sena.get("/disputes/batches/dcb_nothing/").status_code == 404
    assert sena.get("/disputes/batches/?after=nothing").status_code in (404, 422)
    again = sena.post(others, {"reason": "All were down"})
    assert again.status_code == 409
    auditor = client_of(person("aude", Role.AUDITOR))
    assert auditor.get(url).status_code == 200
    assert auditor.post(url, {"do": "put-forward", "reason": "x"}).status_code == 403


INCIDENT = {
    "title": "Routing",
    "happened": "Requests were not routed.",
    "down_from": "2026-03-11 00:00",
    "down_until": "2026-03-12 12:00",
    "meters": "dyno-seconds",
    "match": "size=basic",
    "steps": "99.9 5\n99 10\n95 25",
    "reason": "Alarms",
}


def test_an_incident_is_opened_given_for_and_kept_open(line: DisputeLine, sena: Browser) -> None:
    """36 hours of March are 95.16 % up: 10 % of Globex' 31.00; Acme's charge is contested."""
    assert sena.post("/incidents/new/", INCIDENT).status_code == 302
    url = f"/incidents/{Incident.objects.get().public_id}/"
    page = text(sena.get(url))
    assert "2 affected charges are in no batch." in page
    assert sena.post(url, {"do": "draft", "reason": "All were down"}).status_code == 302
    work_credit_batches.run()
    (batch,) = CreditBatch.objects.all()
    assert "$3.10" in text(sena.get(f"/disputes/batches/{batch.public_id}/"))
    refused = sena.post(url, {"do": "close", "reason": "Done"})
    assert refused.status_code == 409
    assert "Not every cent in it has a fate" in text(refused)


@pytest.mark.parametrize(
    "wrong",
    [
        {"down_from": "yesterday"},
        {"down_until": "2026-03-10 00:00"},
        {"meters": "nothing"},
        {"match": "size"},
        {"steps": "99"},
        {"steps": "99 5\n99.9 10"},
        {"reason": " "},
        {"title": "a\x00b"},
    ],
)
def test_what_is_wrong_with_an_incident_is_said(
    line: DisputeLine, sena: Browser, wrong: dict[str, str]
) -> None:
    answer = sena.post("/incidents/new/", {**INCIDENT, **wrong})
    assert answer.status_code == 422
    assert "Nothing was saved" in text(answer)
    assert not Incident.objects.exists()
