"""What can be contested, as a value. How one is named and read is in `targets`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts.models import Resource
from billing.invoicing.models import Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class ContestedTarget:
    """A charge (`line`), some days of it for one resource, or the late usage of a charge.

    `days` are of the account's own calendar, half-open, and come with `resource`. `late_charge` is
    the key of a charge of `invoice`; then there is no line yet.
    """

    invoice: Invoice
    line: InvoiceLine | None = None
    days: tuple[date, date] | None = None
    resource: Resource | None = None
    late_charge: str = ""

    @property
    def is_late(self) -> bool:
        """Whether it is usage that is not billed yet."""
        return self.line is None
