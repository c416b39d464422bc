"""Draft a period as if an event did not count: voided by the operation that voids, then undone."""

from __future__ import annotations

from datetime import datetime

from billing.disputes.facts import FactNotOfLine, StatedFact, events_named
from billing.disputes.operations.assuming import ContestedUsage
from billing.invoicing.drafting.assumptions import Assumption
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.rated import rated_drafts
from core.actor import Actor
from core.errors import DomainError
from usage.derivation.refresh import refresh
from usage.models import Event
from usage.operations import event_corrections

_SUPPOSING = Actor.system("disputes")


def drafted_without_event(
    usage: ContestedUsage, fact: StatedFact, *, assuming: Assumption | None, at: datetime
) -> InvoiceDraft:
    """The draft without the event that is said to be the same as another.

    Raises: FactNotOfLine, VoidedAlready, and what rating refuses.
    """
    scope, line = usage.scope, usage.line
    event = _named(scope, fact, "event")
    other = _named(scope, fact, "same_as")
    if event.key == other.key:
        raise FactNotOfLine("An event is not counted twice by itself.", field="facts.same_as")
    if (event.resource_id, event.type_id) != (other.resource_id, other.type_id):
        raise FactNotOfLine(
            "The two are of different resources or kinds, so they are not the same.",
            field="facts.same_as",
        )
    if line.resource_id is not None and event.resource_id != line.resource_id:
        raise FactNotOfLine("The event is of another resource than the line.", field="facts.event")
    if usage.is_part and not usage.span.contains(event.occurred_at):
        raise FactNotOfLine("The event is not of these days.", field="facts.event")
    if usage.resource is not None and event.resource_id != usage.resource.pk:
        raise FactNotOfLine("The event is of another resource.", field="facts.event")
    with event_corrections.only_supposed():
        event_corrections.void(event.key, at=at, by=_SUPPOSING, reason=fact.sentence)
        refresh([scope.account_id])
        (draft,) = rated_drafts([scope], assuming or Assumption())
    if isinstance(draft, DomainError):
        raise draft
    return draft


def _named(scope: AccountPeriod, fact: StatedFact, name: str) -> Event:
    found = events_named(scope.account_id, scope.period, fact.values[name])
    if len(found) != 1:
        raise FactNotOfLine(
            f"{'No event' if not found else 'More than one event'} of this account and month has "
            f"the id {fact.values[name][:64]!r}.",
            field=f"facts.{name}",
        )
    return found[0]
