"""The command line: python -m deploy.local NAME [ARGUMENTS]."""

import sys

from deploy.local import commands
from deploy.local.demo import demo, faults
from deploy.local.drill import restore_drill
from deploy.local.installation import manage, serve
from deploy.local.problems import Interrupted, LocalProblem

_COMMANDS = {
    "demo": demo,
    "test": commands.test,
    "bench": commands.bench,
    "pages": commands.pages,
    "serve": serve,
    "manage": manage,
    "faults": faults,
    "restore-drill": restore_drill,
    "run": commands.run,
    "shell": commands.shell,
    "psql": commands.psql,
    "services": commands.services,
    "clean": commands.clean,
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in _COMMANDS:
        names = "|".join(_COMMANDS)
        print(f"usage: python -m deploy.local {names} [ARGUMENTS]", file=sys.stderr)
        return 2
    try:
        return _COMMANDS[arguments[0]](arguments[1:])
    except LocalProblem as problem:
        print(f"{arguments[0]}: {problem}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        return 128 + interrupted.signal_number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
