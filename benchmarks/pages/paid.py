"""Money that came in from an account, by hand and in a bank's file, for the pages of payments."""

from datetime import datetime

from accounts.models import Account
from benchmarks import world
from billing.receivables.operations import bank_files, payments
from billing.receivables.operations.bank_files import BankUpload
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.rule_versions import bank_format

_ROWS = 200


def paid(account: Account, at: datetime) -> dict[str, str]:
    """The names of a payment, a bank's file of some hundred rows, and one of its rows."""
    recorded = Recorded(at, world.BENCH, "Benchmark")
    report = Report("by-hand", "bench-1", account.currency, 1_000_000, at)
    payment = payments.record(payer=account, report=report, recorded=recorded)
    day = f"{at:%Y-%m-%d}"
    rows = [f"{day},{number}.00,{account.currency},thanks,," for number in range(1, _ROWS + 1)]
    content = "\n".join(["date,amount,currency,text,payer_reference,kind", *rows]).encode()
    upload = BankUpload(content, "bench.csv", "bank:bench", bank_format("standard", at=at))
    done = bank_files.import_file(upload=upload, recorded=recorded)
    return {
        "payment": payment.public_id,
        "bank_file": done.file.public_id,
        "bank_row": done.rows[0].row.public_id,
    }
