"""A long import says how far it is, to the terminal that waits and on the page."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from billing.invoicing.models import BillRun
from billing.parallel_run import progress, queries
from billing.parallel_run.management.commands import import_focus
from billing.parallel_run.models import ImportUnderWay
from billing.parallel_run.progress import Telling
from tests.billing.parallel.bill import file_of, row
from tests.billing.parallel.conftest import NOW, Importer, bills_at_once

pytestmark = pytest.mark.django_db

FIVE = [row(ResourceId=f"vol-{number}") for number in range(5)]


def test_three_minutes_passed_without_a_word(
    imports: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BL47: every pass over the file says where it is."""
    monkeypatch.setattr(progress, "EVERY", 2)
    told: list[Telling] = []
    imports(*FIVE, tell=told.append)
    assert [each.sentence for each in told] == [
        "Looking at how the file is written: 0 rows.",
        "Looking at how the file is written: 2 rows.",
        "Looking at how the file is written: 4 rows.",
        "Opening accounts and resources: 0 of 5 rows.",
        "Opening accounts and resources: 2 of 5 rows.",
        "Opening accounts and resources: 4 of 5 rows.",
        "Sending usage: 0 of 5 rows.",
        "Sending usage: 2 of 5 rows.",
        "Sending usage: 4 of 5 rows.",
        "Billing.",
        "Storing the comparison: 0 of 5 rows.",
        "Storing the comparison: 2 of 5 rows.",
        "Storing the comparison: 4 of 5 rows.",
    ]


def test_the_screen_knows_the_import_while_it_works_and_no_longer(imports: Importer) -> None:
    seen: list[queries.UnderWay | None] = []

    def looks(run: BillRun) -> None:
        seen.append(queries.under_way())
        bills_at_once(run)

    imports(*FIVE, worker=looks)
    assert seen == [queries.UnderWay("bill.csv", NOW, "Ada (finance)", "Billing.", is_at_work=True)]
    assert queries.under_way() is None


def test_an_import_whose_process_was_killed_is_shown_as_stopped(imports: Importer) -> None:
    ImportUnderWay.objects.create(
        file_name="old.csv", started_at=NOW, started_by="Ada", step="sending", rows_done=3_000
    )
    stopped = queries.under_way()
    assert stopped is not None
    assert (stopped.sentence, stopped.is_at_work) == ("Sending usage: 3,000 rows.", False)
    imports(*FIVE)
    assert queries.under_way() is None


def test_an_import_that_failed_is_not_under_way(imports: Importer) -> None:
    def crashes(run: BillRun) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        imports(*FIVE, worker=crashes)
    assert queries.under_way() is None


@pytest.mark.parametrize(("seconds", "says"), [(0, True), (3_600, False)])
def test_the_command_says_how_far_a_long_import_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, says: bool
) -> None:
    monkeypatch.setattr(import_focus, "SECONDS_BETWEEN", seconds)
    out, err = io.StringIO(), io.StringIO()
    call_command("import_focus", str(file_of(tmp_path, *FIVE)), stdout=out, stderr=err)
    assert ("Sending usage: 0 of 5 rows." in err.getvalue()) is says
    assert "Sending usage" not in out.getvalue()
