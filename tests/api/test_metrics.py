"""What Prometheus reads: for whoever has the token, of the rows as they are, nothing of people."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from billing.overview.queries.measures import due_by_queue
from config.queues import QUEUES
from core.measures import MEASURES, WatchedNumber
from tests.billing.prices import per_unit, requests
from tests.cast import account, resource
from tests.story import Story
from tests.usage.world import LATER, meter
from usage.models import StaleUsage

PROJECT = Path(__file__).resolve().parents[2]
MONITORING = PROJECT / "deploy/helm/counterfoil/monitoring"
TOKEN = "a-token-of-ours"


@pytest.fixture(autouse=True)
def _token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def read() -> dict[tuple[str, str], float]:
    """Value by name and the values of its labels."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.django_db
def test_numbers_are_for_whoever_has_the_token(settings: Any) -> None:
    for offered in ({}, {"Authorization": "Bearer another"}, {"Authorization": TOKEN[:-1]}):
        assert Client().get("/metrics", headers=offered).status_code == 401
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    assert Client().post("/metrics").status_code == 405


@pytest.mark.django_db
def test_what_comes_in_is_counted_by_verdict_and_source() -> None:
    story = Story()
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-03-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-03-06")
    acme.uses("router.requests", "acme-web", "2026-03-05", quantity="250")
    found = read()
    # The story is long ago: nothing came in the last five minutes.
    assert found["counterfoil_events_last_5m", "accepted"] == 0
    assert found["counterfoil_newest_receipt_age_seconds", ""] > 3600
    assert found["counterfoil_up", ""] == 1
    assert found["counterfoil_parked", "accounts"] == 0


@pytest.mark.django_db
def test_a_queue_is_as_old_as_its_oldest_work() -> None:
    acme = account("Acme")
    StaleUsage.objects.create(
        account=acme,
        resource=resource("app-1", of=acme),
        meter=meter("requests"),
        day_from=date(2026, 5, 1),
        marked_at=LATER,
    )
    found = due_by_queue(at=LATER + timedelta(hours=2))
    assert set(found) <= set(QUEUES)
    assert found["usage"] == (1, LATER)
    assert read()["counterfoil_queue_age_seconds", "usage"] > 0


@pytest.mark.django_db
def test_no_number_names_a_customer_and_none_grows_with_them() -> None:
    story = Story()
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    story.on("2026-03-01")
    with CaptureQueriesContext(connection) as before:
        read()
    accounts = [story.account(name) for name in ("Acme", "Globex")]
    for number, each in enumerate(accounts):
        each.app(f"acme-or-globex-{number}")
        each.subscribes(plan)
    story.on("2026-03-06")
    for number, each in enumerate(accounts):
        each.uses("router.requests", f"acme-or-globex-{number}", "2026-03-05", quantity="250")
    with CaptureQueriesContext(connection) as after:
        text = str(read())
    assert len(after) == len(before)
    assert not re.search("acme|globex", text, re.IGNORECASE)


def test_a_number_without_a_description_is_none() -> None:
    with pytest.raises(ValueError, match="has no description"):
        WatchedNumber("counterfoil_made_up", 1)


def alerts() -> list[dict[str, Any]]:
    read = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    return [rule for group in read["groups"] for rule in group["rules"]]


def sections() -> set[str]:
    headings = re.findall(
        r"^#{2,4} (.+)$", (PROJECT / "docs/operations.md").read_text(), re.MULTILINE
    )
    return {re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_watches_a_number_there_is_and_says_what_to_do(alert: dict[str, Any]) -> None:
    assert set(re.findall(r"counterfoil_\w+", alert["expr"])) <= set(MEASURES)
    document, _, section = alert["annotations"]["runbook"].partition("#")
    assert document == "docs/operations.md"
    assert section in sections()
    assert alert["labels"]["severity"] in {"warning", "critical"}


def test_the_dashboard_shows_every_number() -> None:
    board = json.loads((MONITORING / "dashboard.json").read_text())
    shown = set(re.findall(r"counterfoil_\w+", json.dumps(board["panels"])))
    assert shown == set(MEASURES)


def test_the_documents_list_every_number() -> None:
    text = (PROJECT / "docs/operations.md").read_text().partition("## Numbers for")[2]
    listed = dict(re.findall(r"^\| `(counterfoil_\w+)` \| (.+) \|$", text, re.MULTILINE))
    assert listed == MEASURES
