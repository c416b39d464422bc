"""A worker that takes a chunk, locks it, and waits to be frozen; then it tries to finish it.

Prints "holds" when it does, and "refused" or "changed it" in the end.
"""

from __future__ import annotations

import sys

import django

if __name__ == "__main__":
    django.setup()

    from django.db import Error, transaction

    from billing.invoicing.operations import bill_runs
    from core import leases
    from core.clock import now
    from core.db.limits import ProcessKind, this_process_is

    this_process_is(ProcessKind.WORKER)
    while (chunk := bill_runs.claim_chunk(at=now())) is None:
        pass
    try:
        with transaction.atomic():
            leases.hold(chunk)
            print("holds", flush=True)
            sys.stdin.readline()
            leases.complete(chunk, at=now())
        print("changed it", flush=True)
    except (Error, leases.LeaseLost):
        print("refused", flush=True)
