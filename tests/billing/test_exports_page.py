"""docs/exports.md: its commands and addresses do what is printed."""

from __future__ import annotations

import csv
import re
import shlex
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.urls import resolve

from billing.invoicing.focus.columns import COLUMNS, columns_of, version_of
from tests.billing.prices import flat
from tests.story import Story

PAGE = (Path(__file__).parents[2] / "docs/exports.md").read_text()


def lines_of_shell() -> list[list[str]]:
    """The commands of the page, split as a shell does."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


@pytest.mark.django_db
def test_the_command_writes_what_was_issued_in_its_days(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = story.on("2026-09-01").account("Acme")
    acme.subscribes(story.plan("fee", flat("20.00")))
    story.on("2026-10-01").runs_billing()
    (words,) = (line for line in lines_of_shell() if line[0] == "python")
    _, _, command, _, *options = words
    monkeypatch.chdir(tmp_path)

    call_command(command, acme.account.public_id, *options)

    written = tmp_path / options[options.index("--output") + 1]
    with written.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["InvoiceId"], Decimal(row["BilledCost"])) for row in rows] == [
        (acme.invoice.number, Decimal("20.00"))
    ]


def test_the_address_is_the_one_of_the_export() -> None:
    (words,) = (line for line in lines_of_shell() if line[0] == "curl")
    address = urlsplit(words[-1])

    assert resolve(address.path).url_name == "account-focus"
    assert parse_qs(address.query) == {"from": ["2026-10-01"], "until": ["2026-11-01"]}


def test_the_names_that_1_4_brings_are_the_ones_that_are_printed() -> None:
    (told,) = re.findall(r"that came with 1\.3\s+\((.*?)\)", PAGE, re.DOTALL)
    new = set(columns_of(version_of("1.4"))) - set(COLUMNS)

    assert set(re.findall(r"`(\w+)`", told)) == new
