"""Work in a thread of its own: with its own database connection and nothing remembered.

What the product keeps per thread from one database must not meet the next one.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connection

Given = ParamSpec("Given")
Result = TypeVar("Result")


def in_fresh_thread(
    work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """Run `work`; its connection is closed when it ends."""

    def run() -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()
