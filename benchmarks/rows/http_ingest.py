"""Rows 2, 3, 4 and 14: the real server with two workers, real tokens and partner scoping.

Row 4 puts the same events through DRF serializers and bulk_create, on the same server software.
"""

from collections.abc import Iterator

from django.db import connection

from benchmarks.bench import Bench, Scene
from benchmarks.copying import copy_wide
from benchmarks.databases import settle
from benchmarks.dripping import CLIENT_COUNT, dripping_clients
from benchmarks.load import bodies
from benchmarks.measure import Rate, RateComparison, resident_mb, timed
from benchmarks.peers import drf
from benchmarks.results import BenchmarkRow, Memory, Target
from benchmarks.server import Server, running_server
from benchmarks.threads import in_fresh_thread

_READINGS = 6
_REFUSALS = 1_200
_SINGLES = 400
_WARM_UP_REQUESTS = 16


def measure(bench: Bench) -> Iterator[BenchmarkRow | Memory]:
    copied, large, middle, single, refused, ordinary, beside = [], [], [], [], [], [], []
    for run in range(bench.scale.runs):
        with bench.fresh() as scene:
            copied.append(copy_wide(bench.scale.copied_rows))
            with running_server(scene) as server:
                _warm_up(server, scene, seed=run)
                refused.append(timed(lambda: server.refuse(_REFUSALS)))
                single.append(_sent(server, scene, _SINGLES, batch=1, seed=run))
                middle.append(
                    _sent(server, scene, bench.scale.sent_events // 2, batch=100, seed=run)
                )
                large.append(_sent(server, scene, bench.scale.sent_events, batch=1_000, seed=run))
                with dripping_clients(server.port):
                    beside.append(
                        _sent(server, scene, bench.scale.sent_events, batch=1_000, seed=3_000 + run)
                    )
        ordinary.append(_ordinary(bench, seed=run))
    against = "raw COPY, wide table, no index"
    yield BenchmarkRow(
        "2",
        "HTTP ingest with authentication, batch 1,000, 2 workers",
        against,
        RateComparison(large, copied),
        Target(0.09, 0.14),
        unit="events/s",
    )
    yield BenchmarkRow(
        "3",
        "HTTP ingest, batch 100",
        against,
        RateComparison(middle, copied),
        Target(0.05, 0.08),
        unit="events/s",
    )
    yield BenchmarkRow(
        "3",
        "HTTP ingest, batch 1",
        "the server's own refusal of a request without token",
        RateComparison(single, refused),
        Target(0.16, 0.30),
        unit="requests/s",
    )
    yield BenchmarkRow(
        "4",
        "HTTP ingest, batch 1,000",
        "DRF serializer + bulk_create on the same server",
        RateComparison(large, ordinary),
        Target(2.2, 3.2),
        unit="events/s",
        is_share=False,
    )
    yield BenchmarkRow(
        "14",
        f"HTTP ingest, batch 1,000, beside {CLIENT_COUNT} dripping connections",
        "the same without them",
        RateComparison(beside, large),
        Target(0.90, 1.0),
        unit="events/s",
    )
    yield _memory_over_a_stream(bench)


def _warm_up(server: Server, scene: Scene, *, seed: int) -> None:
    """Both workers have met every resource, meter and dimension set before anything counts."""
    server.send(
        bodies(scene.world.platform_ids, _WARM_UP_REQUESTS * 500, batch=500, seed=50_000 + seed)
    )


def _sent(server: Server, scene: Scene, event_count: int, *, batch: int, seed: int) -> Rate:
    ready = bodies(scene.world.platform_ids, event_count, batch=batch, seed=batch * 1_000 + seed)
    in_fresh_thread(settle)
    return timed(lambda: server.send(ready))


def _ordinary(bench: Bench, *, seed: int) -> Rate:
    with bench.fresh() as scene:
        with connection.cursor() as cursor:
            cursor.execute(drf.TABLE)
        with running_server(scene, settings="benchmarks.peers.drf_settings") as server:
            server.send(bodies(scene.world.platform_ids, 4_000, batch=500, seed=70_000 + seed))
            return _sent(server, scene, bench.scale.sent_events, batch=1_000, seed=seed)


def _memory_over_a_stream(bench: Bench) -> Memory:
    """The larger of the two workers after each part of a long stream of full batches."""
    per_part = bench.scale.stream_requests // _READINGS
    readings = []
    with bench.fresh() as scene, running_server(scene) as server:
        _warm_up(server, scene, seed=99)
        for part in range(1, _READINGS + 1):
            server.send(
                bodies(scene.world.platform_ids, per_part * 1_000, batch=1_000, seed=90_000 + part)
            )
            largest = max(resident_mb(pid) for pid in server.worker_pids())
            readings.append((f"{part * per_part:,} requests", largest))
    return Memory("a web worker over a stream of batches of 1,000", readings, most_mb=50)
