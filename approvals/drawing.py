"""What may be done at once under a mandate: the kinds that say whose it is and that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from accounts.models import Account
from approvals.kinds import PreparedEffect, ProposalKind, ProposedEffect, all_kinds
from core.errors import Invalid


class MandateNotFor(Invalid):
    """Another kind, reason or currency, a charge, many accounts, or no case."""

    code = "mandate_not_for_this"
    title = "The mandate is not for this"


@runtime_checkable
class DrawableKind(ProposalKind, Protocol):
    """A kind of proposal that a mandate may carry."""

    def drawn_for(
        self, payload: Mapping[str, Any], prepared: PreparedEffect, effect: ProposedEffect
    ) -> Account:
        """Whose account it is, of what gives and pays nothing out.

        Raises: MandateNotFor where somebody must decide it.
        """


def drawable_kinds() -> dict[str, DrawableKind]:
    """Every kind that a mandate may carry, by name."""
    return {kind.name: kind for kind in all_kinds() if isinstance(kind, DrawableKind)}
