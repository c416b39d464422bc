"""Webhooks end to end: signed, tried again, held, in order; one endpoint never harms another."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from eventing.catalogue import CATALOGUE
from eventing.models import (
    AttemptContent,
    EndpointHealth,
    OutboxEvent,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from eventing.operations import endpoints, replaying
from eventing.operations.endpoints import EndpointTerms
from eventing.operations.replaying import ReplayWish
from tests.eventing.posts import HAPPENED, OLGA, WHY, Posts
from tests.eventing.receivers import Came, Receiver, answers, receiving, unused_port

pytestmark = pytest.mark.django_db
DOING: dict[str, Any] = {"by": OLGA, "reason": WHY}


@pytest.fixture
def posts() -> Posts:
    return Posts()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving(answers(200)) as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


def signed_by(came: Came) -> set[str]:
    return set(came.headers["webhook-signature"].split())


def signature(secret: str, came: Came) -> str:
    """The signature a receiver works out, by the words of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{came.headers['webhook-id']}.{came.headers['webhook-timestamp']}."
    made = hmac.new(key, head.encode() + came.body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


def subjects(receiver: Receiver) -> list[str]:
    return [json.loads(each.body)["subject"] for each in receiver.came]


def test_an_event_arrives_signed_as_it_was_when_it_happened(
    posts: Posts, receiver: Receiver
) -> None:
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_1")
    assert posts.sends(endpoint) == 1
    (came,) = receiver.came
    event = OutboxEvent.objects.get(subject="inv_1")
    assert came.headers["webhook-id"] == event.public_id
    assert came.headers["Content-Type"] == "application/cloudevents+json"
    assert json.loads(came.body)["data"] == CATALOGUE[HAPPENED].example
    assert signed_by(came) == {signature(posts.secrets[endpoint.pk][0], came)}
    assert posts.states(endpoint) == [("inv_1", "delivered")]
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.address, attempt.error) == (200, "127.0.0.1", "")
    assert attempt.content.response_body == "ok"
    assert posts.sends(endpoint) == 0


def test_herokus_header_is_a_choice(posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url, signature="heroku")
    posts.happens("inv_1")
    posts.sends(endpoint)
    (came,) = receiver.came
    made = hmac.new(posts.secrets[endpoint.pk][0].encode(), came.body, hashlib.sha256).digest()
    assert came.headers["Heroku-Webhook-Hmac-SHA256"] == base64.b64encode(made).decode()
    assert "webhook-signature" not in came.headers


def test_secrets_are_stored_sealed(posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url)
    (row,) = endpoint.secrets.all()
    assert posts.secrets[endpoint.pk][0].removeprefix("whsec_") not in row.sealed


def test_what_is_not_wanted_is_not_sent(posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url)
    posts.happens("acc_1", type="account.renamed")
    assert posts.sends(endpoint) == 0


def test_td58_a_retry_is_signed_with_what_holds_when_it_is_sent(
    posts: Posts, receiver: Receiver
) -> None:
    """First try 12:00; rotated 12:01; retried 12:05; rotated 12:10; ended 12:20."""
    receiver.told = answers(500)
    endpoint = posts.endpoint(receiver.url)
    (first,) = posts.secrets[endpoint.pk]
    posts.happens("inv_1")
    posts.sends(endpoint)
    assert signed_by(receiver.came[-1]) == {signature(first, receiver.came[-1])}

    second = endpoints.rotate_secret(endpoint=endpoint, at=posts.later(minutes=1).at, **DOING)
    posts.later(minutes=4).sends(endpoint)
    came = receiver.came[-1]
    assert signed_by(came) == {signature(each, came) for each in (first, second.secret)}

    third = endpoints.rotate_secret(endpoint=endpoint, at=posts.later(minutes=5).at, **DOING)
    posts.later(minutes=5).sends(endpoint)
    came = receiver.came[-1]
    assert signed_by(came) == {signature(each, came) for each in (second.secret, third.secret)}

    posts.later(minutes=5)
    endpoints.end_secret(endpoint=endpoint, secret=second.row.public_id, at=posts.at, **DOING)
    posts.later(hours=1).sends(endpoint)
    came = receiver.came[-1]
    assert signed_by(came) == {signature(third.secret, came)}
    with pytest.raises(endpoints.SecretOver):
        endpoints.end_secret(endpoint=endpoint, secret=third.row.public_id, at=posts.at, **DOING)


