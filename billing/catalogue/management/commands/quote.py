"""Work out a pricing document (docs/pricing.md) and print one JSON object. Needs no database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.rating import quote
from core.errors import DomainError
from core.json_reader import read_json

BYTES_MAX = 10_000_000


class Command(BaseCommand):
    """Prints the answer; of a document with problems, all of them, and ends with status 1."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="the pricing document; standard input without one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = quote(read_json(_content(options["file"]), max_bytes=BYTES_MAX, root=(dict,)))
        except DomainError as refused:
            self.stdout.write(json.dumps(_problem(refused), indent=2, ensure_ascii=False))
            sys.exit(1)
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(BYTES_MAX + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise CommandError(f"Cannot read {file}: {error.strerror}.", returncode=2) from error


def _problem(refused: DomainError) -> dict[str, Any]:
    return {
        "title": refused.title,
        "code": refused.code,
        "detail": refused.message,
        "errors": [
            {"pointer": error.pointer, "code": error.code, "detail": error.detail}
            for error in refused.errors
        ],
    }
