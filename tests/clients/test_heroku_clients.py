"""Heroku's own client and heroku3 for Python read our answers; `make clients` has them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.api.bearer import token_of
from tests.api.platform_as_heroku import acme, story
from tests.cast import credential, partner
from tests.story import Customer

__all__ = ["acme", "story"]

CLI = os.environ.get("HEROKU_CLI", "")
PYTHON = os.environ.get("HEROKU3_PYTHON", "")
SCOPES = ("accounts:read", "invoices:read", "payments:read")

IN_PYTHON = """
import json, os
from heroku3.api import Heroku
client = Heroku()
client._heroku_url = os.environ["BASE"]
signed_in = client.authenticate(os.environ["KEY"])
invoices = client.invoices(order_by="id", limit=1)
app = client.app("acme-web")
print(json.dumps({
    "signed_in": signed_in,
    "remaining": client.rate_limit.remaining,
    "totals": [each.total for each in client.invoices()],
    "first": [each.number for each in invoices],
    "apps": [each.name for each in client.apps()],
    "addons": [(each.name, each.plan.name) for each in client.addons(app.name)],
    "services": [each.name for each in client.addon_services()],
}))
"""


@pytest.fixture
def key(acme: Customer) -> str:
    works = partner("Addon Works", reads=(acme.account,), reports_for=())
    return token_of(credential(works, *SCOPES))


def heroku(host: str, key: str, home: Path, *words: str) -> str:
    """What Heroku's client prints. It keeps nothing, and asks nobody else."""
    says = {
        "HEROKU_HOST": host,
        "HEROKU_API_KEY": key,
        "HEROKU_PARTICLEBOARD_URL": host,
        "DISABLE_TELEMETRY": "true",
        "HEROKU_SKIP_NEW_VERSION_CHECK": "true",
        "HOME": str(home),
        "PATH": os.environ["PATH"],
    }
    done = _run([str(Path(CLI).absolute()), *words], says)
    return done.stdout or done.stderr


def _run(words: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not CLI, reason="HEROKU_CLI names no program; see make clients")
def test_the_command_line_client_reads_apps_addons_plans_and_usage(
    key: str, live_server: Any, tmp_path: Path
) -> None:
    host = live_server.url.replace("127.0.0.1", "localhost")

    def says(*words: str) -> str:
        return heroku(host, key, tmp_path, *words)

    addons = json.loads(says("addons", "--app", "acme-web", "--json"))
    assert [(each["name"], each["plan"]["name"]) for each in addons] == [
        ("acme-db", "postgres:small")
    ]
    assert addons[0]["billed_price"]["cents"] == 6200
    assert "acme-db" in says("addons", "--all")
    for asked in (("--app", "acme-web"), ("--team", "Acme"), ("-a", "acme-web", "-t", "Acme")):
        used = says("usage:addons", *asked)
        assert "acme-db" in used, used
        assert "addon-seconds" in used
    plans = says("addons:plans", "postgres")
    assert "postgres:small" in plans, plans
    assert "$62/month" in plans, plans
    assert "postgres" in says("addons:services")
    assert "Acme" in says("teams")
    assert "Couldn't find that app" in says("usage:addons", "--app", "canary-globex-web")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not PYTHON, reason="HEROKU3_PYTHON names no program; see make clients")
def test_heroku3_signs_in_and_reads_invoices_and_apps(key: str, live_server: Any) -> None:
    for base in (live_server.url, f"{live_server.url}/heroku"):
        done = _run([str(Path(PYTHON).absolute()), "-c", IN_PYTHON], {"BASE": base, "KEY": key})
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == {
            "signed_in": True,
            "remaining": 4500,
            "totals": [12400],
            "first": [1],
            "apps": ["acme-web"],
            "addons": [["acme-db", "postgres:small"]],
            "services": ["postgres"],
        }
