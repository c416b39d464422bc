"""What a file is about: whose bill it is, for which months, of what, at which prices.

Accounts are opened and resources registered on the way, a batch at a time, so that a file of any
length is read in little memory. Usage and prices come after, when all of it is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from accounts.models import Account
from billing.parallel_run.charges import ForeignCharge, SkuPrice, read_charge
from billing.parallel_run.columns import BillingAccount
from billing.parallel_run.csvfile import Record
from billing.parallel_run.events import Repeats
from billing.parallel_run.import_setup import ensure_accounts, ensure_resources, is_month_of
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.pricelist import PriceList
from billing.parallel_run.textfile import FileRefused
from core.periods import Period

BATCH = 1_000


@dataclass(slots=True)
class Survey:
    """What a file is about. Periods that are no month of their account are not among `months`."""

    owners: dict[BillingAccount, Account] = field(default_factory=dict)
    months: dict[BillingAccount, dict[Period, set[SkuPrice]]] = field(default_factory=dict)
    prices: dict[PriceList, dict[SkuPrice, str]] = field(default_factory=lambda: defaultdict(dict))
    repeats: Repeats = field(default_factory=Repeats)

    @property
    def providers(self) -> set[str]:
        """The providers of the accounts."""
        return {account.provider for account in self.owners}

    def bills(self, charge: ForeignCharge) -> bool:
        """Whether the charge is in a month its account has."""
        return charge.period in self.months[charge.account]

    def add(self, charges: list[ForeignCharge], doing: ImportedBy) -> None:
        """See a batch of charges; what they are for is there afterwards."""
        first: dict[BillingAccount, ForeignCharge] = {}
        for charge in charges:
            if charge.account not in self.owners:
                first.setdefault(charge.account, charge)
        self.owners |= ensure_accounts(first, doing)
        billed = [charge for charge in charges if self._has_month(charge)]
        for charge in billed:
            self.months[charge.account][charge.period].add(charge.price)
            names = self.prices[PriceList(charge.account.provider, charge.account.currency)]
            names.setdefault(charge.price, charge.row.text("ChargeDescription"))
            self.repeats.look(charge.digest)
        ensure_resources(billed, self.owners, doing)

    def _has_month(self, charge: ForeignCharge) -> bool:
        months = self.months.setdefault(charge.account, {})
        if charge.period not in months:
            if not is_month_of(self.owners[charge.account], charge.period):
                return False
            months[charge.period] = set()
        return True


def survey(records: Iterator[Record], doing: ImportedBy) -> Survey:
    """See all records of a file. Raises: FileRefused where it has no rows."""
    found = Survey()
    count = 0
    while batch := list(islice(records, BATCH)):
        count += len(batch)
        charges = [read_charge(record) for record in batch]
        found.add([each for each in charges if isinstance(each, ForeignCharge)], doing)
    if not count:
        raise FileRefused("The file has a header and no rows.")
    return found
