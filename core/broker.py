"""The broker's transport, such that a message nobody can read is dropped and kills no worker.

Celery's own ends the whole worker for one that is no JSON, or JSON of another shape. What there is
to do is in the rows and a message only a wake-up, so to drop one loses nothing; the log has it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from queue import Empty
from typing import Any

from kombu.transport import redis

logger = logging.getLogger(__name__)

_SHOWN = 500
_BROKEN: tuple[type[Exception], ...] = (
    Empty,
    *(
        each
        for each in (*redis.Transport.connection_errors, *redis.Transport.channel_errors)
        if each is not KeyError
    ),
)
"""What is no message's fault, and Celery deals with. It counts a missing key among that, and would
restart for a message that lacks one until the end of time."""


class BrokerChannel(redis.Channel):
    """Reads past what is no JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # absent in the stubs
        except _BROKEN:
            raise
        except Exception:
            logger.exception("broker_message_unreadable")
            return True


class Transport(redis.Transport):
    """Drops what no consumer can take."""

    Channel = BrokerChannel

    def _deliver(self, message: Any, queue: str | None) -> None:
        try:
            super()._deliver(message, queue)
        except _BROKEN:
            raise
        except Exception:
            logger.exception("broker_message_dropped", extra={"broker_message": _shown(message)})
            self._forget(message)

    def _forget(self, message: Any) -> None:
        """Have it not delivered again, where it was taken note of before it failed."""
        with suppress(KeyError, TypeError):
            tag = message["properties"]["delivery_tag"]
            for channel in self.channels or ():
                if tag in (channel.qos._delivered or ()):
                    channel.basic_reject(tag, requeue=False)


def _shown(message: Any) -> str:
    return repr(message)[:_SHOWN]
