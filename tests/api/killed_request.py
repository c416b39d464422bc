"""A process that sends one request under a key to the application in itself, and is killed in it.

    python -m tests.api.killed_request POINT TOKEN KEY PATH BODY

What it does and commits is real; nobody hears the answer.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django

POINTS = {
    "before the effect": ("pg_advisory_xact_lock", True),
    "after the effect": ('INSERT INTO "api_idempotencykey"', False),
    "before the commit": ('INSERT INTO "api_idempotencykey"', True),
    "before the answer": ("", True),
}
"""Where it is killed: before or after a statement, or when all is committed."""


def die() -> None:
    """No chance to finish, to hand back or to say anything."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(point: str, token: str, key: str, path: str, body: str) -> None:
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    statement, is_after = POINTS[point]

    def killing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        is_meant = bool(statement) and statement in sql
        if is_meant and not is_after:
            die()
        answer = execute(sql, params, many, context)
        if is_meant:
            die()
        return answer

    client = Client(headers={"Authorization": f"Bearer {token}"})
    with connection.execute_wrapper(killing):
        client.post(path, body, content_type="application/json", headers={"Idempotency-Key": key})
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
