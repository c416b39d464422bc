"""What the figures were taken on."""

import os
import platform
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection

_SETTINGS = ("shared_buffers", "synchronous_commit", "fsync", "full_page_writes", "max_wal_size")


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    memory_gb: float
    processor: str
    python: str
    postgresql: str
    settings: str
    measured_on: date

    def described(self) -> str:
        return (
            f"Measured on {self.measured_on:%d %B %Y}: {self.cores} cores ({self.processor}), "
            f"{self.memory_gb:.0f} GB of memory, Python {self.python}, PostgreSQL "
            f"{self.postgresql} ({self.settings}). Client, server and database share the cores."
        )


def this_machine(measured_on: date) -> Machine:
    """Needs the database connection, for its version and settings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = str(cursor.fetchone()[0])
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name",
                       [list(_SETTINGS)])  # fmt: skip
        settings = ", ".join(f"{name} {value}" for name, value in cursor.fetchall())
    pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=os.cpu_count() or 1,
        memory_gb=pages * page_size / 2**30,
        processor=_processor(),
        python=platform.python_version(),
        postgresql=version,
        settings=settings,
        measured_on=measured_on,
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
