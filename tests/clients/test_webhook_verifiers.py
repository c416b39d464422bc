"""TD58: both libraries of Standard Webhooks accept what we send; `make clients` has them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eventing.sending.signatures import new_secret, standard_headers

PYTHON = os.environ.get("WEBHOOK_PYTHON", "")
NODE_HOME = os.environ.get("WEBHOOK_NODE_HOME", "")

IN_PYTHON = """
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
said = []
for secret, headers, body in json.load(sys.stdin):
    try:
        Webhook(secret).verify(body, headers)
        said.append(True)
    except WebhookVerificationError:
        said.append(False)
print(json.dumps(said))
"""
IN_NODE = """
const { Webhook } = require("standardwebhooks");
const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const said = cases.map(([secret, headers, body]) => {
  try { new Webhook(secret).verify(body, headers); return true; } catch { return false; }
});
console.log(JSON.stringify(said));
"""

Case = tuple[str, dict[str, str], str]


def cases() -> list[Case]:
    """Of a rotation: signed by the old one, by both, by the new one; each read with each."""
    old, new = new_secret(), new_secret()
    body = '{"type":"invoice.issued","data":{"total":"77.50 €"}}'
    found: list[Case] = []
    for holding in ([old], [new, old], [new]):
        headers = _signed(holding, body)
        found += [(secret, headers, body) for secret in (old, new)]
    return [*found, (new, _signed([new], body), body + " ")]


RIGHT = [True, False, True, True, False, True, False]


def _signed(secrets: Sequence[str], body: str) -> dict[str, str]:
    at = datetime.now(tz=UTC)
    return standard_headers(secrets, id="evt_1", at=at, body=body.encode())


def said_by(program: Sequence[str | Path], cwd: Path | None = None) -> list[bool]:
    done = subprocess.run(
        program, input=json.dumps(cases()), capture_output=True, text=True, check=True, cwd=cwd
    )
    found: list[bool] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(not PYTHON, reason="WEBHOOK_PYTHON names no program; see make clients")
def test_td58_the_library_for_python_reads_each_signature() -> None:
    assert said_by([Path(PYTHON).absolute(), "-c", IN_PYTHON]) == RIGHT


@pytest.mark.skipif(not NODE_HOME, reason="WEBHOOK_NODE_HOME names no place; see make clients")
def test_td58_the_library_for_node_reads_each_signature() -> None:
    assert said_by(["node", "-e", IN_NODE], cwd=Path(NODE_HOME).absolute()) == RIGHT
