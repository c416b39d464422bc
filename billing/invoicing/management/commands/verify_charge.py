"""Check a downloaded proof of a charge, offline: identical, or where it differs."""

import sys
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

import billing
from billing.verifier.__main__ import KEY_HELP, main

_PACKED_FROM = Path(billing.__file__).parent
_ENTRY = "import sys\nfrom billing.verifier.__main__ import main\nsys.exit(main())\n"


class Command(BaseCommand):
    """Runs the verifier, which shares no code with the rater; ends with 1 where a proof differs."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="the proof; standard input without one"
        )
        parser.add_argument("--key", help=KEY_HELP)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--pack", metavar="FILE", help="write the verifier as one file any Python runs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["pack"]:
            pack(Path(options["pack"]))
            self.stdout.write(f"Run it with: python {options['pack']} PROOF")
            return
        arguments = [options["file"], *(["--json"] if options["json"] else [])]
        if options["key"]:
            arguments += ["--key", options["key"]]
        sys.exit(main(arguments))


def pack(target: Path) -> None:
    """Write the verifier as a zip that Python runs as it is."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("__main__.py", _ENTRY)
        packed.writestr("billing/__init__.py", "")
        for source in sorted((_PACKED_FROM / "verifier").glob("*.py")):
            packed.write(source, f"billing/verifier/{source.name}")
