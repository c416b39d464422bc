"""Send what is due to an endpoint, an attempt at a time, and write down what came of it.

A lane of the endpoint is leased by whoever sends; nothing is open in the database while something
is on its way. What an attempt comes to is one transaction, fenced by the delivery's lease.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction as django_transaction
from django.db.models import Exists, OuterRef, QuerySet

from core import leases
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from eventing.envelope import CONTENT_TYPE
from eventing.models import (
    AttemptContent,
    EndpointHealth,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookLane,
)
from eventing.notices import write_to_contact
from eventing.operations.endpoints import disable_locked
from eventing.queries.contents import body_of_delivery
from eventing.sending.posting import PostAnswer, PostBounds, post
from eventing.sending.schedule import (
    CHANCES,
    DISABLED_AFTER,
    GONE,
    SLOW_MS,
    after_failure,
)
from eventing.sending.signatures import heroku_headers, opened, standard_headers

LEASE: Final = timedelta(seconds=90)
"""Much longer than an attempt may take."""
USER_AGENT: Final = "Counterfoil-Webhooks/1"
_SHOWN_MAX: Final = 65_536

ReadsClock = Callable[[], datetime]


def draw_chance() -> int:
    """What decides a jitter; nothing secret."""
    return random.randrange(CHANCES)  # noqa: S311


@dataclass(frozen=True, slots=True)
class Sender:
    """How to send; tests give their own."""

    clock: ReadsClock
    bounds: PostBounds = field(default_factory=PostBounds)
    chance: Callable[[], int] = draw_chance


def work_endpoint(endpoint_id: int, *, sender: Sender, until: datetime) -> int:
    """Send what is due to one endpoint until nothing is or the time is up; how many attempts.

    Does nothing where all its lanes are taken, or it is left alone.
    """
    lane = claim_lane(endpoint_id, at=sender.clock())
    if lane is None:
        return 0
    count = 0
    try:
        while (at := sender.clock()) < until:
            delivery = claim_delivery(endpoint_id, at=at)
            if delivery is None:
                break
            count += 1
            send(delivery, sender=sender)
            leases.extend(lane, at=sender.clock(), lease_for=LEASE)
    finally:
        leases.put_back(lane, at=sender.clock())
    return count


def claim_lane(endpoint_id: int, *, at: datetime) -> WebhookLane | None:
    """A free lane of an endpoint that may be sent to; a slow or failing one has but one."""
    health = EndpointHealth.objects.get(endpoint_id=endpoint_id)
    if health.paused_until is not None and health.paused_until > at:
        return None
    lanes = WebhookLane.objects.filter(endpoint_id=endpoint_id)
    if health.is_slow or health.failures:
        lanes = lanes.filter(number=1)
    return next(iter(leases.claim(lanes, limit=1, at=at, lease_for=LEASE)), None)


def claim_delivery(endpoint_id: int, *, at: datetime) -> WebhookDelivery | None:
    """The next delivery that is due, unless the endpoint is left alone or disabled by now."""
    health = EndpointHealth.objects.select_related("endpoint").get(endpoint_id=endpoint_id)
    if not health.endpoint.is_enabled:
        return None
    if health.paused_until is not None and health.paused_until > at:
        return None
    found = leases.claim(eligible(health.endpoint), limit=1, at=at, lease_for=LEASE)
    return found[0] if found else None


def eligible(endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    """What may be sent; in order, an event waits for the earlier ones of its subject."""
    rows = endpoint.deliveries.all()
    if not endpoint.is_ordered:
        return rows
    earlier = WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        subject=OuterRef("subject"),
        position__lt=OuterRef("position"),
        state__in=[WebhookDelivery.State.READY, WebhookDelivery.State.LEASED],
    )
    return rows.filter(~Exists(earlier))


def send(delivery: WebhookDelivery, *, sender: Sender) -> WebhookAttempt | None:
    """Make one attempt at a claimed delivery. None where it was ended, or claimed anew, meanwhile.

    What the receiver does is never raised.
    """
    endpoint = WebhookEndpoint.objects.get(pk=delivery.endpoint_id)
    began = sender.clock()
    headers, body = _message(endpoint, delivery, began)
    answer = post(endpoint.url, headers, body, sender.bounds)
    try:
        return _write_down(delivery, began, headers, answer, sender)
    except leases.LeaseLost:
        return None


def _message(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, at: datetime
) -> tuple[dict[str, str], bytes]:
    body = body_of_delivery(delivery)
    holding = [each for each in endpoint.secrets.order_by("-pk") if each.holds(at)]
    secrets = [opened(each.sealed) for each in holding]
    headers = {"Content-Type": CONTENT_TYPE, "User-Agent": USER_AGENT}
    if endpoint.signature == WebhookEndpoint.Signature.HEROKU:
        signed = heroku_headers(secrets, id=delivery.message_id, body=body)
    else:
        signed = standard_headers(secrets, id=delivery.message_id, at=at, body=body)
    return headers | signed, body


def _write_down(
    delivery: WebhookDelivery,
    began: datetime,
    headers: dict[str, str],
    answer: PostAnswer,
    sender: Sender,
) -> WebhookAttempt:
    """What an attempt came to, for the log, the delivery and the endpoint. Raises: LeaseLost."""
    at = sender.clock()
    with transaction():
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(
            pk=delivery.endpoint_id
        )
        leases.hold(delivery)
        attempt = _log(delivery, began, headers, answer)
        health = EndpointHealth.objects.get(endpoint=endpoint)
        health.is_slow = answer.took_ms >= SLOW_MS
        if attempt.is_success:
            health.failing_since, health.failures, health.paused_until = None, 0, None
            health.answered_at = at
            health.save()
            _finish(delivery, WebhookDelivery.Outcome.DELIVERED, at)
        else:
            _failed(endpoint, health, delivery, answer, at, sender.chance())
    return attempt


def _failed(
    endpoint: WebhookEndpoint,
    health: EndpointHealth,
    delivery: WebhookDelivery,
    answer: PostAnswer,
    at: datetime,
    chance: int,
) -> None:
    health.failures += 1
    health.failing_since = health.failing_since or at
    following = after_failure(
        at=at,
        tries=delivery.tries + 1,
        failures=health.failures,
        status=answer.status,
        retry_after=answer.header("retry-after"),
        chance=chance,
    )
    if following.pause_until is not None:
        health.paused_until = following.pause_until
    health.save()
    if endpoint.state == WebhookEndpoint.State.DELETED:
        _finish(delivery, WebhookDelivery.Outcome.ENDED, at)
        return
    why = _why_disabled(health, answer, at) if endpoint.is_enabled else endpoint.state_reason
    if why:
        _hold_back(delivery, f"The endpoint is disabled: {why}")
        if endpoint.is_enabled:
            with acting_as(Actor.system("webhooks"), reason=why):
                disable_locked(endpoint, at=at, reason=why)
            django_transaction.on_commit(partial(write_to_contact, endpoint, why))
    elif following.retry_at is None:
        _give_up(delivery, answer.said or f"It answered {answer.status}.")
    else:
        leases.put_back(delivery, at=following.retry_at, tries=delivery.tries + 1)


def _why_disabled(health: EndpointHealth, answer: PostAnswer, at: datetime) -> str:
    """Why the endpoint is disabled now; empty where it is not."""
    if answer.status == GONE:
        return "It answered 410, which means that it is gone."
    since = health.failing_since
    if since is not None and at - since >= DISABLED_AFTER:
        return f"Nothing but failures since {since:%Y-%m-%d %H:%M} UTC."
    return ""


def _log(
    delivery: WebhookDelivery, began: datetime, headers: dict[str, str], answer: PostAnswer
) -> WebhookAttempt:
    error, said = answer.error, answer.said
    if answer.status is not None and not 200 <= answer.status < 300:
        error, said = "status", f"It answered {answer.status}."
    last = delivery.tried.order_by("-number").values_list("number", flat=True).first()
    attempt = WebhookAttempt.objects.create(
        delivery=delivery,
        number=(last or 0) + 1,
        began_at=began,
        took_ms=answer.took_ms,
        address=answer.address,
        status=answer.status,
        error=error,
        said=said,
    )
    AttemptContent.objects.create(
        attempt=attempt,
        request_headers=sorted(headers.items()),
        response_headers=[_storable_pair(each) for each in answer.headers],
        response_body=_storable(answer.body[:_SHOWN_MAX].decode("utf-8", "replace")),
    )
    return attempt


def _storable_pair(pair: tuple[str, str]) -> tuple[str, str]:
    return _storable(pair[0]), _storable(pair[1])


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot keep: NUL, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _finish(delivery: WebhookDelivery, outcome: str, at: datetime) -> None:
    leases.complete(delivery, at=at, outcome=outcome)


def _hold_back(delivery: WebhookDelivery, reason: str) -> None:
    leases.park(delivery, reason=reason, outcome=WebhookDelivery.Outcome.HELD)


def _give_up(delivery: WebhookDelivery, said: str) -> None:
    tries = delivery.tries + 1
    leases.park(
        delivery,
        reason=f"Gave up after {tries} attempts. {said}",
        outcome=WebhookDelivery.Outcome.GIVEN_UP,
        tries=tries,
    )
