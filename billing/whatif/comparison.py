"""Account periods rated twice: as things are, and under an assumption. Nothing is written, and
usage is read as it was built last.

The same functions that bill do both, so what differs is what was assumed and nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine, InvoiceDraft
from billing.invoicing.drafting.rated import rated_drafts
from billing.invoicing.queries.invoices import Party
from core.errors import DomainError
from core.money import Money, MoneyChange

BATCH = 250
"""Account periods rated together; the queries of a batch do not depend on how many they are."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An account period rated twice; each a draft, or why there is none."""

    scope: AccountPeriod
    before: InvoiceDraft | DomainError
    after: InvoiceDraft | DomainError

    @property
    def problem(self) -> DomainError | None:
        """Why the two cannot be compared."""
        for each in (self.before, self.after):
            if isinstance(each, DomainError):
                return each
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillChange(MoneyChange):
    """The bill of one account as it is and as it would be. `problem` says why that cannot be worked
    out; then there are no amounts.
    """

    account: Party
    problem: str = ""


def compare(scopes: Sequence[AccountPeriod], assuming: Assumption) -> Iterator[Compared]:
    """Rate scopes as they are and as assumed, in order, in batches."""
    for first in range(0, len(scopes), BATCH):
        batch = scopes[first : first + BATCH]
        before = rated_drafts(batch, settled=False)
        after = rated_drafts(batch, assuming, settled=False)
        yield from (Compared(*pair) for pair in zip(batch, before, after, strict=True))


def bill_change(account: Party, compared: Compared, currency: str) -> BillChange:
    """What the account's bill comes to either way."""
    before, after = (
        Money.from_minor(0 if compared.problem else _subtotal(each), currency)
        for each in (compared.before, compared.after)
    )
    problem = compared.problem.message if compared.problem else ""
    return BillChange(account=account, before=before, after=after, problem=problem)


def _subtotal(draft: InvoiceDraft | DomainError) -> int:
    return draft.subtotal_minor if isinstance(draft, InvoiceDraft) else 0


def lines_by_key(draft: InvoiceDraft | DomainError) -> dict[str, DraftLine]:
    """The lines of a draft by their keys; none where there is no draft."""
    return {} if isinstance(draft, DomainError) else {line.key: line for line in draft.lines}
