"""Dunning as a list of dated steps: so many days after the due day, remind, warn, suspend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from billing.receivables.policies.documents import RuleDocument

ACTIONS: Final = ("remind", "warn", "suspend", "delete")
"""Milder ones first."""
RANK: Final = {action: rank for rank, action in enumerate(ACTIONS)}
DAYS_MAX: Final = 3_650
STEPS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class DunningStep:
    """What happens so many days after the due day of the earliest unpaid part."""

    days: int
    action: str


@dataclass(frozen=True, slots=True)
class DunningPolicy:
    """The steps, in order.

    `warning_days` is how long a warning is out before anything is suspended, and a suspension
    before anything is given up for deletion. `moves_weekends`: a step on a Saturday or Sunday is
    taken on Monday.
    """

    steps: Sequence[DunningStep]
    warning_days: int
    moves_weekends: bool = False
    code: str = ""
    number: int = 0

    def first(self, action: str) -> DunningStep | None:
        """The first step of an action, if there is one."""
        return next((step for step in self.steps if step.action == action), None)


def read_dunning(document: Any, *, code: str = "", number: int = 0) -> DunningPolicy:
    """{"steps": [{"days": 3, "action": "remind"}, …], "warning_days": 4, "moves_weekends": false}.

    Without `warning_days` a warning is out as long as lies between the last warning and the
    suspension. Raises: RuleInvalid, naming every problem.
    """
    read = RuleDocument(document, ("steps", "warning_days", "moves_weekends"))
    steps: list[DunningStep] = []
    for position, item in enumerate(read.items("steps")[:STEPS_MAX]):
        each = RuleDocument(item, ("days", "action"), "steps", position)
        days = each.number("days", None, most=DAYS_MAX)
        if days is None and not each.problems:
            each.refuse("must be said", "days")
        step = DunningStep(days or 0, each.one_of("action", ACTIONS, "remind"))
        if steps and step.days <= steps[-1].days:
            each.refuse("must be later than the step before", "days")
        if steps and RANK[step.action] < RANK[steps[-1].action]:
            each.refuse("must not be milder than the step before", "action")
        steps.append(step)
        read.take(each)
    if len(read.items("steps")) > STEPS_MAX:
        read.refuse(f"must not be more than {STEPS_MAX}", "steps")
    _require_warned(read, steps)
    warning_days = read.number("warning_days", None, most=DAYS_MAX)
    read.require_sound()
    return DunningPolicy(
        steps=steps,
        warning_days=_between(steps) if warning_days is None else warning_days,
        moves_weekends=read.flag("moves_weekends", default=False),
        code=code,
        number=number,
    )


def _require_warned(read: RuleDocument, steps: Sequence[DunningStep]) -> None:
    said = {step.action for step in steps}
    if "suspend" in said and "warn" not in said:
        read.refuse("must warn before they suspend", "steps")
    if "delete" in said and "suspend" not in said:
        read.refuse("must suspend before they delete", "steps")


def _between(steps: Sequence[DunningStep]) -> int:
    warned = [step.days for step in steps if step.action == "warn"]
    suspended = [step.days for step in steps if step.action == "suspend"]
    return suspended[0] - warned[-1] if warned and suspended else 0


STANDARD: Final[Mapping[str, Any]] = {
    "steps": [
        {"days": 3, "action": "remind"},
        {"days": 14, "action": "warn"},
        {"days": 28, "action": "suspend"},
    ],
    "warning_days": 7,
}
