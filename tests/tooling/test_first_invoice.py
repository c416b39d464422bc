"""docs/first-invoice.md is run as it stands: its shell, against a web and books that are empty.

Two programs are stood in for: `make manage CMD=…` is the same command over the test's database, and
`curl` the part of it that the page uses, since a bare machine has none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import RoleGrant
from billing.invoicing.models import Invoice
from billing.receivables.models import Settlement
from billing.receivables.tasks import apply_free_money
from core.money import Money

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs/first-invoice.md").read_text()
MAKE = """#!/bin/sh
# make manage CMD='…', in the database of the test; a bill run works in this process.
[ "$1" = manage ] || exit 9
eval "set -- ${2#CMD=}"
[ "$1" != bill_run ] || set -- "$@" --here
cd PROJECT && exec PYTHON manage.py "$@"
"""
CURL = """#!PYTHON
import base64, sys, urllib.error, urllib.request
method, headers, bodies, url, words = "GET", {}, [], "", sys.argv[1:]
while words:
    word = words.pop(0)
    if word == "-X":
        method = words.pop(0)
    elif word == "-H":
        name, _, value = words.pop(0).partition(": ")
        headers[name] = value
    elif word == "-u":
        pair = base64.b64encode(words.pop(0).encode()).decode()
        headers["Authorization"] = "Basic " + pair
    elif word == "-d":
        bodies.append(words.pop(0).replace(" ", "%20") if "Basic" in str(headers) else words.pop(0))
    elif word != "-s":
        url = word
data = "&".join(bodies).encode() or None
asked = urllib.request.Request(url, data, headers, method="POST" if data else method)
try:
    print(urllib.request.urlopen(asked).read().decode())
except urllib.error.HTTPError as refused:
    print(refused.read().decode())
    sys.exit(22)
"""


def steps() -> list[str]:
    """The shell of the page, but for starting what the test has started."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert blocks[0] == "make serve\n"
    return blocks[1:]


def database_url() -> str:
    at = connection.settings_dict
    host = quote(str(at["HOST"]), safe="")
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{host}:{at['PORT']}/{at['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_from_nothing_to_a_paid_invoice(live_server: Any, tmp_path: Path) -> None:
    for name, text in (("make", MAKE), ("curl", CURL)):
        program = tmp_path / name
        program.write_text(text.replace("PYTHON", sys.executable).replace("PROJECT", str(PROJECT)))
        program.chmod(0o755)
    script = "set -eu\n"
    for number, block in enumerate(steps()):
        block = block.replace("http://127.0.0.1:8000", live_server.url)
        # What the sample prints is run, as the page says.
        if "sample_catalogue" in block:
            block = f'SAMPLE=$({block.strip()})\necho "$SAMPLE"\neval "$SAMPLE"\n'
        script += f"echo '--- {number}'\n{block}"
    ran = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout
    assert ran.returncode == 0, f"{said}\n{ran.stderr}"
    assert said.count("/staff/password/reset/key/") == 2
    assert said.count('"verdict":"accepted"') == 2, said
    assert '"13.00"' in said
    assert "invariants checked, all hold." in said
    (invoice,) = Invoice.objects.all()
    assert (invoice.state, invoice.total) == ("issued", Money(Decimal("13.00"), "EUR"))
    # What a worker does within a minute.
    apply_free_money()
    assert [each.amount_minor for each in Settlement.objects.all()] == [1300]
    assert RoleGrant.objects.count() == 2


@pytest.mark.django_db
def test_a_sample_is_for_empty_books() -> None:
    call_command("sample_catalogue", stdout=StringIO())
    with pytest.raises(CommandError, match=r"Something is sold here already\. Nothing was saved\."):
        call_command("sample_catalogue")
