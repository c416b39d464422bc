"""What can be done to an endpoint or a delivery now, by whom, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.permissions import Permission, permitted
from console.webhooks.forms import (
    EndsSecret,
    GivesReason,
    RecoversSince,
    Replays,
    SendsExample,
)
from eventing.models import WebhookDelivery, WebhookEndpoint
from eventing.operations import endpoints, replaying
from eventing.operations.replaying import ReplayWish

Doing = dict[str, Any]
FormOf = Callable[[WebhookEndpoint, Any, datetime], forms.Form]
Run = Callable[[WebhookEndpoint, dict[str, Any], Doing], str]


@dataclass(frozen=True, slots=True)
class EndpointStep:
    """A step: how it is said, who may take it, its form, and the operation it leads to."""

    slug: str
    title: str
    lead: str
    button: str
    permission: Permission
    form: FormOf
    run: Run
    needs: str = ""
    """The state the endpoint must be in; empty is any but deleted."""


@dataclass(frozen=True, slots=True)
class OfferedStep:
    """A step as a page offers it; `why_not` is empty where it can be taken."""

    slug: str
    button: str
    why_not: str


def _reason(endpoint: WebhookEndpoint, data: Any, at: datetime) -> forms.Form:
    return GivesReason(data)


def _which_secret(endpoint: WebhookEndpoint, data: Any, at: datetime) -> forms.Form:
    ending = [each for each in endpoint.secrets.order_by("pk") if each.ends_at and each.holds(at)]
    shown = [
        (each.public_id, f"{each.public_id}, made {each.made_at:%Y-%m-%d %H:%M} UTC")
        for each in ending
    ]
    return EndsSecret(data, secrets=shown)


def _which_example(endpoint: WebhookEndpoint, data: Any, at: datetime) -> forms.Form:
    return SendsExample(data, endpoint=endpoint)


def events_said(count: int) -> str:
    """How many, in words."""
    return "1 event is" if count == 1 else f"{count:,} events are"


def _rotate(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    made = endpoints.rotate_secret(endpoint=endpoint, **doing)
    return (
        f"The new secret is {made.secret}: copy it now, it is not shown again. "
        "The one before signs too for 24 hours."
    )


def _end_secret(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    endpoints.end_secret(endpoint=endpoint, secret=said["secret"], **doing)
    return "Nothing is signed with it any more."


def _disable(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    endpoints.disable(endpoint=endpoint, **doing)
    return "Nothing is sent any more; what happens is held."


def _enable(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    endpoints.enable(endpoint=endpoint, **doing)
    held = endpoint.deliveries.filter(outcome=WebhookDelivery.Outcome.HELD).count()
    if not held:
        return "Events are sent again."
    return f"Events are sent again. {events_said(held)} held: recover them."


def _delete(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    endpoints.delete(endpoint=endpoint, **doing)
    return "The endpoint is deleted, with all that waited for it."


def _example(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    replaying.send_example(endpoint=endpoint, type=said["type"], **doing)
    return "An example is on its way."


def _recover(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    count = replaying.recover(endpoint=endpoint, since=said["since"], **doing)
    return f"{events_said(count)} on the way."


def _replay(endpoint: WebhookEndpoint, said: dict[str, Any], doing: Doing) -> str:
    wish = ReplayWish(
        since=said["since"],
        until=said["until"],
        types=[said["type"]] if said["type"] else (),
        outcomes=[said["outcome"]] if said["outcome"] else (),
    )
    count = replaying.replay(endpoint=endpoint, wish=wish, **doing)
    return f"{events_said(count)} on the way."


_CONFIGURE: Final = Permission.CONFIGURE
_REPLAY: Final = Permission.WEBHOOK_REPLAY
_ON: Final = WebhookEndpoint.State.ENABLED
_OFF: Final = WebhookEndpoint.State.DISABLED

STEPS: Final = {
    each.slug: each
    for each in (
        EndpointStep(
            "recover",
            "Recover what was missed",
            "Sends what the endpoint did not get: held, given up, or earlier than the endpoint. In "
            "the order it happened; what it got is not sent again.",
            "Recover…",
            _REPLAY,
            lambda endpoint, data, at: RecoversSince(data),
            _recover,
            needs=_ON,
        ),
        EndpointStep(
            "replay",
            "Send again",
            "Sends deliveries again, under the same ids; a receiver that keeps ids notices.",
            "Replay…",
            _REPLAY,
            lambda endpoint, data, at: Replays(data),
            _replay,
            needs=_ON,
        ),
        EndpointStep(
            "example",
            "Send an example",
            "Sends what events of a type look like. It happened to nothing.",
            "Send example…",
            _REPLAY,
            _which_example,
            _example,
            needs=_ON,
        ),
        EndpointStep(
            "rotate",
            "Rotate the secret",
            "Makes a new secret, shown once. The present one signs too for 24 hours; one that was "
            "still ending ends now.",
            "Rotate secret…",
            _CONFIGURE,
            _reason,
            _rotate,
        ),
        EndpointStep(
            "end-secret",
            "End a secret now",
            "For one that leaked: from the next attempt on nothing is signed with it.",
            "End secret…",
            _CONFIGURE,
            _which_secret,
            _end_secret,
        ),
        EndpointStep(
            "disable",
            "Disable the endpoint",
            "Sends nothing more. What waits, and what happens meanwhile, is held.",
            "Disable…",
            _REPLAY,
            _reason,
            _disable,
            needs=_ON,
        ),
        EndpointStep(
            "enable",
            "Enable the endpoint",
            "Sends what happens from now on. What is held waits until it is recovered.",
            "Enable…",
            _REPLAY,
            _reason,
            _enable,
            needs=_OFF,
        ),
        EndpointStep(
            "delete",
            "Delete the endpoint",
            "Ends it for good, with all that waits for it. Its log stays.",
            "Delete…",
            _CONFIGURE,
            _reason,
            _delete,
        ),
    )
}


def endpoint_steps(
    endpoint: WebhookEndpoint, user: User | AnonymousUser, *, at: datetime
) -> list[OfferedStep]:
    """What the page of an endpoint offers; what cannot be done says why."""
    if endpoint.state == WebhookEndpoint.State.DELETED:
        return []
    offered = []
    for step in STEPS.values():
        if not permitted(user, step.permission) or (step.slug == "enable" and endpoint.is_enabled):
            continue
        if step.slug == "disable" and not endpoint.is_enabled:
            continue
        offered.append(OfferedStep(step.slug, step.button, _why_not(step, endpoint, at)))
    return offered


def _why_not(step: EndpointStep, endpoint: WebhookEndpoint, at: datetime) -> str:
    if step.needs == _ON and not endpoint.is_enabled:
        return "Enable the endpoint first."
    if step.slug == "end-secret" and not endpoint.secrets.filter(ends_at__gt=at).exists():
        return "No secret is being replaced: rotate it first."
    return ""


def delivery_steps(delivery: WebhookDelivery, user: User | AnonymousUser) -> list[OfferedStep]:
    """What the page of a delivery offers."""
    is_under_way = delivery.state in (WebhookDelivery.State.READY, WebhookDelivery.State.LEASED)
    why_not = "It waits, or is being sent." if is_under_way else ""
    if delivery.expunged_at is not None:
        why_not = "What it said is not kept any more."
    offered = []
    if permitted(user, _REPLAY):
        is_off = not delivery.endpoint.is_enabled
        why = why_not or ("The endpoint is not enabled." if is_off else "")
        offered.append(OfferedStep("resend", "Send again…", why))
    if permitted(user, _CONFIGURE):
        offered.append(OfferedStep("expunge", "Expunge content…", why_not))
    return offered
