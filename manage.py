#!/usr/bin/env python
"""Django's command line. Development settings unless DJANGO_SETTINGS_MODULE says otherwise."""

import os
import sys

from core.commands import run
from core.db.limits import ProcessKind, this_process_is

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    is_migration = sys.argv[1:2] == ["migrate"]
    this_process_is(ProcessKind.MIGRATE if is_migration else ProcessKind.COMMAND)
    run(sys.argv)
