"""What every row is given: the scale, and databases with the benchmark's customers in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.databases import scratch_database
from benchmarks.scale import Scale
from benchmarks.world import World


@dataclass(frozen=True, slots=True)
class Scene:
    """A spoilable database: its world, and the DATABASE_URL other processes reach it by."""

    world: World
    database_url: str


@dataclass(frozen=True, slots=True)
class Bench:
    """The template's world and how much to measure."""

    scale: Scale
    world: World
    with_peers: bool

    @contextmanager
    def fresh(self) -> Iterator[Scene]:
        """A database with customers and without usage."""
        with scratch_database() as database_url:
            yield Scene(self.world, database_url)
