"""A comparison with another provider's bill, put straight into its tables."""

from datetime import datetime

from django.db import connection

from accounts.models import Account
from benchmarks import world
from billing.invoicing.models import BillRun
from billing.parallel_run.models import ParallelRun

_ROWS = """
    INSERT INTO parallel_run_parallelrunrow (run_id, row_number, account_id, currency, period_from,
        sku, description, event_id, expected_amount, our_amount, fate, difference_reason, detail)
    SELECT %(run)s, number, %(account)s, 'EUR', %(since)s, 'sku-' || number %% 100, 'Compute',
           'row-' || number, 1, CASE WHEN number %% 10 = 0 THEN 2 ELSE 1 END, 'billed',
           CASE WHEN number %% 10 = 0 THEN 'negotiated_price' ELSE '' END, ''
    FROM generate_series(1, %(count)s) AS number
"""


def import_rows(account: Account, run: BillRun, count: int, *, at: datetime) -> str:
    """Every tenth row differs; returns the comparison's public id."""
    amounts = {
        "expected_total": str(count),
        "our_total": str(count + count // 10),
        "difference": str(count // 10),
        "differences": {"negotiated_price": str(count // 10)},
    }
    made = ParallelRun.objects.create(
        file_name="bench.csv",
        file_sha256="0" * 64,
        ran_at=at,
        ran_by=world.BENCH.name,
        reason="Benchmark",
        bill_run=run,
        summary={
            "file": "bench.csv",
            "file_sha256": "0" * 64,
            "bill_run": run.public_id,
            "rows": count,
            "billed": count,
            "quarantined": 0,
            "matched": count - count // 10,
            "not_compared": [],
            "explained": {"negotiated_price": count // 10},
            "unexplained": 0,
            "unexplained_by": {},
            "skus": 100,
            "currency": "EUR",
            **amounts,
            "currencies": {"EUR": amounts},
            "invoices": [],
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS, {"run": made.pk, "account": account.pk, "since": run.as_of, "count": count}
        )
    return made.public_id
