"""Keep endpoints: make, change, rotate the secret of, disable, enable and delete.

Every change has an actor and a reason and is told as an event of its own, within the house.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.actor import Actor, acting_as
from core.db import locks
from core.db.stamps import Seen, require_unchanged
from core.db.transactions import require_transaction, transaction
from core.errors import Conflict, Invalid
from eventing.audience import types_for
from eventing.models import EndpointHealth, WebhookDelivery, WebhookEndpoint, WebhookLane
from eventing.models import WebhookSecret as Secret
from eventing.publish import publish
from eventing.sending.addresses import require_reachable
from eventing.sending.signatures import new_secret, sealed

OVERLAP: Final = timedelta(hours=24)
LANES: Final = 2
ENDPOINTS_MAX: Final = 20


class EndpointLimit(Conflict):
    """A partner has as many endpoints as it may have."""

    code = "endpoint_limit"
    title = "There are as many endpoints as there may be"


class EndpointDeleted(Conflict):
    """Nothing is done to an endpoint that was deleted."""

    code = "endpoint_deleted"
    title = "The endpoint was deleted"


class EndpointStateAlready(Conflict):
    """The endpoint is enabled, or disabled, already."""

    code = "endpoint_state_already"
    title = "The endpoint is so already"


class WantedTypeUnknown(Invalid):
    """An endpoint asks for a type that there is not, or that is not for it."""

    code = "event_type_unknown"
    title = "There is no such type of event"


class SecretOver(Conflict):
    """The secret has ended, or is the only one."""

    code = "secret_over"
    title = "The secret cannot be ended"


@dataclass(frozen=True, slots=True)
class EndpointTerms:
    """What an endpoint is: its address, the types it wants (none is all), how it is signed."""

    url: str
    types: Sequence[str] = ()
    description: str = ""
    contact: str = ""
    signature: str = WebhookEndpoint.Signature.STANDARD
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class MadeSecret:
    """A secret, which nobody is shown again."""

    row: Secret
    secret: str


def create(
    *, partner: str, terms: EndpointTerms, at: datetime, by: Actor, reason: str
) -> tuple[WebhookEndpoint, MadeSecret]:
    """Add an endpoint of a partner, or of the house (""), that hears of what happens from now on.

    Raises: AddressRefused, WantedTypeUnknown, EndpointLimit.
    """
    _require_sound(terms, partner)
    with acting_as(by, reason=reason), transaction():
        locks.alone(f"webhook endpoints of {partner}")
        live = WebhookEndpoint.objects.filter(partner=partner)
        if live.exclude(state=WebhookEndpoint.State.DELETED).count() >= ENDPOINTS_MAX:
            raise EndpointLimit(f"There may be {ENDPOINTS_MAX}; delete one first.")
        endpoint = WebhookEndpoint(partner=partner, created_at=at, state_since=at)
        _apply(endpoint, terms)
        endpoint.save()
        EndpointHealth.objects.create(endpoint=endpoint)
        WebhookLane.objects.bulk_create(
            WebhookLane(endpoint=endpoint, number=number, not_before=at)
            for number in range(1, LANES + 1)
        )
        made = _add_secret(endpoint, at)
        _tell("created", endpoint, at)
    return endpoint, made


def revise(
    *,
    endpoint: WebhookEndpoint,
    terms: EndpointTerms,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> WebhookEndpoint:
    """Change an endpoint; what is on its way goes to the new address.

    Raises: AddressRefused, WantedTypeUnknown, EndpointDeleted, ChangedSince.
    """
    _require_sound(terms, endpoint.partner)
    with acting_as(by, reason=reason), transaction():
        locked = lock(endpoint)
        if made_from is not None:
            require_unchanged(made_from, Seen.row(locked))
        _apply(locked, terms)
        locked.save()
        _tell("changed", locked, at)
    return locked


def rotate_secret(
    *,
    endpoint: WebhookEndpoint,
    at: datetime,
    by: Actor,
    reason: str,
    overlap: timedelta = OVERLAP,
) -> MadeSecret:
    """Make another secret; the one before signs too until the overlap is over.

    Never more than two hold: one that was still ending ends now. Raises: EndpointDeleted.
    """
    with acting_as(by, reason=reason), transaction():
        locked = lock(endpoint)
        locked.secrets.filter(ends_at__gt=at).update(ends_at=at)
        locked.secrets.filter(ends_at__isnull=True).update(ends_at=at + overlap)
        made = _add_secret(locked, at)
        _tell("secret_rotated", locked, at)
    return made


def end_secret(
    *, endpoint: WebhookEndpoint, secret: str, at: datetime, by: Actor, reason: str
) -> None:
    """End a secret that was replaced, now: from the next attempt on nothing is signed with it.

    Raises: SecretOver, EndpointDeleted.
    """
    with acting_as(by, reason=reason), transaction():
        locked = lock(endpoint)
        found = locked.secrets.filter(public_id=secret).first()
        if found is None or not found.holds(at):
            raise SecretOver("No such secret of the endpoint holds.", field="secret")
        if found.ends_at is None:
            raise SecretOver("It is the newest one; rotate it first.", field="secret")
        found.ends_at = at
        found.save(update_fields=["ends_at"])
        _tell("secret_ended", locked, at)


def disable(*, endpoint: WebhookEndpoint, at: datetime, by: Actor, reason: str) -> WebhookEndpoint:
    """Send nothing more; what waits, and what happens meanwhile, is held.

    Raises: EndpointDeleted, EndpointStateAlready.
    """
    with acting_as(by, reason=reason), transaction():
        locked = lock(endpoint)
        if not locked.is_enabled:
            raise EndpointStateAlready("The endpoint is disabled already.")
        disable_locked(locked, at=at, reason=reason)
    return locked


def disable_locked(locked: WebhookEndpoint, *, at: datetime, reason: str) -> None:
    """The same for a locked endpoint, by whoever acts now."""
    _set_state(locked, WebhookEndpoint.State.DISABLED, at, reason)
    waiting = locked.deliveries.filter(state=WebhookDelivery.State.READY)
    waiting.update(
        state=WebhookDelivery.State.PARKED,
        outcome=WebhookDelivery.Outcome.HELD,
        parked_reason=f"The endpoint is disabled: {reason}",
    )
    _tell("disabled", locked, at)


def enable(*, endpoint: WebhookEndpoint, at: datetime, by: Actor, reason: str) -> WebhookEndpoint:
    """Send again what happens from now on; what is held waits to be asked for.

    Raises: EndpointDeleted, EndpointStateAlready.
    """
    with acting_as(by, reason=reason), transaction():
        locked = lock(endpoint)
        if locked.is_enabled:
            raise EndpointStateAlready("The endpoint is enabled already.")
        _set_state(locked, WebhookEndpoint.State.ENABLED, at, reason)
        EndpointHealth.objects.filter(endpoint=locked).update(
            failing_since=None, failures=0, paused_until=None
        )
        _tell("enabled", locked, at)
    return locked


def delete(*, endpoint: WebhookEndpoint, at: datetime, by: Actor, reason: str) -> WebhookEndpoint:
    """End an endpoint for good, with all that waits for it; its log stays.

    Raises: EndpointDeleted.
    """
    with acting_as(by, reason=reason), transaction():
        locked = lock(endpoint)
        _set_state(locked, WebhookEndpoint.State.DELETED, at, reason)
        # What is being sent this moment ends with its attempt.
        over = locked.deliveries.filter(
            state__in=[WebhookDelivery.State.READY, WebhookDelivery.State.PARKED]
        )
        over.update(
            state=WebhookDelivery.State.DONE,
            outcome=WebhookDelivery.Outcome.ENDED,
            parked_reason="",
            done_at=at,
        )
        locked.secrets.filter(ends_at__isnull=True).update(ends_at=at)
        _tell("deleted", locked, at)
    return locked


def lock(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The endpoint as it is, locked. Raises: NoTransaction, EndpointDeleted."""
    require_transaction()
    locked = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
    if locked.state == WebhookEndpoint.State.DELETED:
        raise EndpointDeleted(f"It was deleted on {locked.state_since:%Y-%m-%d %H:%M} UTC.")
    return locked


