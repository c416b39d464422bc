"""How far sources are complete, as they say; and which of them bills wait for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.actor import Actor, acting_as
from core.db.stamps import Seen, require_unchanged
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from usage.models import Meter, Source, SourceProgress

AHEAD_MAX = timedelta(minutes=5)
"""As for events: no clock is further ahead by accident."""


class ProgressGoesBack(Conflict):
    """A source that was complete through an instant cannot be less so."""

    code = "progress_goes_back"
    title = "The source was further already"


class ProgressInvalid(Invalid):
    """What is said of a source breaks a rule."""

    code = "progress_invalid"
    title = "The progress is not valid"


def report(
    *,
    source: Source,
    complete_through: datetime,
    sequence: int | None = None,
    at: datetime,
    by: Actor,
) -> SourceProgress:
    """Note that a source has sent all events before an instant. The same again changes nothing.

    Raises: ProgressInvalid, ProgressGoesBack.
    """
    if complete_through > at + AHEAD_MAX:
        raise ProgressInvalid("What is still to come cannot be complete.", field="complete_through")
    if sequence is not None and not 0 <= sequence < 2**63:
        raise ProgressInvalid("A sequence is a whole number from 0 up.", field="sequence")
    with acting_as(by, reason="Reported by the source"), transaction():
        row = _locked(source)
        before = row.complete_through
        if before is not None and complete_through < before:
            raise ProgressGoesBack(
                f"{source} said it is complete through {before:%Y-%m-%d %H:%M:%S} UTC.",
                complete_through=before.isoformat(),
            )
        if sequence is not None and row.sequence is not None and sequence < row.sequence:
            raise ProgressGoesBack(
                f"{source} was at {row.sequence} already.", sequence=row.sequence
            )
        row.complete_through = complete_through
        row.sequence = row.sequence if sequence is None else sequence
        row.reported_at, row.reported_by = at, by.name
        row.save(update_fields=["complete_through", "sequence", "reported_at", "reported_by"])
    return row


def require(
    *,
    source: Source,
    is_required: bool,
    meter_codes: Sequence[str] = (),
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> SourceProgress:
    """Say whether bills wait for a source, and of which meters; none named is all.

    `made_from` is the stamp of what was looked at. Raises: ProgressInvalid, ChangedSince,
    StampUnreadable.
    """
    unknown = set(meter_codes) - set(
        Meter.objects.filter(code__in=list(meter_codes)).values_list("code", flat=True)
    )
    if unknown:
        raise ProgressInvalid(f"There is no meter {sorted(unknown)[0]}.", field="meters")
    with acting_as(by, reason=reason), transaction():
        Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if made_from is not None:
            require_unchanged(made_from, Seen(SourceProgress, {"source_id": source.pk}))
        row = _locked(source)
        row.is_required, row.meter_codes = is_required, sorted(set(meter_codes))
        row.save(update_fields=["is_required", "meter_codes"])
    return row


def _locked(source: Source) -> SourceProgress:
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    row, _ = SourceProgress.objects.get_or_create(source=source)
    return row
