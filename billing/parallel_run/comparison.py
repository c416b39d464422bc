"""Expected against ours, added up: by row, by SKU and month, by reason, and in all.

Pure and exact. Differences are ours − expected throughout. What holds of every comparison: rows =
matched + explained + unexplained = billed + quarantined, and the amounts of all reasons together
are the whole difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from billing.parallel_run.charges import ForeignCharge, SkuPrice, UnbilledRow
from billing.parallel_run.columns import BillingAccount
from billing.parallel_run.figures import EXACT, ZERO
from billing.parallel_run.reasons import DifferenceReason
from core.money import minor_exponent, round_half_up

NO_PRICE = SkuPrice("", "", "")


@dataclass(frozen=True, slots=True)
class SkuMonth:
    """What is compared with an invoice line: a price of an account in a billing month.

    Held rows have no month and, where nothing of an account is billed, no account either.
    """

    account: BillingAccount | None
    currency: str
    month: datetime | None
    price: SkuPrice

    @classmethod
    def of(cls, charge: ForeignCharge) -> SkuMonth:
        """Where a billed row belongs."""
        return cls(charge.account, charge.account.currency, charge.period.start, charge.price)

    @classmethod
    def of_held(cls, row: UnbilledRow, account: BillingAccount | None) -> SkuMonth:
        """Where a held row is shown; `account` is None where nothing else is known of it."""
        return cls(account, row.currency, None, SkuPrice(row.sku, "", ""))


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What an invoice bills of a SKU: the whole line, in cents and before its rounding.

    `usage_count` is how many events are on it, of whatever file.
    """

    amount: Decimal
    exact: Decimal
    usage_count: int

    def plus(self, amount: Decimal, exact: Decimal) -> BilledLine:
        """The line and another of the same SKU."""
        return BilledLine(
            EXACT.add(self.amount, amount), EXACT.add(self.exact, exact), self.usage_count
        )


NO_LINE = BilledLine(ZERO, ZERO, 0)


@dataclass(slots=True)
class SkuTally:
    """The rows of one SKU in one month."""

    description: str = ""
    row_count: int = 0
    billed_count: int = 0
    expected: Decimal = ZERO
    exact: Decimal = ZERO
    ours: Decimal = ZERO
    rows: Counter[DifferenceReason] = field(default_factory=Counter)
    amounts: dict[DifferenceReason, Decimal] = field(default_factory=dict)
    of_line: DifferenceReason | None = None
    """What the invoice line does to all of its rows."""

    def add_billed(self, expected: Decimal, ours: Decimal, reason: DifferenceReason | None) -> None:
        """Count a row that is billed."""
        self.row_count += 1
        self.billed_count += 1
        self.expected = EXACT.add(self.expected, expected)
        self.exact = EXACT.add(self.exact, ours)
        if reason is not None:
            self.rows[reason] += 1
            self.add_amount(reason, EXACT.subtract(ours, expected))

    def add_held(self, expected: Decimal | None, reason: DifferenceReason) -> None:
        """Count a row that is not billed."""
        self.row_count += 1
        self.rows[reason] += 1
        if expected is not None:
            self.expected = EXACT.add(self.expected, expected)
            self.add_amount(reason, EXACT.minus(expected))

    def add_amount(self, reason: DifferenceReason, amount: Decimal) -> None:
        """Give a part of the difference its name."""
        self.amounts[reason] = EXACT.add(self.amounts.get(reason, ZERO), amount)

    def park(self) -> None:
        """None of the rows was billed: the account could not be."""
        self.billed_count = 0
        self.exact = ZERO
        self.rows = Counter({DifferenceReason.ACCOUNT_PARKED: self.row_count})
        self.amounts = {DifferenceReason.ACCOUNT_PARKED: EXACT.minus(self.expected)}

    def settle(self, line: BilledLine, minor_exponent: int) -> None:
        """Hold the billed rows against their invoice line.

        Where the line is these rows, ours is the line. Where other files' usage is on it too, ours
        is the part of these rows, rounded as the line would be without the rest. Anything else
        means that usage was metered otherwise than the rows say.
        """
        beyond = EXACT.subtract(line.exact, self.exact)
        is_shared = beyond > 0 and line.usage_count > self.billed_count
        self.ours = rounded(self.exact, minor_exponent) if is_shared else line.amount
        if beyond and not is_shared:
            self.add_amount(DifferenceReason.NOT_METERED, beyond)
            self.of_line = DifferenceReason.NOT_METERED
        rounding = EXACT.subtract(self.ours, self.exact if is_shared else line.exact)
        if rounding:
            self.add_amount(DifferenceReason.OUR_ROUNDING, rounding)
            self.of_line = self.of_line or DifferenceReason.OUR_ROUNDING

    def reason_of_row(self, own: DifferenceReason | None) -> DifferenceReason | None:
        """The one name a billed row gets: its own reason, if the line is what the rows say."""
        if self.of_line is DifferenceReason.NOT_METERED:
            return self.of_line
        return own or self.of_line

    @property
    def counts(self) -> Counter[DifferenceReason]:
        """Rows by the name they get."""
        if self.of_line is None:
            return self.rows
        if self.of_line is DifferenceReason.NOT_METERED:
            return Counter({self.of_line: self.row_count})
        return self.rows + Counter({self.of_line: self.row_count - self.rows.total()})