def _require_sound(terms: EndpointTerms, partner: str) -> None:
    require_reachable(terms.url)
    known = types_for(partner)
    for each in terms.types:
        if each not in known:
            raise WantedTypeUnknown(
                f"{each[:100]!r} is no type of event that this endpoint may hear of.",
                field="types",
            )


def _apply(endpoint: WebhookEndpoint, terms: EndpointTerms) -> None:
    endpoint.url = terms.url
    endpoint.types = sorted(set(terms.types))
    endpoint.description = terms.description
    endpoint.contact = terms.contact
    endpoint.signature = terms.signature
    endpoint.is_ordered = terms.is_ordered


def _set_state(locked: WebhookEndpoint, state: str, at: datetime, reason: str) -> None:
    locked.state, locked.state_since, locked.state_reason = state, at, reason
    locked.save(update_fields=["state", "state_since", "state_reason"])


def _add_secret(endpoint: WebhookEndpoint, at: datetime) -> MadeSecret:
    secret = new_secret()
    row = Secret.objects.create(endpoint=endpoint, sealed=sealed(secret), made_at=at)
    return MadeSecret(row, secret)


def _tell(done: str, endpoint: WebhookEndpoint, at: datetime) -> None:
    payload: dict[str, Any] = {"partner": endpoint.partner or None, "url": endpoint.url}
    publish(f"webhook_endpoint.{done}", endpoint.public_id, payload, at=at)
