"""TD61: one slow receiver holds nobody up, with a few workers for all."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from core.clock import now
from eventing import tasks
from eventing.models import WebhookAttempt, WebhookEndpoint
from eventing.operations.delivering import Sender, work_endpoint
from eventing.sending.posting import ANSWER_BYTES_MAX, PostAnswer, PostBounds, post
from tests.eventing.posts import Posts
from tests.eventing.receivers import answers, drips, receiving, streams

EVENTS = 100
WORKERS = 4


class AtOnce:
    """Sends, and counts how many were on their way to each address at the same time, at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def __call__(self, url: str, *args: Any) -> PostAnswer:
        with self._lock:
            self._now[url] += 1
            self.most[url] = max(self.most[url], self._now[url])
        try:
            return post(url, *args)
        finally:
            with self._lock:
                self._now[url] -= 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_td61_the_fast_one_is_done_before_the_drip_is_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three endpoints, 300 deliveries: one drips, one streams without end, one is fast."""
    woken: SimpleQueue[int] = SimpleQueue()
    for task in (tasks.deliver, tasks.deliver_slowly):
        monkeypatch.setattr(task, "apply_async", lambda args, **_: woken.put(args[0]))
    monkeypatch.setattr("eventing.operations.delivering.SLOW_MS", 900)
    # A machine that is busy with other tests is not what is tried here.
    monkeypatch.setattr("eventing.sending.schedule.RETRY_AFTER_SECONDS", (30, 300))
    sending = AtOnce()
    monkeypatch.setattr("eventing.operations.delivering.post", sending)
    with (
        receiving(drips(0.1)) as drip,
        receiving(streams) as stream,
        receiving(answers(200)) as fast,
    ):
        settings.WEBHOOK_ALLOWED_HOSTS = [drip.host, stream.host, fast.host]
        posts = Posts(at=now())
        slow, endless, quick = (posts.endpoint(each.url) for each in (drip, stream, fast))
        posts.happens(*(f"inv_{number:03}" for number in range(EVENTS)))
        assert _work_until_done(woken, quick) == []
        tried = WebhookAttempt.objects.filter(delivery__endpoint=slow)
        again = tried.filter(number__gt=1)
        assert not again.exists()
        assert tried.filter(error="timeout").exists()
    assert set(sending.most.values()) <= {1, 2}
    assert len(fast.came) == EVENTS
    assert {len(each) for each in posts.states(endless)} == {2}
    kept = WebhookAttempt.objects.filter(delivery__endpoint=endless, status=200)
    assert all(len(each.content.response_body) <= ANSWER_BYTES_MAX for each in kept)
    assert max(len(each.body) for each in fast.came) < 4_096, "an invoice is a link, not its lines"


def _work_until_done(woken: SimpleQueue[int], quick: WebhookEndpoint) -> list[str]:
    """Ring, and let a few workers answer, until nothing waits for the quick one; what is left."""
    over = threading.Event()
    sender = Sender(now, PostBounds(milliseconds=1_000))

    def worker() -> None:
        try:
            while not over.is_set():
                try:
                    endpoint = woken.get(timeout=0.05)
                except Empty:
                    continue
                work_endpoint(endpoint, sender=sender, until=now() + timedelta(seconds=2))
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        working = [pool.submit(worker) for _ in range(WORKERS)]
        left = ["waiting"]
        for _ in range(200):
            tasks.ring_webhooks()
            rows = quick.deliveries.exclude(outcome="delivered")
            left = list(rows.values_list("public_id", flat=True))
            if not left:
                break
            over.wait(0.1)
        over.set()
        for each in working:
            each.result(timeout=30)
    return left
