"""python -m benchmarks.pages [--scale small|full]: reads every page, writes docs/pages.md."""

import os
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path

import django

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "pages.md"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    # With it Django keeps every query it ran.
    os.environ["DEBUG"] = "0"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    django.setup()
    return _measured(_options())


def _options() -> str:
    parser = ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--scale", choices=("small", "full"), default="full")
    return str(parser.parse_args().scale)


def _measured(scale: str) -> int:
    """1 when a page is forgotten, fails, or costs more than it may."""
    from benchmarks.databases import migrated_template, scratch_database
    from benchmarks.machine import this_machine
    from benchmarks.pages import running, table
    from benchmarks.pages.reading import PageReading
    from benchmarks.pages.sizes import SIZES
    from core.clock import now

    size, say = SIZES[scale], partial(print, flush=True)
    measured_on = now().date()
    with migrated_template(), scratch_database(), running.at_noon(size):
        sights = running.prepare(size, running.stopwatch(say))
        running.tidy()
        found = list(running.readings(sights, say))
        machine = this_machine(measured_on)
    good = [each for each in found if isinstance(each, PageReading)]
    if scale == "full":
        PAGE.write_text(table.page(good, size, machine))
        say(f"Written to {PAGE.name}.")
    costly = [each for each in good if not (each.is_fast and each.is_small)]
    say(f"{len(good)} pages, {len(costly)} over the limits, {len(found) - len(good)} failed.")
    return 0 if len(good) == len(found) and not costly else 1


if __name__ == "__main__":
    sys.exit(main())
