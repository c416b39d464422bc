"""What billing stores: catalogue, subscriptions, invoices, the ledger and bill runs."""

from billing.models.billruns import BillRun, BillRunChunk, BillRunItem
from billing.models.catalogue import Plan, PlanVersion, Price, Product
from billing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.models.ledger import Journal, JournalLine, LedgerAccount
from billing.models.parallel import ParallelRun, ParallelRunRow
from billing.models.subscriptions import Subscription

__all__ = [
    "BillRun",
    "BillRunChunk",
    "BillRunItem",
    "Invoice",
    "InvoiceLine",
    "Journal",
    "JournalLine",
    "LedgerAccount",
    "NumberSeries",
    "ParallelRun",
    "ParallelRunRow",
    "Plan",
    "PlanVersion",
    "Price",
    "Product",
    "Subscription",
]
