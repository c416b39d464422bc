"""Check a proof of a charge: python -m billing.verifier [FILE] [--key KEY] [--json].

KEY is the published key set as a file, or one public key in base64.

Says identical or where it differs; ends with 0 when identical, 1 when not, 2 when the file cannot
be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal
from pathlib import Path

from billing.verifier.proofs import ProofVerdict, verify

KEY_HELP = "what it must be signed with: the published key set as a file, or one key in base64"


def main(arguments: list[str] | None = None) -> int:
    """Check the proof in a file, or on standard input, and print what was found."""
    parser = argparse.ArgumentParser(prog="verify", description="Check a proof of a charge.")
    parser.add_argument(
        "file", nargs="?", default="-", help="the proof; standard input without one"
    )
    parser.add_argument("--key", help=KEY_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    try:
        content = sys.stdin.read() if given.file == "-" else Path(given.file).read_text("utf-8")
        proof = json.loads(content, parse_float=Decimal)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Cannot read the proof: {error}\n")
        return 2
    try:
        verdict = verify(proof, trusted_key=_key_text(given.key))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Cannot read the key: {error}\n")
        return 2
    sys.stdout.write(as_json(verdict) if given.json else as_text(verdict))
    return 0 if verdict.is_identical else 1


def _key_text(given: str | None) -> str | None:
    """A key as it is given, or what the file of that name holds."""
    if given is None or not Path(given).is_file():
        return given
    return Path(given).read_text("utf-8")


def as_text(verdict: ProofVerdict) -> str:
    """Write a verdict for a person."""
    lines = [_identical(verdict)] if verdict.is_identical else ["different:"]
    lines += [f"  {difference}" for difference in verdict.differences]
    signed = f" by {verdict.signed_by}" if verdict.signed_by else ""
    return "\n".join([*lines, f"signature: {verdict.signature}{signed}"]) + "\n"


def _identical(verdict: ProofVerdict) -> str:
    if verdict.line is None:
        return f"identical: {verdict.total}"
    return f"identical: {verdict.line} {verdict.amount}, of {verdict.total} in all"


def as_json(verdict: ProofVerdict) -> str:
    """Write a verdict for a program."""
    found = {
        "identical": verdict.is_identical,
        "line": verdict.line,
        "amount": verdict.amount or None,
        "total": verdict.total,
        "differences": verdict.differences,
        "signature": verdict.signature,
        "signed_by": verdict.signed_by,
    }
    return json.dumps(found) + "\n"


if __name__ == "__main__":
    sys.exit(main())
