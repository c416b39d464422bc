"""What else keeps a bill back: rooms above ask further questions of drafts before they are issued.

Each registers one function when it is ready; this room cannot know what they look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from billing.invoicing.drafting.drafts import InvoiceDraft
from core.errors import DomainError

FurtherQuestion = Callable[[Sequence[InvoiceDraft]], Mapping[int, DomainError]]
"""Why drafts must not be issued, by their position; asked for many at once."""

_questions: list[FurtherQuestion] = []


def ask_also(question: FurtherQuestion) -> None:
    """Ask this of every draft from now on, once per start."""
    _questions.append(question)


def further_held_back(drafts: Sequence[InvoiceDraft]) -> dict[int, DomainError]:
    """What the rooms above keep back, by the position of the draft."""
    found: dict[int, DomainError] = {}
    for question in _questions:
        found |= question(drafts)
    return found
