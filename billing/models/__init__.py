"""What billing stores: catalogue, subscriptions, invoices, the ledger and bill runs."""

from billing.models.billruns import BillRun, BillRunChunk, BillRunItem
from billing.models.cases import WorkedCase
from billing.models.catalogue import Plan, PlanVersion, Price, Product
from billing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.models.late import LateUsageAmount, LateUsageDecision
from billing.models.ledger import Journal, JournalLine, LedgerAccount
from billing.models.overrides import PriceOverride
from billing.models.parallel import (
    ForeignAccount,
    ParallelRun,
    ParallelRunRow,
    ParallelRunSku,
)
from billing.models.simulations import (
    Simulation,
    SimulationOutcome,
    SimulationRow,
    SimulationWork,
)
from billing.models.subscriptions import Subscription

__all__ = [
    "BillRun",
    "BillRunChunk",
    "BillRunItem",
    "ForeignAccount",
    "Invoice",
    "InvoiceLine",
    "Journal",
    "JournalLine",
    "LateUsageAmount",
    "LateUsageDecision",
    "LedgerAccount",
    "NumberSeries",
    "ParallelRun",
    "ParallelRunRow",
    "ParallelRunSku",
    "Plan",
    "PlanVersion",
    "Price",
    "PriceOverride",
    "Product",
    "Simulation",
    "SimulationOutcome",
    "SimulationRow",
    "SimulationWork",
    "Subscription",
    "WorkedCase",
]
