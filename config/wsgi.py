"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.telemetry import start_telemetry
from core.db.limits import ProcessKind, this_process_is

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

this_process_is(ProcessKind.WEB)
# Before the middleware is loaded, which it adds to.
start_telemetry(ProcessKind.WEB)
application = get_wsgi_application()
