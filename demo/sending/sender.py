"""Sends deliveries in batches over several connections and reports as it goes."""

import queue
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from demo.platform.deliveries import Delivery
from demo.platform.values import ExpectedVerdict
from demo.sending.client import IngestClient

BATCH_SIZE = 1_000
CONNECTION_COUNT = 3

ToldVerdict = tuple[Delivery, Mapping[str, object]]
OnAnswer = Callable[[Mapping[ExpectedVerdict, int]], None]


@dataclass(frozen=True, slots=True)
class SentDeliveries:
    """Every delivery with its verdict; `retried_count` batches were sent more than once."""

    told: list[ToldVerdict] = field(default_factory=list)
    retried_count: int = 0

    def counts(self) -> Mapping[ExpectedVerdict, int]:
        return Counter(ExpectedVerdict(str(verdict["verdict"])) for _, verdict in self.told)


def send(
    deliveries: Sequence[Delivery],
    clients: Sequence[IngestClient],
    *,
    on_answer: OnAnswer,
    batch_size: int = BATCH_SIZE,
) -> SentDeliveries:
    """Sends all of `deliveries`, starting the batches in order, one at a time per client.

    `on_answer` gets the verdict counts of each batch, in the calling thread. Raises SendingFailed
    with the first batch that cannot be sent; batches already answered stay sent.
    """
    free: queue.SimpleQueue[IngestClient] = queue.SimpleQueue()
    for client in clients:
        free.put(client)
    told: list[ToldVerdict] = []
    retried_count = 0
    with ThreadPoolExecutor(max_workers=len(clients)) as pool:
        batches = [deliveries[n : n + batch_size] for n in range(0, len(deliveries), batch_size)]
        answers = [pool.submit(_send_one, batch, free) for batch in batches]
        try:
            for answer in as_completed(answers):
                batch_told, attempts = answer.result()
                told.extend(batch_told)
                retried_count += attempts > 1
                on_answer(
                    Counter(ExpectedVerdict(str(verdict["verdict"])) for _, verdict in batch_told)
                )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return SentDeliveries(told, retried_count)


def _send_one(
    batch: Sequence[Delivery], free: "queue.SimpleQueue[IngestClient]"
) -> tuple[list[ToldVerdict], int]:
    client = free.get()
    try:
        answer = client.send([delivery.envelope for delivery in batch])
    finally:
        free.put(client)
    return list(zip(batch, answer.verdicts, strict=True)), answer.attempts
