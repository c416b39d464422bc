"""gunicorn's settings, the same for the demo and for a deployment.

WEB_CONCURRENCY chooses how many processes. Each works on one request at a time and takes a second
one beside it only when the first lasts (deploy/web/worker.py); it reads hundreds of slow clients
meanwhile. The web is reached through a router, so it listens on this machine only, unless
WEB_BIND says otherwise.
"""

import gc
import os
from typing import Any

wsgi_app = "config.wsgi:application"
bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "deploy.web.worker.BufferingWorker"
threads = 4
# Clients that a process reads from and sends to at a time.
worker_connections = 500
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
