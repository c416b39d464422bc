"""The page of whoever is on call says what needs somebody, and pauses a queue with a reason."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.permissions import Role
from core.invariants import invariants
from duty.models import QueuePause, RuleLook
from tests.cast import person
from tests.console.conftest import client_of
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.usage.world import LATER


def test_what_is_parked_and_held_is_listed_with_its_runbook(
    platform: Platform, operator: Client
) -> None:
    page = words(operator.get("/oncall/").content)
    assert "1 account is parked in the run of" in page
    assert "A parked account" in page
    assert "Events held:" in page
    assert "Events are held" in page


def test_a_broken_rule_comes_first_with_its_rows(platform: Platform, operator: Client) -> None:
    RuleLook.objects.create(
        rule="I1",
        text="A rule of another release.",
        looked_at=LATER,
        milliseconds=1,
        examined=10,
        violations=2,
        samples=["inv_1"],
    )
    assert "A rule of another release" not in words(operator.get("/oncall/").content)
    rule = invariants()[0]
    RuleLook.objects.create(
        rule=rule.id,
        text=rule.text,
        looked_at=LATER,
        milliseconds=1,
        examined=10,
        violations=2,
        samples=["inv_1"],
    )
    page = words(operator.get("/oncall/").content)
    assert f"Rule {rule.id} does not hold" in page
    assert "For example inv_1." in page
    assert "2 rows of 10" in page


def test_a_queue_is_paused_and_goes_on_with_a_reason(platform: Platform, operator: Client) -> None:
    form = {"minutes": "15", "reason": "The database is moved"}
    answer = operator.post("/oncall/queues/papers/", form, follow=True)
    assert "The queue papers stands still until" in words(answer.content)
    assert "by Otis" in words(answer.content)
    assert "The database is moved" in words(answer.content)
    answer = operator.post("/oncall/queues/papers/", {"reason": "It is moved"}, follow=True)
    assert "The queue papers goes on." in words(answer.content)
    assert QueuePause.objects.get().end_reason == "It is moved"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"minutes": "15", "reason": " "}, "reason"),
        ({"minutes": "10000", "reason": "Why not"}, "minutes"),
    ],
)
def test_bad_input_pauses_nothing(
    form: dict[str, str], said: str, platform: Platform, operator: Client
) -> None:
    answer = operator.post("/oncall/queues/papers/", form)
    assert answer.status_code == 200
    assert said in answer.context["form"].errors
    assert not QueuePause.objects.exists()


def test_a_queue_that_is_none_is_not_found(platform: Platform, operator: Client) -> None:
    assert operator.get("/oncall/queues/nonsense/").status_code == 404


def test_only_who_may_retry_work_pauses_a_queue(platform: Platform, db: None) -> None:
    for name, role in (("sam", Role.SUPPORT), ("aude", Role.AUDITOR)):
        client = client_of(person(f"{name}-on-call", role))
        assert client.get("/oncall/queues/papers/").status_code == 403
        assert "Pause…" not in words(client.get("/oncall/").content)


def test_it_renews_itself_until_it_is_told_to_stop(platform: Platform, operator: Client) -> None:
    assert b'hx-get="/oncall/"' in operator.get("/oncall/").content
    assert b'hx-get="/oncall/"' not in operator.get("/oncall/?still=1").content
    part = operator.get("/oncall/", headers={"HX-Request": "true"}).content
    assert b"<html" not in part
    assert b'id="oncall"' in part
