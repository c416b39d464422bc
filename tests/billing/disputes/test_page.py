"""The figures of docs/disputes.md, made by the code that bills."""

from pathlib import Path

from billing.disputes.reason_codes import REASON_CODES
from tests.billing.disputes.claiming import Counter, figures

PAGE = (Path(__file__).resolve().parents[3] / "docs/disputes.md").read_text()


def test_the_database_that_ended_on_the_eleventh(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    billed, drafted, credit, gross = figures(line)

    assert f"| {billed} | {drafted} | {credit} | {gross} |" in PAGE


def test_every_reason_is_on_the_page() -> None:
    for reason in REASON_CODES.values():
        assert f"| {reason.title} |" in PAGE
