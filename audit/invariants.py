"""What must hold of the seals."""

from collections.abc import Iterator

from audit.models import Seal, SealedRange
from audit.queries.verification import Tampering, chain_faults, row_faults
from core.invariants import SAMPLE_SIZE, InvariantResult, invariant


@invariant("I42", "Each seal follows the one before and is as it was made.")
def the_chain_is_whole() -> InvariantResult:
    return _result(Seal.objects.count(), chain_faults())


@invariant("I42", "What was sealed is as it was sealed, row by row.")
def sealed_rows_are_as_they_were() -> InvariantResult:
    return _result(SealedRange.objects.count(), row_faults())


def _result(examined: int, faults: Iterator[Tampering]) -> InvariantResult:
    found = [str(each) for each in faults]
    return InvariantResult(examined, len(found), tuple(found[:SAMPLE_SIZE]))
