"""What is different between two effects, figure by figure."""

from __future__ import annotations

from approvals.kinds import ProposedEffect
from core.db.trail import FieldChange


def effect_differences(before: ProposedEffect | None, after: ProposedEffect) -> list[FieldChange]:
    """The figures that differ; `before` is None where nobody knows what was seen."""
    old, new = _figures(before) if before else {}, _figures(after)
    return [
        FieldChange(name, old.get(name, ""), new.get(name, ""))
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]


def _figures(effect: ProposedEffect) -> dict[str, str]:
    return {
        **({"Amount": str(effect.amount)} if effect.amount is not None else {}),
        **{f"{row.name} of {row.of}": f"{row.before} → {row.after}" for row in effect.changes},
        **{f"{row.book} moves by": str(row.amount) for row in effect.books},
    }
