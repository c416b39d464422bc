"""Builds the world, reads every page, says and writes what it costs."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import time_machine
from django.db import connection

from benchmarks.pages.addresses import addresses
from benchmarks.pages.readers import found_staff, machine, open_to_the_partner, staff
from benchmarks.pages.reading import PageFailed, PageReading, read
from benchmarks.pages.sights import Sights, build, today
from benchmarks.pages.sizes import Size
from benchmarks.pages.table import verdict
from eventing.operations import telling

Say = Callable[[str], None]


def prepare(size: Size, say: Say) -> Sights:
    """The world and the people who look at it."""
    at = today(size)
    sights = build(size, say)
    found_staff(at=at)
    client_id, client_secret = open_to_the_partner(at=at)
    # Else a page of the feed takes away the record that another page is to show.
    telling.tell(at=at)
    return replace(sights, client_id=client_id, client_secret=client_secret)


def tidy() -> None:
    """What autovacuum would have done by the time somebody looks."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def readings(sights: Sights, say: Say) -> Iterator[PageReading | PageFailed]:
    """Every page in turn, said as it comes."""
    people, partner = staff(), machine(sights)
    for address in addresses(sights):
        connection.close()
        connection.ensure_connection()
        try:
            found = read(address, [partner] if address.is_api else people)
        except PageFailed as failed:
            say(f"FAILED {failed}")
            yield failed
            continue
        say(_said(found))
        yield found


def _said(found: PageReading) -> str:
    return (
        f"{found.warm_seconds * 1000:6.0f} ms (cold {found.cold_seconds * 1000:.0f}) "
        f"{found.queries:3} queries {found.size / 1000:6.0f} KB  "
        f"{found.address.path} {verdict(found)}"
    )


def at_noon(size: Size) -> time_machine.travel:
    """The clock runs, from noon of the day the world is looked at."""
    noon: datetime = today(size)
    return time_machine.travel(noon, tick=True)


def stopwatch(say: Say) -> Say:
    """Says it with the seconds since the last word."""
    last = time.perf_counter()

    def saying(what: str) -> None:
        nonlocal last
        passed, last = time.perf_counter() - last, time.perf_counter()
        say(f"{what} ({passed:.0f} s)")

    return saying