def rounded(amount: Decimal, places: int) -> Decimal:
    """An amount in whole minor units, as an invoice line is rounded."""
    return Decimal(round_half_up(Fraction(amount) * 10**places)).scaleb(-places, EXACT)


@dataclass(slots=True)
class NotCompared:
    """Rows nobody could compare, for one reason and perhaps column; the first is the example."""

    rows: int
    row_number: int
    detail: str


class BillComparison:
    """All rows of a file, by SKU and month."""

    def __init__(self, accounts: Collection[BillingAccount]) -> None:
        self._accounts = accounts
        self.tallies: dict[SkuMonth, SkuTally] = defaultdict(SkuTally)
        self.not_compared: dict[tuple[DifferenceReason, str], NotCompared] = {}

    def add_charge(self, charge: ForeignCharge, reason: DifferenceReason | None) -> None:
        """Count a row that is billed."""
        tally = self._tally(SkuMonth.of(charge), charge.row.text("ChargeDescription"))
        tally.add_billed(charge.billed_cost.value, charge.ours, reason)

    def add_held(self, row: UnbilledRow) -> None:
        """Count a row that is not billed."""
        account = row.account if row.account in self._accounts else None
        tally = self._tally(SkuMonth.of_held(row, account), row.description)
        tally.add_held(row.billed_cost.value if row.billed_cost else None, row.reason)
        if not row.reason.is_explanation:
            first = NotCompared(0, row.number, row.detail)
            self.not_compared.setdefault((row.reason, row.column), first).rows += 1

    def _tally(self, key: SkuMonth, description: str) -> SkuTally:
        tally = self.tallies[key]
        tally.description = tally.description or description
        return tally

    def park(self, account: BillingAccount, month: datetime) -> None:
        """Nothing of this account and month was billed."""
        for key, tally in self.tallies.items():
            if (key.account, key.month) == (account, month):
                tally.park()

    def settle(self, lines: Mapping[SkuMonth, BilledLine]) -> None:
        """Hold what is billed against the invoices; once, when every row has been counted."""
        for key, tally in self.tallies.items():
            if tally.billed_count:
                tally.settle(lines.get(key, NO_LINE), minor_exponent(key.currency))


@dataclass(slots=True)
class SkuTotal:
    """Some SKUs together."""

    rows: int = 0
    billed: int = 0
    expected: Decimal = ZERO
    ours: Decimal = ZERO
    counts: Counter[DifferenceReason] = field(default_factory=Counter)
    amounts: dict[DifferenceReason, Decimal] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """Rows that were not billed."""
        return self.rows - self.billed

    @property
    def explained(self) -> dict[DifferenceReason, int]:
        """Rows by explanation, most frequent first."""
        return {
            reason: count for reason, count in self.counts.most_common() if reason.is_explanation
        }

    @property
    def unexplained(self) -> dict[DifferenceReason, int]:
        """Rows whose difference nothing explains, by what is known of it."""
        return {
            reason: count
            for reason, count in self.counts.most_common()
            if not reason.is_explanation
        }

    @property
    def matched(self) -> int:
        """Rows without any difference."""
        return self.rows - self.counts.total()


def total_of(tallies: Iterable[SkuTally]) -> SkuTotal:
    """Add up."""
    total = SkuTotal()
    for tally in tallies:
        total.rows += tally.row_count
        total.billed += tally.billed_count
        total.expected = EXACT.add(total.expected, tally.expected)
        total.ours = EXACT.add(total.ours, tally.ours)
        total.counts += tally.counts
        for reason, amount in tally.amounts.items():
            total.amounts[reason] = EXACT.add(total.amounts.get(reason, ZERO), amount)
    return total
