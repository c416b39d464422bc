"""What a claim comes to, as values: billed, if it is right, and what is left to credit of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from billing.disputes.facts import StatedFact
from core.canonical_json import digest_of_plain


@dataclass(frozen=True, slots=True)
class ClaimFigures:
    """Amounts of one charge in minor units, before tax; names as on `ClaimDraft`.

    `ceiling_minor` is all that still stands of the charge. `gross_minor` is the credit with tax.
    """

    billed_minor: int
    drafted_minor: int
    corrected_minor: int
    elsewhere_minor: int
    credit_minor: int
    gross_minor: int
    ceiling_minor: int
    credits: Mapping[str, int]

    @property
    def difference_minor(self) -> int:
        """What stands of the charge, less what it comes to under the fact."""
        return self.billed_minor - self.corrected_minor - self.drafted_minor

    @property
    def is_worth_something(self) -> bool:
        """Whether anything can be credited."""
        return self.credit_minor > 0

    def digest(self, fact: StatedFact) -> str:
        """SHA-256 of the fact and the amounts."""
        return digest_of_plain([fact.reason.code, dict(fact.values), asdict(self)])


@dataclass(frozen=True, slots=True)
class WorkedRow:
    """What a line of a batch comes to, in minor units: credits by charge, before tax and with it.

    Or why it is nothing.
    """

    credits: Mapping[str, int]
    credit_minor: int
    gross_minor: int
    nothing_because: str = ""