def test_td59_gone_disables_at_once_and_recovery_sends_exactly_what_is_held(
    posts: Posts, receiver: Receiver, django_capture_on_commit_callbacks: Any
) -> None:
    """30 queued, the third answers 410."""

    def third_is_gone(running: Receiver, came: Came, handler: Any) -> None:
        answers(410 if len(running.came) == 3 else 200)(running, came, handler)

    receiver.told = third_is_gone
    endpoint = posts.endpoint(receiver.url, contact="ops@example.com")
    with receiving(answers(200)) as other:
        beside = _beside(posts, other)
        posts.happens(*(f"inv_{number:02}" for number in range(30)))
        with django_capture_on_commit_callbacks(execute=True):
            posts.sends(endpoint)
        posts.sends(beside)
        assert len(other.came) == 30
    endpoint.refresh_from_db()
    assert endpoint.state == "disabled"
    assert "410" in endpoint.state_reason
    assert Counter(state for _, state in posts.states(endpoint)) == {"delivered": 2, "held": 28}
    assert [each.to for each in mail.outbox] == [["ops@example.com"]]
    posts.later(hours=1).happens("inv_later")
    assert posts.states(endpoint)[-1] == ("inv_later", "held")
    assert posts.sends(endpoint) == 0

    receiver.told = answers(200)
    receiver.came.clear()
    endpoints.enable(endpoint=endpoint, at=posts.at, **DOING)
    assert posts.sends(endpoint) == 0
    since = posts.at - timedelta(days=1)
    assert replaying.recover(endpoint=endpoint, since=since, at=posts.at, **DOING) == 29
    posts.sends(endpoint)
    assert subjects(receiver) == [f"inv_{number:02}" for number in range(2, 30)] + ["inv_later"]
    assert replaying.recover(endpoint=endpoint, since=since, at=posts.at, **DOING) == 0


def _beside(posts: Posts, other: Receiver) -> WebhookEndpoint:
    from django.conf import settings

    settings.WEBHOOK_ALLOWED_HOSTS = [*settings.WEBHOOK_ALLOWED_HOSTS, other.host]
    return posts.endpoint(other.url)


@pytest.mark.parametrize(
    ("is_ordered", "arrived"), [(False, [1, 3, 2]), (True, [1, 2, 3])], ids=["off", "on"]
)
def test_td60_a_later_event_waits_for_the_earlier_one_where_asked(
    posts: Posts, receiver: Receiver, is_ordered: bool, arrived: list[int]
) -> None:
    """Sequence 2 fails once; every body is the object after its own event."""
    failed: list[int] = []

    def fails_once(running: Receiver, came: Came, handler: Any) -> None:
        sequence = json.loads(came.body)["sequence"]
        is_first = sequence == 2 and not failed
        failed.extend([sequence] * is_first)
        answers(500 if is_first else 200)(running, came, handler)

    receiver.told = fails_once
    endpoint = posts.endpoint(receiver.url, is_ordered=is_ordered)
    posts.happens("sub_1", "sub_1", "sub_1", "sub_other")
    posts.sends(endpoint)
    posts.later(seconds=10).sends(endpoint)
    bodies = [json.loads(each.body) for each in receiver.came]
    mine = [each["sequence"] for each in bodies if each["subject"] == "sub_1"]
    refused = mine.index(2)
    assert mine[:refused] + mine[refused + 1 :] == arrived
    assert [each["sequence"] for each in bodies if each["subject"] == "sub_other"] == [1]
    assert max(mine) == 3


class TestFailing:
    def test_it_is_tried_again_later_and_given_up_in_the_end(
        self, posts: Posts, settings: Settings
    ) -> None:
        port = unused_port()
        settings.WEBHOOK_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
        endpoint = posts.endpoint(f"http://127.0.0.1:{port}/")
        posts.happens("inv_1")
        assert posts.sends(endpoint) == 1
        assert posts.sends(endpoint) == 0
        delivery = WebhookDelivery.objects.get()
        assert delivery.not_before == posts.at + timedelta(seconds=5)
        for _ in range(9):
            posts.later(hours=25)
            EndpointHealth.objects.update(failing_since=posts.at)
            assert posts.sends(endpoint) == 1
        assert posts.states(endpoint) == [("inv_1", "given_up")]
        delivery.refresh_from_db()
        assert delivery.parked_reason.startswith("Gave up after 10 attempts. No connection")

    def test_nothing_but_failure_for_five_days_disables(
        self, posts: Posts, receiver: Receiver
    ) -> None:
        receiver.told = answers(500)
        endpoint = posts.endpoint(receiver.url)
        posts.happens("inv_1")
        posts.sends(endpoint)
        posts.later(days=5).sends(endpoint)
        endpoint.refresh_from_db()
        assert (endpoint.state, posts.states(endpoint)) == ("disabled", [("inv_1", "held")])
        told = OutboxEvent.objects.filter(type="webhook_endpoint.disabled")
        assert told.count() == 1

    def test_who_is_overloaded_is_left_alone_as_long_as_it_asks(
        self, posts: Posts, receiver: Receiver
    ) -> None:
        receiver.told = answers(429, Retry_After="600")
        endpoint = posts.endpoint(receiver.url)
        posts.happens("inv_1", "inv_2")
        assert posts.sends(endpoint) == 1
        assert posts.later(seconds=599).sends(endpoint) == 0
        receiver.told = answers(200)
        assert posts.later(seconds=2).sends(endpoint) == 2

    def test_the_breaker_opens_and_one_success_closes_it(
        self, posts: Posts, receiver: Receiver
    ) -> None:
        receiver.told = answers(500)
        endpoint = posts.endpoint(receiver.url)
        posts.happens(*(f"inv_{number}" for number in range(8)))
        assert posts.sends(endpoint) == 5
        assert posts.sends(endpoint) == 0
        receiver.told = answers(200)
        assert posts.later(minutes=6).sends(endpoint) == 8
        assert EndpointHealth.objects.get().failures == 0


