"""A comparison with another provider's bill, and invoices of another system, put straight into
their tables.
"""

from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Account
from benchmarks import world
from billing.invoicing.models import BillRun
from billing.legacy.models import LegacyImport, LegacyInvoice
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


def legacy_invoices(account: Account, count: int, *, at: datetime) -> tuple[str, str]:
    """Invoices of another system, of ten lines each; the public ids of the import and of one."""
    brought = LegacyImport.objects.create(
        system="stripe",
        mapping_digest="0" * 64,
        imported_at=at,
        imported_by=world.BENCH.name,
        reason="Benchmark",
        files=[{"name": "bench.json", "sha256": "0" * 64, "bytes": count}],
        summary={"new": count, "known": 0, "currencies": {}},
    )
    origin = {"file": "bench.json", "line": 1, "unmapped": {}}
    line = {
        "foreign_id": "", "kind": "charge", "product": "standard", "description": "Standard",
        "quantity": "1", "amount": "1.00", "from": None, "until": None, "origin": origin,
    }  # fmt: skip
    content = {"origin": origin, "party": {}, "lines": [line] * 10, "settlements": []}
    made = LegacyInvoice.objects.bulk_create(
        [
            LegacyInvoice(
                brought_by=brought,
                account=account,
                system="stripe",
                foreign_id=f"in_{number}",
                number=f"B-{number}",
                currency="EUR",
                issued_on=at.date(),
                period_from=at - timedelta(days=30 + number),
                period_until=at - timedelta(days=number),
                charged_minor=1_000,
                settled_minor=1_000,
                content=content,
                sha256="0" * 64,
            )
            for number in range(count)
        ],
        batch_size=1_000,
    )
    return brought.public_id, made[0].public_id
