"""The database keeps a comparison honest: no unnamed difference, no half-billed row, no change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from billing.parallel_run.models import ForeignAccount, ParallelRun, ParallelRunRow, ParallelRunSku
from tests.billing.parallel.bill import row
from tests.billing.parallel.conftest import Importer

BILLED = {"fate": "billed", "expected_amount": Decimal(10), "our_amount": Decimal(10)}
HELD = {"fate": "quarantined", "expected_amount": Decimal(10), "difference_reason": "credit"}


@pytest.fixture
def run(imports: Importer) -> ParallelRun:
    return imports(row())


def add(run: ParallelRun, **values: Any) -> ParallelRunRow:
    return ParallelRunRow.objects.create(
        **{"run": run, "row_number": 2, "currency": "USD"} | values
    )


@pytest.mark.parametrize(
    "values",
    [
        BILLED,
        BILLED | {"our_amount": Decimal(9), "difference_reason": "negotiated_price"},
        HELD,
        HELD | {"expected_amount": None},
    ],
    ids=["equal", "named difference", "held", "held and unreadable"],
)
def test_a_comparison_with_a_name_for_its_difference_is_kept(run: ParallelRun, values):
    assert add(run, **values).pk


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (BILLED | {"our_amount": Decimal(9)}, "difference_named"),
        (HELD | {"difference_reason": ""}, "difference_named"),
        (BILLED | {"our_amount": None, "difference_reason": "x"}, "row_fate"),
        (BILLED | {"expected_amount": None, "difference_reason": "x"}, "row_fate"),
        (HELD | {"our_amount": Decimal(10)}, "row_fate"),
        (BILLED | {"row_number": 1}, "row_once"),
    ],
)
def test_anything_else_is_refused(run: ParallelRun, values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        add(run, **values)


def test_a_billing_account_has_one_account_here(run: ParallelRun):
    known = ForeignAccount.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ForeignAccount.objects.create(
            provider=known.provider,
            foreign_id=known.foreign_id,
            currency=known.currency,
            account=known.account,
        )


@pytest.mark.parametrize("model", [ParallelRun, ParallelRunRow, ParallelRunSku])
def test_a_comparison_never_changes(run: ParallelRun, model: type[Model]):
    (stored,) = model._default_manager.all()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        stored.save()
