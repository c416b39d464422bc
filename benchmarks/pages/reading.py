"""Reading one page: how long the server takes, how many questions it asks, how much it sends."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.pages.addresses import Address

MOST_SECONDS = 0.2
MARK_SECONDS = 0.08
MOST_BYTES = 500_000
_WARM_READINGS = 5
_FORBIDDEN = 403


class PageFailed(Exception):
    """A page answers nobody, or not with its content."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a page costs.

    Cold is the first time on a new connection; warm the least of five more, which is what the
    page takes whatever else the machine does.
    """

    address: Address
    cold_seconds: float
    warm_seconds: float
    queries: int
    size: int

    @property
    def is_fast(self) -> bool:
        return self.warm_seconds <= MOST_SECONDS

    @property
    def is_small(self) -> bool:
        return self.size <= MOST_BYTES


def read(address: Address, people: Sequence[Client], *, times: int = _WARM_READINGS) -> PageReading:
    """Read a page as the first of these who may. Raises: PageFailed.

    `times` is how often it is read warm; where it is none, warm is what cold was.
    """
    for client in people:
        cold, size, status = _get(client, address)
        if status != _FORBIDDEN:
            break
    if status != 200:
        raise PageFailed(f"{address.path} answers {status}")
    warm = min((_get(client, address)[0] for _ in range(times)), default=cold)
    with CaptureQueriesContext(connection) as asked:
        _get(client, address)
    return PageReading(address, cold, warm, len(asked), size)


def _get(client: Client, address: Address) -> tuple[float, int, int]:
    started = time.perf_counter()
    answer = client.get(address.path)
    size = len(answer.getvalue())
    return time.perf_counter() - started, size, answer.status_code
