"""CloudKitty's hashmap rater, called in process; run by its own environment's Python.

Five services, each with a base price, one field of twenty mappings and three quantity thresholds;
frames of so many points. Prints one JSON object: the seconds of each run, and what the points cost.
"""

# ruff: noqa: E402  it must be configured before its parts are imported
import datetime
import decimal
import json
import random
import sys
import tempfile
import time

from oslo_config import cfg  # type: ignore[import-not-found]

_DIRECTORY = tempfile.mkdtemp()
cfg.CONF([], project="cloudkitty", default_config_files=[])

from cloudkitty import dataframe, db  # type: ignore[import-not-found]
from cloudkitty.rating import hash as hashmap  # type: ignore[import-not-found]
from cloudkitty.rating.hash.db.sqlalchemy import models  # type: ignore[import-not-found]

cfg.CONF.set_override("connection", f"sqlite:///{_DIRECTORY}/rules.db", "database")


def main(point_count: int, frame_points: int, run_count: int) -> None:
    _define_rules()
    rater = hashmap.HashMap("tenant")
    frames = _frames(point_count, frame_points)
    seconds, total = [], decimal.Decimal(0)
    for _ in range(run_count):
        started = time.perf_counter()
        rated = [rater.process(frame) for frame in frames]
        seconds.append(time.perf_counter() - started)
        total = sum(point.price for frame in rated for _, point in frame.iterpoints())
    print(json.dumps({"points": point_count, "seconds": seconds, "total": str(total)}))


def _define_rules() -> None:
    # Tables straight from the models: the sqlite migrations of 25.0 fail under SQLAlchemy 2.1.
    with db.session_for_write() as session:
        models.Base.metadata.create_all(session.get_bind())
    rules = hashmap.HashMap.db_api
    made = {"created_by": "bench", "start": datetime.datetime(2024, 1, 1)}  # noqa: DTZ001
    for number in range(5):
        service = rules.create_service(f"svc{number}").service_id
        rules.create_mapping(cost="0.034722", map_type="flat", service_id=service,
                             name=f"base{number}", **made)  # fmt: skip
        field = rules.create_field(service, "flavor").field_id
        for size in range(20):
            rules.create_mapping(value=f"size-{size}", cost=f"{1 + size / 10}", map_type="rate",
                                 field_id=field, name=f"size{number}-{size}", **made)  # fmt: skip
        for level, factor in ((0, "1"), (1000, "0.9"), (10000, "0.8")):
            rules.create_threshold(level=level, cost=factor, map_type="rate", service_id=service)


def _frames(point_count: int, frame_points: int) -> list[object]:
    rng = random.Random(3)
    frames = []
    for number in range(point_count // frame_points):
        usage: dict[str, list[object]] = {}
        for point in range(frame_points):
            service, quantity = f"svc{rng.randrange(5)}", rng.randrange(1, 20_000)
            usage.setdefault(service, []).append(
                dataframe.DataPoint(
                    "hour", decimal.Decimal(quantity), 0,
                    {"project_id": "p", "id": str(point)},
                    {"flavor": f"size-{rng.randrange(20)}", "name": "x"},
                )
            )  # fmt: skip
        hour = datetime.datetime(2024, 10, 1, number % 24)  # noqa: DTZ001
        frames.append(dataframe.DataFrame(hour, hour.replace(minute=59), usage))
    return frames


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
