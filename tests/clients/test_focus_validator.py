"""The public validator of FOCUS reads what we export; `make clients` has it in its own place."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.billing.receivables.books import Books
from tests.billing.test_focus_export import acme
from tests.story import Customer, Story

__all__ = ["acme"]

VALIDATOR = os.environ.get("FOCUS_VALIDATOR", "")

FALSE_FAILURES = {
    # Says that InvoiceId must be empty, and drops the condition: where a charge is on no invoice.
    "InvoiceId-C-004-C",
}
"""Rules that fail good rows, by id. Nothing is left out or filled in to meet them."""


@pytest.fixture
def story(db: None) -> Story:
    """A story that begins long ago."""
    return Story()


@pytest.mark.skipif(not VALIDATOR, reason="FOCUS_VALIDATOR names no program; see make clients")
def test_tm58_the_public_validator_fails_only_what_it_is_known_to_fail_wrongly(
    acme: Customer, story: Story, tmp_path: Path
) -> None:
    books = Books(story.on("2026-04-02"), acme)
    books.credits(books.invoice({"Support": "100.00"}), "Support", "40.00")
    path = tmp_path / "focus.csv"
    days = ("--from", "2026-04-01", "--until", "2026-05-01", "--output", str(path))
    call_command("export_focus", acme.account.public_id, *days)

    said = _validated(path)
    assert "Total:" in said, said[-2000:]
    assert set(re.findall(r"(\S+): FAIL ", said)) <= FALSE_FAILURES


def _validated(path: Path) -> str:
    """What the validator says of a file. It finds its own tables beside its package only."""
    program = Path(VALIDATOR).absolute()
    (home,) = program.parents[1].glob("lib/python*/site-packages")
    asked = ["--data-file", str(path), "--validate-version", "1.2.0.1", "--block-download"]
    done = subprocess.run(
        [program, *asked, "--focus-dataset", "CostAndUsage"],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
