"""What a correction of an event was made from: the number of its last revision, 0 for none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.db.stamps import ChangedSince, number_seen
from core.db.trail import FieldChange, RecordChange
from core.decimals import decimal_text
from usage.models import Event, EventRevision, RevisionKind


def require_as_seen(event: Event, number: int, made_from: str | None) -> None:
    """Refuse a correction made from an older word on the event than its revision `number`.

    None: it was made from no sight of it, as by a job. The event must be locked.
    Raises: ChangedSince, StampUnreadable.
    """
    if made_from is None or made_from == str(number):
        return
    seen = number_seen(made_from, number)
    revisions = list(EventRevision.objects.filter(key=event.key).order_by("number"))
    changes, said = [], _said(event)
    before = said
    for revision in revisions:
        after = _said(revision)
        if revision.number <= seen:
            before = after
        else:
            changes.append(_change(revision, said, after))
        said = after
    raise ChangedSince(stamp=str(number), differences=_between(before, said), changes=changes)


def _said(word: Event | EventRevision) -> Mapping[str, str]:
    """What counts by that word, field by field."""
    kind = getattr(word, "kind", "")
    said = {"the event": "counts nothing" if kind == RevisionKind.VOID else "counts"}
    if word.quantity is not None:
        said["quantity"] = _text(word.quantity)
    return said | {name: _text(value) for name, value in (word.data or {}).items()}


def _text(value: Any) -> str:
    return decimal_text(value) if isinstance(value, Decimal) else str(value)


def _between(before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[FieldChange]:
    return tuple(
        FieldChange(name, before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )


def _change(
    revision: EventRevision, before: Mapping[str, str], after: Mapping[str, str]
) -> RecordChange:
    return RecordChange(
        at=revision.recorded_at,
        kind=revision.kind,
        actor_kind=revision.actor_kind,
        actor_id=revision.actor_id,
        actor_name=revision.actor_name,
        reason=revision.reason,
        request_id="",
        fields=tuple(_between(before, after)),
    )
