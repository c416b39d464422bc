"""What can get in the way of an import: a crash, another import, an account that is not as left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Account, BillingProfile, Resource
from accounts.operations import resources
from billing.invoicing.models import BillRun, Invoice
from billing.parallel_run.importing import import_focus
from billing.parallel_run.models import ForeignAccount, ParallelRun
from billing.parallel_run.textfile import FileRefused
from core.actor import acting_as
from core.db.history import update_tracked
from core.db.transactions import transaction
from tests.billing.parallel.bill import file_of, row
from tests.billing.parallel.conftest import NOW, Importer, bills_at_once
from tests.people import ADA
from usage.models import Event

SECOND = row(BillingAccountId="777", BillingAccountName="MoonBird")


def account_named(name: str) -> Account:
    return Account.objects.get(name=name)


def transfer(resource: Resource, to: Account) -> None:
    """Give a resource to another account from 1 September on."""
    at = datetime(2024, 9, 1, tzinfo=UTC)
    resources.transfer(resource=resource, to=to, at=at, by=ADA, reason="A test moves it")


class Crash(RuntimeError):
    """The process ends here."""


def crashes(run: BillRun) -> None:
    raise Crash


def test_an_import_that_crashed_is_done_by_the_next(imports: Importer):
    with pytest.raises(Crash):
        imports(row(), row(ResourceId="vol-2"), worker=crashes)
    assert not ParallelRun.objects.exists()
    run = imports(row(), row(ResourceId="vol-2"))
    assert (run.summary["billed"], run.summary["our_total"]) == (2, "20")
    assert Event.objects.count() == 2


def test_an_account_that_cannot_be_billed_fails_the_run(imports: Importer):
    imports(row())
    with acting_as(ADA, reason="A test ends it"), transaction():
        update_tracked(
            BillingProfile.objects.filter(legal_name="SunBird"),
            valid_until=datetime(2024, 9, 2, tzinfo=UTC),
        )
    run = imports(row(), row(ResourceId="vol-2"), SECOND)
    assert run.summary["unexplained_by"] == {"account_parked": 2}
    assert (run.summary["billed"], run.summary["quarantined"]) == (1, 2)
    assert "no billing profile" in run.rows.get(row_number=1).detail


def test_usage_that_landed_on_another_invoice_is_not_explained(imports: Importer):
    imports(row(), SECOND)
    moved = Resource.objects.get(
        platform_id__endswith="vol-1", ownerships__account__name__startswith="Sun"
    )
    transfer(moved, account_named("MoonBird · AWS 777 · USD"))
    other = row(ChargePeriodStart="2024-09-20 10:00:00", PricingQuantity="100")
    run = imports(other, SECOND)
    assert run.summary["unexplained_by"] == {"not_metered": 1}


def test_usage_of_an_account_without_that_price_is_in_quarantine(imports: Importer):
    yen = row(BillingCurrency="JPY", ListUnitPrice="7", PricingQuantity="1")
    imports(row(), yen)
    moved = Resource.objects.get(platform_id__endswith="vol-1", ownerships__account__currency="USD")
    transfer(moved, account_named("SunBird · AWS 1234567890123 · JPY"))
    later = row(ChargePeriodStart="2024-09-20 10:00:00")
    first = imports(later)
    assert first.summary["unexplained_by"] == {"usage_quarantined": 1}
    assert "No price" in first.rows.get().detail
    again = imports(later, again=True)
    assert again.summary["unexplained_by"] == {"usage_quarantined": 1}


def test_a_file_that_changes_while_it_is_read_is_not_compared(imports: Importer, tmp_path: Path):
    path = file_of(tmp_path, row())

    def changes(run: BillRun) -> None:
        bills_at_once(run)
        path.write_bytes(path.read_bytes() * 2)

    with pytest.raises(FileRefused, match="changed while it was read"):
        imports(path, worker=changes)
    assert not ParallelRun.objects.exists()


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_are_one(tmp_path: Path):
    path = file_of(tmp_path, row(), row(), SECOND)

    def imported(_: int) -> int:
        try:
            run = import_focus(path, at=NOW, by=ADA, reason="A test", worker=bills_at_once)
            return run.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(imported, range(2))
    assert first == second
    assert (ForeignAccount.objects.count(), Invoice.objects.count()) == (2, 2)
    assert Event.objects.count() == 3
