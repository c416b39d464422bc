"""Whether the process beside us lives: `python3 -m deploy.healthy web|worker|beat`.

For whoever can only start a program in a container (compose, a probe). The web is asked for
/livez; a worker and a beat touch HEARTBEAT_FILE (config/heartbeats.py), whose age is looked at.
Exit status 0 or 1, and one line that says why.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

OLD_AFTER_S: Final = 90.0
"""Heartbeats come every 2 seconds, and a broker may be away for a while."""
_ANSWER_WITHIN_S: Final = 5.0


def main(arguments: list[str]) -> int:
    """Look at the process of this kind; 0 if it lives, 1 if not, 2 if the kind is none."""
    if arguments not in (["web"], ["worker"], ["beat"]):
        return _say("usage: python3 -m deploy.healthy web|worker|beat", 2)
    return _web() if arguments == ["web"] else _heartbeat()


def _web() -> int:
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/livez"
    try:
        with urllib.request.urlopen(address, timeout=_ANSWER_WITHIN_S) as answer:
            return _say(f"{address} answers {answer.status}", 0)
    except (urllib.error.URLError, OSError) as problem:
        return _say(f"{address}: {problem}", 1)


def _heartbeat() -> int:
    path = Path(os.environ.get("HEARTBEAT_FILE", "") or "/")
    if not path.is_file():
        return _say("no heartbeat yet: HEARTBEAT_FILE names no file", 1)
    age = time.time() - path.stat().st_mtime
    return _say(f"the last heartbeat is {age:.0f} seconds old", int(age > OLD_AFTER_S))


def _say(line: str, status: int) -> int:
    sys.stdout.write(line + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
