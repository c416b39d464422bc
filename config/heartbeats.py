"""A worker and a beat say that they live by touching a file, where HEARTBEAT_FILE names one.

Owns who touches it and when. Who looks at its age is `deploy.healthy`. A worker touches it with
each of its heartbeats to the broker, so one that lost the broker, or hangs, grows old; a beat
touches it with each ring it sends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery.signals import beat_init, before_task_publish, heartbeat_sent

_name = os.environ.get("HEARTBEAT_FILE", "")


def _touch(**_: Any) -> None:
    Path(_name).touch()


def _beat_lives(**_: Any) -> None:
    before_task_publish.connect(_touch, dispatch_uid="config.heartbeats.beat")


if _name:
    heartbeat_sent.connect(_touch, dispatch_uid="config.heartbeats.worker")
    beat_init.connect(_beat_lives, dispatch_uid="config.heartbeats.beat_init")
