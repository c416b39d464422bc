"""Open an incident, say better what it was, and close it once every cent in it has a fate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final

from billing.disputes.models import Incident
from billing.disputes.queries.incidents import without_fate
from core.actor import Actor, acting_as, require_said
from core.db.stamps import unchanged
from core.db.transactions import transaction
from core.errors import Conflict, FieldError, Invalid, pointer_to_field
from core.text_in import is_odd
from eventing.publish import publish
from usage.models import Meter

HOUSE_STEPS: Final = (("99.9", "5"), ("99", "10"), ("95", "25"))
"""Below 99.9 % of a month 5 % of its charge are given, below 99 % 10 %, below 95 % 25 %."""
_STEPS_MOST: Final = 10


class IncidentInvalid(Invalid):
    """What is said of an incident breaks a rule; `errors` names each field."""

    code = "incident_invalid"
    title = "The incident cannot be kept"


class IncidentHasOpenCents(Conflict):
    """Something in it has no fate yet."""

    code = "incident_without_fates"
    title = "Not every cent in it has a fate"


class IncidentClosed(Conflict):
    """It is closed and stays as it is."""

    code = "incident_closed"
    title = "The incident is closed"


@dataclass(frozen=True, slots=True)
class IncidentTerms:
    """What an incident was: its time, half-open, its meters and which part of them, the formula."""

    title: str
    happened: str
    down_from: datetime
    down_until: datetime | None
    meter_codes: Sequence[str]
    match: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[tuple[str, str]] = HOUSE_STEPS

    def check(self) -> None:
        """Raises: IncidentInvalid, naming everything that is wrong."""
        wrong = []
        for name, text, most in (("title", self.title, 200), ("happened", self.happened, 4000)):
            if not text.strip() or len(text) > most or is_odd(text):
                wrong.append(_wrong(name, f"Say it, in up to {most} plain characters."))
        if self.down_until is not None and self.down_until <= self.down_from:
            wrong.append(_wrong("down_until", "It must be after the beginning."))
        known = set(Meter.objects.filter(code__in=self.meter_codes).values_list("code", flat=True))
        missing = [each for each in self.meter_codes if each not in known]
        if missing or not self.meter_codes:
            said = f"There is no meter {missing[0][:64]}." if missing else "Name one."
            wrong.append(_wrong("meters", said))
        wrong += [_wrong("steps", each) for each in _wrong_steps(self.steps)]
        if wrong:
            raise IncidentInvalid(" ".join(each.detail for each in wrong), errors=wrong)


def open_incident(*, terms: IncidentTerms, at: datetime, by: Actor, reason: str) -> Incident:
    """Say that something was wrong; nothing is given by that.

    Raises: IncidentInvalid, ReasonMissing.
    """
    require_said(reason, "Say how you know.")
    terms.check()
    with acting_as(by, reason=reason), transaction():
        incident = Incident(opened_at=at, opened_by=by.name)
        _put(incident, terms)
        incident.save()
        publish(
            "incident.opened",
            subject=incident.public_id,
            payload={"title": incident.title, "meters": incident.meter_codes},
            at=at,
        )
    return incident


def amend(
    *,
    incident: Incident,
    terms: IncidentTerms,
    made_from: str,
    at: datetime,
    by: Actor,
    reason: str,
) -> Incident:
    """Say better what it was, such as its end. `made_from` is the stamp of what was seen.

    Raises: IncidentInvalid, IncidentClosed, ChangedSince, ReasonMissing.
    """
    require_said(reason, "Say how you know.")
    terms.check()
    with acting_as(by, reason=reason), unchanged(incident, made_from):
        locked = _lock(incident)
        _put(locked, terms)
        locked.save()
        publish("incident.amended", subject=locked.public_id, payload={"reason": reason}, at=at)
    return locked


def close_incident(*, incident: Incident, at: datetime, by: Actor, reason: str) -> Incident:
    """End an incident in which every cent has a fate.

    Raises: IncidentHasOpenCents, naming what has none, IncidentClosed, ReasonMissing.
    """
    require_said(reason, "Say why it is closed.")
    with acting_as(by, reason=reason), transaction():
        locked = _lock(incident)
        left = without_fate(locked, at=at)
        if left:
            raise IncidentHasOpenCents(" ".join(left))
        locked.closed_at, locked.closed_by = at, by.name
        locked.save()
        publish("incident.closed", subject=locked.public_id, payload={"reason": reason}, at=at)
    return locked


def _lock(incident: Incident) -> Incident:
    locked = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if locked.closed_at is not None:
        raise IncidentClosed(f"It was closed by {locked.closed_by}.")
    return locked


def _put(incident: Incident, terms: IncidentTerms) -> None:
    incident.title, incident.happened = terms.title.strip(), terms.happened.strip()
    incident.down_from, incident.down_until = terms.down_from, terms.down_until
    incident.meter_codes = sorted(set(terms.meter_codes))
    incident.match, incident.steps = dict(terms.match), [list(each) for each in terms.steps]


def _wrong_steps(steps: Sequence[tuple[str, str]]) -> list[str]:
    if not 0 < len(steps) <= _STEPS_MOST:
        return [f"Say one to {_STEPS_MOST} steps."]
    try:
        numbers = [(Decimal(below), Decimal(percent)) for below, percent in steps]
    except InvalidOperation:
        return ["A step is two numbers, such as 99.9 5."]
    if any(not each.is_finite() for pair in numbers for each in pair) or any(
        not 0 < below <= 100 or not 0 < percent <= 100 for below, percent in numbers
    ):
        return ["Both numbers of a step are above 0 and at most 100."]
    falls = list(pairwise(numbers))
    if any(one[0] <= two[0] or one[1] >= two[1] for one, two in falls):
        return ["From step to step less is up, and more is given."]
    return []


def _wrong(name: str, detail: str) -> FieldError:
    return FieldError(pointer_to_field(name), IncidentInvalid.code, detail)
