"""OpenMeter's client for Python sends events and asks for figures; `make clients` has it."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.api.bearer import token_of
from tests.billing.prices import per_unit, requests
from tests.cast import credential, partner
from tests.story import Story
from usage.models import Event

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
PYTHON = os.environ.get("METERING_PYTHON", "")

IN_PYTHON = """
import json, os
from datetime import datetime, timedelta, timezone
from openmeter import Client
from openmeter.models import Event
from corehttp.exceptions import HttpResponseError
client = Client(endpoint=os.environ["BASE"], token=os.environ["KEY"])
at = datetime.fromisoformat(os.environ["AT"])
def event(id, **data):
    return Event(id=id, source="router/us-1", specversion="1.0", type="router.requests",
                 subject="app-1", time=at, data=data)
client.events.ingest_event(event("one", quantity="60"))
client.events.ingest_events([event("two", quantity="2"), event("one", quantity="60")])
try:
    client.events.ingest_events([event("three", quantity="1"), event("four", quantity="x")])
    refused = 0
except HttpResponseError as error:
    refused = error.status_code
print(json.dumps({"refused": refused, "meters": [each.slug for each in client.meters.list()]}))
"""
ASKING = """
import json, os
from datetime import datetime
from openmeter import Client
client = Client(endpoint=os.environ["BASE"], token=os.environ["KEY"])
since = datetime.fromisoformat(os.environ["SINCE"])
def asked(**more):
    found = client.meters.query_json("requests", from_parameter=since, **more)
    return [(row.subject, row.value) for row in found.data]
print(json.dumps({
    "all": asked(), "by_subject": asked(subject=["app-1"]), "by_day": asked(window_size="DAY"),
}))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not PYTHON, reason="METERING_PYTHON names no program; see make clients")
def test_the_client_sends_events_and_asks_for_figures(live_server: Any) -> None:
    story = Story().on("2026-03-01")
    plan = story.plan("calls", per_unit(requests(story), "0.01"))
    acme = story.account("Acme")
    acme.app("app-1")
    acme.subscribes(plan)
    router = partner(
        "Router", sources=("router/us-1",), event_types=("router.requests",), reads=(acme.account,)
    )
    with time_machine.travel(NOW, tick=False):
        key = token_of(credential(router))
        told = _says(IN_PYTHON, live_server.url, key, AT="2026-03-09T11:00:00+00:00")
        assert told == {"refused": 422, "meters": ["requests"]}
        assert set(Event.objects.values_list("event_id", flat=True)) == {"one", "two"}
        assert _says(ASKING, live_server.url, key, SINCE="2026-03-08T00:00:00+00:00") == {
            "all": [[None, 62]],
            "by_subject": [["app-1", 62]],
            "by_day": [[None, 62]],
        }


def _says(program: str, url: str, key: str, **more: str) -> Any:
    done = subprocess.run(
        [Path(PYTHON).absolute(), "-c", program],
        env={"BASE": f"{url}/openmeter", "KEY": key, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
