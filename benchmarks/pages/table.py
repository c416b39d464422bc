"""The readings as the page docs/pages.md."""

from collections.abc import Sequence

from benchmarks.machine import Machine
from benchmarks.pages.reading import MARK_SECONDS, MOST_BYTES, MOST_SECONDS, PageReading
from benchmarks.pages.sizes import Size

_HEAD = """# Pages

Written by `make pages{arguments}`; do not edit. How long the server takes for every page of the
console, every list and record of the admin and every read of the API, how many queries it asks and
how many bytes it sends, in a world of {events:,} events, {accounts:,} accounts, {invoices:,} invoices with
ten lines each, one account with {apps:,} apps billed
as one, and one with a line for each of {apps:,}. Cold is the first time on a new database
connection, warm the least of five more. Every page must take at most {seconds:.0f} ms warm and
{bytes:,} KB; from {mark:.0f} ms on it is marked.

{machine}

| page | cold ms | warm ms | queries | KB | |
| --- | ---: | ---: | ---: | ---: | --- |
"""  # noqa: E501  a paragraph of figures


def page(readings: Sequence[PageReading], size: Size, machine: Machine) -> str:
    """The slowest first."""
    head = _HEAD.format(
        arguments="" if size.name == "full" else f" SCALE={size.name}",
        events=size.events,
        accounts=size.accounts,
        invoices=size.accounts * size.months,
        apps=size.big_account_apps,
        seconds=MOST_SECONDS * 1000,
        bytes=MOST_BYTES // 1000,
        mark=MARK_SECONDS * 1000,
        machine=machine.described(),
    )
    slowest_first = sorted(readings, key=lambda each: -each.warm_seconds)
    return head + "".join(map(_row, slowest_first))


def _row(reading: PageReading) -> str:
    what = f"`{reading.address.name}` {reading.address.of}".strip()
    return (
        f"| {what} | {reading.cold_seconds * 1000:.0f} | {reading.warm_seconds * 1000:.0f} "
        f"| {reading.queries} | {reading.size / 1000:.0f} | {verdict(reading)} |\n"
    )


def verdict(reading: PageReading) -> str:
    """What is wrong with it, or worth knowing."""
    said = []
    if not reading.is_fast:
        said.append("**too slow**")
    elif reading.warm_seconds > MARK_SECONDS:
        said.append("slow")
    if not reading.is_small:
        said.append("**too large**")
    return ", ".join(said)
