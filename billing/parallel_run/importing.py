"""Import a FOCUS file: read, set up, ingest, bill, compare, store. The one operation here.

The file is read as a stream each time, so memory does not grow with it: to see how it is written,
to see what it needs, to send its usage, and to store what became of each row. Stopped at any point
it can be started again: usage is ingested once, invoices are drafts until somebody issues them, and
a comparison is stored whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from billing.invoicing.focus.columns import SUCCESSORS
from billing.invoicing.models import BillRun, Invoice
from billing.parallel_run.billing import (
    Worker,
    bill,
    invoices_of,
    issued_months,
    lines_of,
    parked_months,
)
from billing.parallel_run.charges import UnbilledRow, read_charge
from billing.parallel_run.columns import REQUIRED
from billing.parallel_run.comparison import BillComparison, SkuMonth
from billing.parallel_run.csvfile import CsvFile
from billing.parallel_run.events import event_id
from billing.parallel_run.import_setup import ensure_meter, ensure_source
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.ingesting import BATCH, Identified, send
from billing.parallel_run.models import ParallelRun
from billing.parallel_run.pricelist import PriceList, ensure_prices, ensure_subscriptions
from billing.parallel_run.progress import (
    ImportProgress,
    ImportStep,
    Teller,
    one_at_a_time,
    tell_nobody,
)
from billing.parallel_run.readings import FocusFile
from billing.parallel_run.reasons import DifferenceReason, reason_of
from billing.parallel_run.storing import BilledRow, ComparisonOutcome, store
from billing.parallel_run.survey import Survey, survey
from core.actor import Actor
from core.db.transactions import transaction

ReadRow = Identified | UnbilledRow
"""A row as it goes through: a charge with the id of its event, or held."""


def import_focus(
    path: Path,
    *,
    at: datetime,
    by: Actor,
    reason: str,
    worker: Worker,
    issues: bool = False,
    again: bool = False,
    tell: Teller = tell_nobody,
) -> ParallelRun:
    """Import a file and return its comparison; the stored one where the same file was compared.

    `worker` does the billing. With `issues` the invoices of months that have ended are issued, by
    default they stay drafts; drafts an earlier comparison left are then issued too. `again`
    compares anew a file that was compared before. `tell` hears how far it is.

    Raises: FileRefused, ColumnMissing and Doubtful, before anything is saved.
    """
    csv_file = CsvFile(path, required=REQUIRED, successors=SUCCESSORS)
    with one_at_a_time():
        known = ParallelRun.objects.filter(file_sha256=csv_file.sha256).order_by("-ran_at", "-pk")
        found = known.first()
        if found is not None and not again and not (issues and _is_left_to_issue(found, at)):
            return found
        doing = ImportedBy(at, by, reason)
        progress = ImportProgress(path.name, doing, tell)
        try:
            return _import(csv_file, doing, progress).run(worker, issues=issues)
        finally:
            progress.end()


def _import(csv_file: CsvFile, doing: ImportedBy, progress: ImportProgress) -> _Import:
    """The import of a file that has been looked at and surveyed."""
    progress.begin(ImportStep.LOOKING)
    file = FocusFile(
        csv_file, watched=lambda records: progress.through(records, ImportStep.LOOKING)
    )
    progress.set_total(file.row_count)
    progress.begin(ImportStep.OPENING)
    surveyed = survey(progress.through(file.records(), ImportStep.OPENING), doing)
    return _Import(file, surveyed, doing, progress)


def _is_left_to_issue(run: ParallelRun, at: datetime) -> bool:
    """Whether an account of a comparison has a draft of a month that has ended."""
    accounts = run.skus.filter(account__isnull=False).values("account")
    drafts = Invoice.objects.filter(state=Invoice.State.DRAFT, period_until__lte=at)
    return drafts.filter(account__in=accounts).exists()


class _Import:
    """One surveyed file on its way through."""

    def __init__(
        self, file: FocusFile, surveyed: Survey, doing: ImportedBy, progress: ImportProgress
    ) -> None:
        self._file = file
        self._survey = surveyed
        self._owners = surveyed.owners
        self._doing = doing
        self._progress = progress
        self._sources: dict[str, str] = {}
        self._refused: dict[int, UnbilledRow] = {}
        self._comparison = BillComparison(surveyed.owners)
        self._invoices: Sequence[Invoice] = ()
        self._parked: Mapping[tuple[int, datetime], str] = {}

    def run(self, worker: Worker, *, issues: bool) -> ParallelRun:
        self._prepare()
        self._ingest()
        has_usage = any(self._survey.months.values())
        bill_run = self._bill(worker, issues=issues) if has_usage else None
        return self._store(bill_run)

    def _prepare(self) -> None:
        doing = self._doing
        meter = ensure_meter(doing)
        self._sources = {name: ensure_source(name, doing) for name in self._survey.providers}
        plans = {
            prices: ensure_prices(prices, wanted, meter=meter, doing=doing)
            for prices, wanted in self._survey.prices.items()
        }
        for key, months in self._survey.months.items():
            published = plans.get(PriceList(key.provider, key.currency), {})
            wanted = [
                (month, {published[price] for price in prices}) for month, prices in months.items()
            ]
            ensure_subscriptions(self._owners[key], wanted, doing)

    def _rows(self, step: ImportStep) -> Iterator[ReadRow]:
        """The rows in order, with the event id of those to bill."""
        repeats = self._survey.repeats
        repeats.begin()
        for record in self._progress.through(self._file.records(), step):
            read = read_charge(record)
            if isinstance(read, UnbilledRow):
                yield read
            elif not self._survey.bills(read):
                yield read.held(
                    DifferenceReason.NOT_A_BILLING_MONTH, "Not a month as this account has them."
                )
            else:
                yield read, event_id(read, repeats.number(read.digest))

    def _ingest(self) -> None:
        issued = issued_months(self._owners)
        self._progress.begin(ImportStep.SENDING)
        rows = self._rows(ImportStep.SENDING)
        while batch := list(islice(rows, BATCH)):
            self._ingest_batch(batch, issued)

    def _ingest_batch(
        self, batch: list[ReadRow], issued: Mapping[tuple[int, datetime], datetime]
    ) -> None:
        charges = [row for row in batch if not isinstance(row, UnbilledRow)]
        refused = send(
            charges, sources=self._sources, owners=self._owners, issued=issued, doing=self._doing
        )
        self._refused |= {row.number: row for row in refused}
        for row in batch:
            if isinstance(row, UnbilledRow):
                self._comparison.add_held(row)
            elif (held := self._refused.get(row[0].number)) is not None:
                self._comparison.add_held(held)
            else:
                self._comparison.add_charge(row[0], reason_of(row[0]))

    def _bill(self, worker: Worker, *, issues: bool) -> BillRun:
        self._progress.begin(ImportStep.BILLING)
        run = bill(
            self._owners, self._survey.months, issues=issues, doing=self._doing, worker=worker
        )
        self._parked = parked_months(run)
        self._invoices = invoices_of(self._owners, self._survey.months)
        for key, account in self._owners.items():
            for account_id, month in self._parked:
                if account_id == account.pk:
                    self._comparison.park(key, month)
        self._comparison.settle(lines_of(self._owners, self._invoices, self._comparison))
        return run

    def _store(self, bill_run: BillRun | None) -> ParallelRun:
        outcome = ComparisonOutcome(
            self._file, self._comparison, self._owners, self._invoices, bill_run
        )
        self._progress.begin(ImportStep.STORING)
        with transaction():
            return store(outcome, self._compared(), doing=self._doing)

    def _compared(self) -> Iterator[BilledRow | UnbilledRow]:
        for row in self._rows(ImportStep.STORING):
            if isinstance(row, UnbilledRow):
                yield row
                continue
            charge, id = row
            parked = self._parked.get((self._owners[charge.account].pk, charge.period.start))
            if (held := self._refused.get(charge.number)) is not None:
                yield held
            elif parked is not None:
                yield charge.held(DifferenceReason.ACCOUNT_PARKED, parked)
            else:
                tally = self._comparison.tallies[SkuMonth.of(charge)]
                yield BilledRow(charge, id, tally.reason_of_row(reason_of(charge)))
