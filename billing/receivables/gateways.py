"""What a payment gateway is to us: something that is asked with a key, and answers or does not.

The same key is the same request, however often it is asked. The simulated gateway stands for a real
one in the demo and in tests: it can pay, refuse, answer late, or be silent, and it pays once a key.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from billing.receivables.models import RefundAttempt
from core.money import Money

Outcome = RefundAttempt.Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said: the outcome, its own reference, and its words."""

    outcome: RefundAttempt.Outcome
    reference: str = ""
    said: str = ""


class Gateway(Protocol):
    """A way money goes back."""

    def refund(self, *, key: str, payment: str, amount: Money) -> Answer:
        """Pay an amount back to where a payment came from; UNKNOWN when no answer came."""


@dataclass(slots=True)
class SimulatedGateway:
    """A gateway that behaves as it is told, and pays a key once."""

    behave: Callable[[str], RefundAttempt.Outcome] = lambda key: Outcome.SUCCEEDED
    paid: dict[str, Money] = field(default_factory=dict)

    def refund(self, *, key: str, payment: str, amount: Money) -> Answer:
        """See Gateway. Told to be silent it has paid nevertheless, as real ones have."""
        outcome = self.behave(key)
        if key in self.paid and outcome is not Outcome.UNKNOWN:
            return Answer(Outcome.SUCCEEDED, f"sim-{key}", "Paid before under this key.")
        if outcome in (Outcome.SUCCEEDED, Outcome.UNKNOWN):
            self.paid.setdefault(key, amount)
        if outcome is Outcome.UNKNOWN:
            return Answer(outcome, "", "No answer came.")
        return Answer(outcome, f"sim-{key}", f"Refund of {amount} to {payment}: {outcome.label}.")
