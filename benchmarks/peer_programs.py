"""Other systems' code beside ours: installed from the package index, each by itself.

Only when asked for, because installing takes its time. A script under `benchmarks/peers` is run by
that environment's Python and prints one JSON object.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
_ENVIRONMENTS = _PROJECT / ".dev" / "peers"
_SCRIPTS = _PROJECT / "benchmarks" / "peers"


@dataclass(frozen=True, slots=True)
class PeerProgram:
    """A script and what it needs installed."""

    name: str
    requirements: Sequence[str]
    script: str

    def says(self, *arguments: object, **environment: str) -> Mapping[str, Any]:
        """What the script prints, given these arguments."""
        python = _ENVIRONMENTS / self.name / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *self.requirements]
            subprocess.run(install, check=True)
        done = subprocess.run(
            [str(python), "-W", "ignore", str(_SCRIPTS / self.script), *map(str, arguments)],
            check=True, stdout=subprocess.PIPE, text=True, env=os.environ | environment,
        )  # fmt: skip
        said: Mapping[str, Any] = json.loads(done.stdout)
        return said