def test_deleting_an_endpoint_ends_its_retries(posts: Posts, receiver: Receiver) -> None:
    receiver.told = answers(500)
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_1", "inv_2")
    posts.sends(endpoint)
    endpoints.delete(endpoint=endpoint, at=posts.at, **DOING)
    assert posts.later(days=1).sends(endpoint) == 0
    assert posts.states(endpoint) == [("inv_1", "ended"), ("inv_2", "ended")]
    posts.happens("inv_3")
    assert len(posts.states(endpoint)) == 2
    with pytest.raises(endpoints.EndpointDeleted):
        endpoints.enable(endpoint=endpoint, at=posts.at, **DOING)


def test_what_is_delivered_is_sent_again_under_the_same_id(
    posts: Posts, receiver: Receiver
) -> None:
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_1")
    posts.later(hours=1).happens("inv_2")
    posts.sends(endpoint)
    wish = ReplayWish(since=posts.at, types=[HAPPENED], outcomes=["delivered"])
    assert replaying.replay(endpoint=endpoint, wish=wish, at=posts.at, **DOING) == 1
    posts.sends(endpoint)
    assert subjects(receiver) == ["inv_1", "inv_2", "inv_2"]
    ids = [each.headers["webhook-id"] for each in receiver.came]
    assert ids[1] == ids[2]
    assert receiver.came[1].body == receiver.came[2].body
    assert list(WebhookAttempt.objects.values_list("number", flat=True).order_by("pk")) == [1, 1, 2]


def test_recovery_sends_what_happened_before_the_endpoint_was_there(
    posts: Posts, receiver: Receiver
) -> None:
    posts.happens("inv_1")
    since = posts.at
    endpoint = posts.later(hours=1).endpoint(receiver.url)
    posts.happens("inv_2")
    posts.sends(endpoint)
    assert replaying.recover(endpoint=endpoint, since=since, at=posts.at, **DOING) == 1
    posts.sends(endpoint)
    assert subjects(receiver) == ["inv_2", "inv_1"]


def test_an_example_happened_to_nothing(posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url)
    example = replaying.send_example(
        endpoint=endpoint, type="payment.received", at=posts.at, **DOING
    )
    posts.sends(endpoint)
    (came,) = receiver.came
    assert came.headers["webhook-id"] == example.public_id
    assert json.loads(came.body)["type"] == "payment.received"
    with pytest.raises(endpoints.WantedTypeUnknown):
        replaying.send_example(endpoint=endpoint, type="made.up", at=posts.at, **DOING)


def test_expunged_content_is_gone_and_the_record_stays(posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_1")
    delivery = WebhookDelivery.objects.get()
    with pytest.raises(replaying.DeliveryUnderWay):
        replaying.expunge(delivery=delivery, at=posts.at, **DOING)
    posts.sends(endpoint)
    replaying.expunge(delivery=delivery, at=posts.at, **DOING)
    assert not AttemptContent.objects.exists()
    assert WebhookAttempt.objects.count() == 1
    with pytest.raises(replaying.ContentExpunged):
        replaying.resend(delivery=delivery, at=posts.at, **DOING)
    wish = ReplayWish()
    assert replaying.replay(endpoint=endpoint, wish=wish, at=posts.at, **DOING) == 0


def test_a_disabled_endpoint_is_asked_to_be_enabled_first(posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url)
    endpoints.disable(endpoint=endpoint, at=posts.at, **DOING)
    with pytest.raises(replaying.EndpointDisabled):
        replaying.recover(endpoint=endpoint, since=posts.at, at=posts.at, **DOING)
    with pytest.raises(endpoints.EndpointStateAlready):
        endpoints.disable(endpoint=endpoint, at=posts.at, **DOING)


def test_a_changed_endpoint_gets_what_is_on_its_way(posts: Posts, receiver: Receiver) -> None:
    receiver.told = answers(500)
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_1")
    posts.sends(endpoint)
    moved = EndpointTerms(url=receiver.url + "/new", types=(HAPPENED,))
    endpoints.revise(endpoint=endpoint, terms=moved, at=posts.at, **DOING)
    receiver.told = answers(200)
    posts.later(seconds=10).sends(endpoint)
    assert [each.path for each in receiver.came] == ["/hook", "/hook/new"]


def test_there_is_an_end_to_endpoints(posts: Posts, receiver: Receiver) -> None:
    for _ in range(endpoints.ENDPOINTS_MAX):
        posts.endpoint(receiver.url)
    with pytest.raises(endpoints.EndpointLimit):
        posts.endpoint(receiver.url)
