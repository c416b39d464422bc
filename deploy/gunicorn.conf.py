"""gunicorn's settings, the same for the demo and for a deployment.

Sync workers: a request is short, and a process with one connection to the database is simple to
reason about. WEB_CONCURRENCY chooses how many.
"""

import gc
import os
from typing import Any

wsgi_app = "config.wsgi:application"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
timeout = 30
graceful_timeout = 25
# A worker that leaks is replaced before it hurts; the jitter keeps them from going together.
max_requests = 2000
max_requests_jitter = 400
preload_app = False
control_socket_disable = True


def post_worker_init(_worker: Any) -> None:
    """What was loaded stays as long as the worker: no use looking for garbage in it ever again."""
    gc.collect()
    gc.freeze()
