"""python -m benchmarks [--scale small|full] [--only 1,5] [--peers]: measures, writes the page."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import django

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    # With it Django keeps every query it ran.
    os.environ["DEBUG"] = "0"
    django.setup()
    from benchmarks.running import run

    return run(_options(), PAGE)


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--only", default="", help="Rows separated by commas; writes no page.")
    parser.add_argument(
        "--peers", action="store_true", help="Also install and measure the peers of rows 9 and 11."
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
