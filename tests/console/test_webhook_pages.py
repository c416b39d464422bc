"""Webhooks on screen: who looks after endpoints, what was sent, and sending it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account
from accounts.permissions import Role
from core.clock import now
from eventing.models import WebhookDelivery, WebhookEndpoint
from eventing.operations.delivering import Sender, work_endpoint
from eventing.sending.posting import PostBounds
from tests.cast import partner, person
from tests.console.conftest import client_of
from tests.eventing.posts import Posts
from tests.eventing.receivers import Receiver, answers, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with receiving(answers(200)) as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def posts(db: None) -> Posts:
    return Posts(at=now())


@pytest.fixture
def otis(db: None) -> Client:
    return client_of(person("otis", Role.OPERATOR))


@pytest.fixture
def sena(db: None) -> Client:
    return client_of(person("sena", Role.SENIOR_SUPPORT))


def sends(endpoint: WebhookEndpoint) -> None:
    sender = Sender(now, PostBounds(milliseconds=2_000))
    work_endpoint(endpoint.pk, sender=sender, until=now() + timedelta(minutes=1))


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def test_an_operator_adds_an_endpoint_and_sees_its_secret_once(
    otis: Client, receiver: Receiver
) -> None:
    assert "Nothing is sent anywhere." in text(otis.get("/webhooks/"))
    row = partner("Addon Works")
    made = otis.post(
        "/webhooks/+new/",
        {"partner": row.public_id, "url": receiver.url, "types": "invoice.issued, payment.received",
         "signature": "standard", "reason": "They asked"},
        follow=True,
    )  # fmt: skip
    page = text(made)
    assert "whsec_" in page
    assert "Addon Works" in page
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.types == ["invoice.issued", "payment.received"]
    again = text(otis.get(f"/webhooks/{endpoint.public_id}/"))
    assert "whsec_" not in again
    assert receiver.url in text(otis.get("/webhooks/"))


def test_what_no_endpoint_can_be_is_said_beside_what_was_typed(otis: Client) -> None:
    refused = otis.post(
        "/webhooks/+new/",
        {"url": "https://10.0.0.1/in", "signature": "standard", "reason": "Try"},
    )
    said = refused.content.decode()
    assert refused.status_code == 422
    assert "not an address of the public internet" in said
    assert "Nothing was saved." in said
    assert "https://10.0.0.1/in" in said


def test_an_endpoint_is_changed_from_what_was_seen(
    otis: Client, posts: Posts, receiver: Receiver
) -> None:
    endpoint = posts.endpoint(receiver.url)
    path = f"/webhooks/{endpoint.public_id}/change/"
    seen = otis.get(path).context["form"]["made_from"].value()
    form = {"url": receiver.url, "types": "", "signature": "heroku", "reason": "Why not"}
    assert otis.post(path, form | {"made_from": seen}).status_code == 302
    stale = otis.post(path, form | {"made_from": seen, "signature": "standard"})
    assert stale.status_code == 409
    endpoint.refresh_from_db()
    assert (endpoint.signature, endpoint.types) == ("heroku", [])


def test_what_was_sent_is_looked_at_and_sent_again(
    sena: Client, posts: Posts, receiver: Receiver
) -> None:
    receiver.told = answers(500, b"Their fault")
    endpoint = posts.endpoint(receiver.url)
    posts.happens("inv_1")
    sends(endpoint)
    page = text(sena.get(f"/webhooks/{endpoint.public_id}/"))
    assert "Failing" in page
    assert "inv_1" in page
    delivery = WebhookDelivery.objects.get()
    shown = text(sena.get(f"/webhooks/deliveries/{delivery.public_id}/"))
    assert "It answered 500." in shown
    assert "Their fault" in shown
    assert "webhook-signature" in shown
    assert "It waits, or is being sent." in shown

    resend = f"/webhooks/deliveries/{delivery.public_id}/resend/"
    assert sena.post(resend, {"reason": "Now"}).status_code == 409
    receiver.told = answers(200)
    WebhookDelivery.objects.update(not_before=now())
    sends(endpoint)
    done = sena.post(resend, {"reason": "They lost it"}, follow=True)
    assert "It is on its way." in text(done)


def test_an_endpoint_is_disabled_enabled_and_recovered(
    sena: Client, posts: Posts, receiver: Receiver
) -> None:
    endpoint = posts.endpoint(receiver.url)
    at = f"/webhooks/{endpoint.public_id}/"
    sena.post(f"{at}disable/", {"reason": "They are moving"})
    posts.happens("inv_1", "inv_2")
    page = text(sena.get(at))
    assert "They are moving" in page
    assert "2 held" in page
    assert "Enable the endpoint first." in page
    assert "1 endpoint is disabled" in text(sena.get("/webhooks/"))
    told = text(sena.post(f"{at}enable/", {"reason": "They moved"}, follow=True))
    assert "2 events are held: recover them." in told
    since = (posts.at - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    told = text(sena.post(f"{at}recover/", {"since": since, "reason": "Moved"}, follow=True))
    assert "2 events are on the way." in told
    sends(endpoint)
    assert len(receiver.came) == 2


def test_the_other_steps_are_taken(otis: Client, posts: Posts, receiver: Receiver) -> None:
    endpoint = posts.endpoint(receiver.url)
    at = f"/webhooks/{endpoint.public_id}/"
    posts.happens("inv_1")
    sends(endpoint)
    assert "whsec_" in text(otis.post(f"{at}rotate/", {"reason": "Yearly"}, follow=True))
    ending = endpoint.secrets.get(ends_at__isnull=False).public_id
    assert ending in text(otis.get(f"{at}end-secret/"))
    ended = otis.post(f"{at}end-secret/", {"secret": ending, "reason": "Leaked"}, follow=True)
    assert "Nothing is signed with it any more." in text(ended)
    sent = otis.post(f"{at}example/", {"type": "invoice.issued", "reason": "Try"}, follow=True)
    assert "An example is on its way." in text(sent)
    form = {"since": "2020-01-01T00:00", "until": "2030-01-01T00:00", "reason": "Lost"}
    assert "1 event is on the way." in text(otis.post(f"{at}replay/", form, follow=True))
    sends(endpoint)
    delivery = WebhookDelivery.objects.filter(event__isnull=False).get()
    gone = f"/webhooks/deliveries/{delivery.public_id}/expunge/"
    assert "gone from the log" in text(otis.post(gone, {"reason": "Erased"}, follow=True))
    assert "It was expunged" in text(otis.get(f"/webhooks/deliveries/{delivery.public_id}/"))
    told = text(otis.post(f"{at}delete/", {"reason": "Over"}, follow=True))
    assert "The endpoint is deleted" in told
    assert otis.get(f"{at}nonsense/").status_code == 404
    assert otis.get("/webhooks/whe_nothing/").status_code == 404


class TestWhoMay:
    """docs/permissions.md, "webhook replay": senior support and operators do, auditors read."""

    @pytest.mark.parametrize(
        ("role", "reads", "replays", "configures"),
        [
            (Role.SUPPORT, 403, 403, 403),
            (Role.SENIOR_SUPPORT, 200, 200, 403),
            (Role.FINANCE_APPROVER, 403, 403, 403),
            (Role.FINANCE_ADMIN, 403, 403, 403),
            (Role.AUDITOR, 200, 403, 403),
            (Role.OPERATOR, 200, 200, 200),
        ],
    )
    def test_by_role(
        self,
        role: Role,
        reads: int,
        replays: int,
        configures: int,
        posts: Posts,
        receiver: Receiver,
    ) -> None:
        endpoint = posts.endpoint(receiver.url)
        posts.happens("inv_1")
        delivery = WebhookDelivery.objects.get()
        client = client_of(person("pat", role))
        at, log = f"/webhooks/{endpoint.public_id}/", f"/webhooks/deliveries/{delivery.public_id}/"
        for path in ("/webhooks/", at, log):
            assert client.get(path).status_code == reads
            assert Client().get(path).status_code == 302
        for path in (f"{at}recover/", f"{at}replay/", f"{at}example/", f"{log}resend/"):
            assert client.get(path).status_code == replays
        for path in ("/webhooks/+new/", f"{at}change/", f"{at}rotate/", f"{log}expunge/"):
            assert client.get(path).status_code == configures

    def test_who_reads_no_billing_sees_no_content(
        self, otis: Client, posts: Posts, receiver: Receiver, acme: Account
    ) -> None:
        endpoint = posts.endpoint(receiver.url)
        posts.happens("inv_canary")
        sends(endpoint)
        delivery = WebhookDelivery.objects.get()
        shown = text(otis.get(f"/webhooks/deliveries/{delivery.public_id}/"))
        assert "for who reads billing in full" in shown
        assert "webhook-signature" not in shown
        assert "&quot;data&quot;" not in shown


def test_pages_ask_as_often_for_many_as_for_few(
    sena: Client,
    posts: Posts,
    receiver: Receiver,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    endpoint = posts.endpoint(receiver.url)
    for _ in range(5):
        posts.endpoint(receiver.url)
    posts.happens(*(f"inv_{number}" for number in range(60)))
    sends(endpoint)
    with django_assert_max_num_queries(9):
        sena.get("/webhooks/")
    with django_assert_max_num_queries(14):
        page = text(sena.get(f"/webhooks/{endpoint.public_id}/"))
    assert "Older" in page
    with django_assert_max_num_queries(9):
        sena.get(f"/webhooks/deliveries/{WebhookDelivery.objects.first().public_id}/")  # type: ignore[union-attr]
