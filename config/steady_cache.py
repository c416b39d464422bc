"""A cache that may go away: what needs it then works from this process's own memory.

Nothing in the cache is the truth; it holds how often somebody tried to sign in. Without the shared
one each process counts for itself, which limits less and locks nobody out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

AWAY_SECONDS: Final = 5.0
"""How long the shared cache is left alone after it failed: so long, only one answer is slow."""
SOCKET_SECONDS: Final = 0.3

_log = structlog.get_logger(__name__)


class SteadyCache(BaseCache):
    """Redis or Valkey while it answers, otherwise memory of this process."""

    monotonic: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {
            "socket_timeout": SOCKET_SECONDS,
            "socket_connect_timeout": SOCKET_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            **params.get("OPTIONS", {}),
        }
        self._shared = RedisCache(server, {**params, "OPTIONS": options})
        self._own = LocMemCache(f"steady {server}", {**params, "OPTIONS": {}})
        self._away_until = float("-inf")

    def _ask(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        if self.monotonic() >= self._away_until:
            try:
                return getattr(self._shared, verb)(*args, **kwargs)
            except (RedisError, OSError) as problem:
                self._away_until = self.monotonic() + AWAY_SECONDS
                _log.warning("cache_away", problem=str(problem))
        return getattr(self._own, verb)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("delete", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._ask("incr", *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("has_key", *args, **kwargs))

    def clear(self) -> None:
        self._ask("clear")

    def close(self, **kwargs: Any) -> None:
        self._shared.close(**kwargs)
