"""docs/quick-start.md: every step is run as it stands, against a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from accounts.models import CredentialScope
from core.clock import now
from eventing.operations import telling
from tests.billing.prices import per_unit, requests
from tests.cast import credential, partner
from tests.story import Story

PAGE = (Path(__file__).parents[2] / "docs/quick-start.md").read_text()


@pytest.fixture
def issued(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A partner's credential; Acme has an app, and a bill of a month that is over."""
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    story = Story().on("2026-01-01")
    acme = story.account("Acme")
    acme.app("acme-web")
    acme.subscribes(story.plan("calls", per_unit(requests(story), "0.01")))
    story.on("2026-02-01")
    acme.uses("router.requests", "acme-web", "2026-01-05", quantity="150")
    story.runs_billing()
    telling.tell(at=now())
    platform = partner(
        "Platform",
        sources=("platform/router",),
        event_types=("router.requests",),
        reads_every_account=True,
    )
    return credential(platform, *CredentialScope.values)


def test_a_partner_is_done_in_eight_steps(issued: Any, live_server: Any) -> None:
    first, *steps = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert first.startswith("BASE=")
    assert len(steps) == 8
    ran = subprocess.run(
        ["/bin/bash", "-c", "set -eu\n" + "echo ---\n".join(steps)],
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "BASE": live_server.url,
            "CLIENT_ID": issued.client_id,
            "CLIENT_SECRET": issued.client_secret,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    said = [each.strip() for each in ran.stdout.split("---\n")]
    assert said[1].endswith("has acme-web")
    assert said[2].splitlines() == ["accepted", "duplicate"]
    assert said[3].splitlines()[1] == "12.00"
    assert "price" in said[4]
    assert int(said[5]) > 0
    assert len(set(said[6].splitlines())) == 1
    assert "Acme" in said[7]
