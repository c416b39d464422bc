"""Events in lines and rows over HTTP, from a file, and for an open backfill."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Partner
from core.actor import acting_as
from tests.api.bearer import client_of
from tests.cast import account, partner, resource
from tests.people import ADA
from tests.usage.world import meter
from usage.models import Backfill, Event, EventKey, Receipt, Source
from usage.operations import backfills
from usage.operations.backfills import Range

EVENTS = "/api/v1/usage/events"
NDJSON, CSV = "application/x-ndjson", "text/csv"
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
HEADER = "id,source,type,subject,time,quantity"


@pytest.fixture
def router(transactional_db: None) -> Partner:
    resource("app-1", of=account("Acme"))
    meter("dyno.seconds")
    return partner("Router", sources=("router/us-1", "router/us-2"))


@pytest.fixture
def client(router: Partner) -> Client:
    return client_of(router)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """At NOW, in a process that remembers nothing of the tables emptied before."""
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    with time_machine.travel(NOW, tick=False):
        yield


def row(id: str, at: str = "2026-01-15T10:00:00Z", **other: str) -> str:
    cells = {"source": "router/us-1", "type": "dyno.seconds", "subject": "app-1"} | other
    return ",".join([id, *cells.values(), at, "60"])


def line(id: str, **other: Any) -> str:
    return json.dumps(
        {
            "id": id,
            "source": "router/us-1",
            "type": "dyno.seconds",
            "subject": "app-1",
            "time": "2026-01-15T10:00:00Z",
            "data": {"quantity": "60"},
        }
        | other
    )


def send(client: Client, media_type: str, *lines: str, query: str = "") -> Any:
    return client.post(EVENTS + query, "\n".join(lines), content_type=media_type)


def verdicts(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [verdict["verdict"] for verdict in answer.json()["verdicts"]]


def test_a_line_is_the_same_event_as_a_row_and_as_json(client: Client) -> None:
    assert verdicts(send(client, NDJSON, line("e-1"), "", "{", line("e-2"))) == [
        "quarantined",
        "rejected",
        "quarantined",
    ]
    again = send(client, f"{CSV}; charset=utf-8", HEADER, row("e-1"), row("e-3"))
    assert verdicts(again) == ["duplicate", "quarantined"]
    single = client.post(EVENTS, line("e-3"), content_type="application/json")
    assert verdicts(single) == ["duplicate"]
    assert EventKey.objects.count() == 3


def test_a_body_of_lines_may_be_all_or_nothing(client: Client) -> None:
    answer = send(client, CSV, HEADER, row("e-1"), row("e 2"), query="?atomic=true")
    assert (answer.status_code, answer.json()["code"]) == (422, "atomic")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/1/id"]
    assert not EventKey.objects.exists()


@pytest.mark.parametrize(
    ("media_type", "body", "status", "code"),
    [
        (CSV, "id,colour\n1,red", 422, "columns_invalid"),
        (CSV, HEADER, 422, "batch_empty"),
        (NDJSON, "\n", 422, "batch_empty"),
        (NDJSON, "{}\n" * 1_001, 413, "batch_too_large"),
        (f"{CSV}; charset=latin-1", HEADER, 415, "media_type"),
        ("application/xml", HEADER, 415, "media_type"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_whole(
    client: Client, media_type: str, body: str, status: int, code: str
) -> None:
    answer = client.post(EVENTS, body, content_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Receipt.objects.exists()


class TestBackfill:
    @pytest.fixture
    def december(self, router: Partner, client: Client) -> Backfill:
        """The router's December, which is too late to be reported otherwise."""
        send(client, NDJSON, line("first"))
        source = Source.objects.get(name="router/us-1")
        source.max_late = timedelta(days=30)
        with acting_as(ADA, reason="A source that reports within a month"):
            source.save()
        start, end = datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
        return backfills.start(Range(source, start, end), at=NOW, by=ADA, reason="Lost in a fire")

    def test_its_events_belong_to_it(self, client: Client, december: Backfill) -> None:
        query = f"?backfill={december.public_id}"
        old = row("old", "2025-12-01T00:00:00Z")
        elsewhere = row("other", "2025-12-01T00:00:00Z", source="router/us-2")
        answer = send(client, CSV, HEADER, old, row("new"), elsewhere, query=query)
        codes = [verdict.get("code") for verdict in answer.json()["verdicts"]]
        assert codes == ["unowned", "outside_backfill", "outside_backfill"]
        assert Receipt.objects.get(backfill=december).quarantined_count == 1

    def test_one_that_is_closed_or_foreign_is_refused_before_the_events(
        self, client: Client, december: Backfill
    ) -> None:
        query = f"?backfill={december.public_id}"
        stranger = client_of(partner("Stranger", sources=("router/us-9",)))
        for asked, who in ((query, stranger), ("?backfill=bkf_none", client)):
            answer = send(who, CSV, HEADER, row("old"), query=asked)
            assert (answer.status_code, answer.json()["code"]) == (404, "backfill_not_found")
        backfills.close(backfill=december, at=NOW, by=ADA, reason="Sent")
        answer = send(client, CSV, HEADER, row("old"), query=query)
        assert (answer.status_code, answer.json()["code"]) == (409, "backfill_closed")
        assert EventKey.objects.count() == 1


class TestFile:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
        """The status, the summary, and what was said of single events."""
        status = 0
        try:
            call_command("ingest_events", *arguments, "--json")
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return status, json.loads(said.out), said.err

    def test_a_file_is_taken_in_batch_by_batch(
        self, router: Partner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "january.csv"
        file.write_text("\n".join([HEADER, *(row(f"e-{number}") for number in range(1_001))]))
        status, said, _ = self.run(capsys, str(file))
        assert (status, said["events"], said["quarantined"]) == (0, 1_001, 1_001)
        assert said["codes"] == {"no_subscription": 1_001}
        assert sorted(Receipt.objects.values_list("sent_count", flat=True)) == [1, 1_000]
        assert self.run(capsys, str(file))[1]["duplicate"] == 1_001

    def test_what_is_rejected_is_named_and_ends_with_an_error(
        self, router: Partner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "january.jsonl"
        file.write_text("\n".join([line("e-1"), "{", line("e-1", subject="app-2")]))
        status, said, err = self.run(capsys, str(file))
        assert (status, said["rejected"], said["conflict"]) == (1, 1, 1)
        assert "event 2 (no id): rejected, json_invalid" in err
        assert "event 3 (e-1): conflict, id_conflict" in err

    def test_a_file_that_is_none_is_status_2(self, db: None, tmp_path: Path) -> None:
        odd = tmp_path / "odd.csv"
        odd.write_text("id,colour\n1,red\n")
        for arguments in ((str(odd),), (str(tmp_path / "none.csv"),), ("-",)):
            with pytest.raises(CommandError) as refused:
                call_command("ingest_events", *arguments)
            assert refused.value.returncode == 2
        assert not Event.objects.exists()
