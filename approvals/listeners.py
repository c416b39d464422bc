"""Who is told what becomes of a proposal, in the transaction in which it becomes so.

Rooms above rest on proposals, which cannot know them: each registers one function when it is ready.
"""

from collections.abc import Callable
from datetime import datetime

from approvals.models import Proposal

Listener = Callable[[Proposal, datetime], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Be told of every proposal from now on, once per start; what it raises undoes the step."""
    _listeners.append(listener)


def tell_listeners(proposal: Proposal, *, at: datetime) -> None:
    """Tell everybody how it stands with a proposal now."""
    for listener in _listeners:
        listener(proposal, at)
