"""Why something is set aside, in words for the person who finds it.

What a rule says is said as it is. Anything else is a defect: its own words are for the log, under
an id that the person can pass on.
"""

import logging
from dataclasses import dataclass

from core.errors import DomainError
from core.ids import new_id

logger = logging.getLogger(__name__)

UNEXPECTED = "unexpected_error"


@dataclass(frozen=True, slots=True)
class Why:
    """A stable code, and a sentence."""

    code: str
    sentence: str


def why(problem: Exception, **concerned: object) -> Why:
    """Why a problem sets something aside; what it `concerned` goes to the log with it."""
    if isinstance(problem, DomainError):
        return Why(problem.code, problem.message)
    number = new_id("prb")
    logger.error("set_aside", exc_info=problem, extra={"problem": number, **concerned})
    return Why(
        UNEXPECTED,
        "Something went wrong that no rule foresees, and nothing was stored. Retry it once; if it "
        f"comes back, ask whoever runs Counterfoil to look up {number} in the worker's log.",
    )
