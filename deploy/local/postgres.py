"""A PostgreSQL of our own: made once, started on a Unix socket, reached by nobody else."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.db.roles import DatabaseRole
from deploy.local.children import Command
from deploy.local.places import FileOwner
from deploy.local.problems import LocalProblem
from deploy.local.roles import (
    SUPERUSER,
    bring_roles_up_to_date,
    kept_passwords,
    make_roles,
    require_passwords,
)
from deploy.local.supervisor import Supervisor

DATABASE = "counterfoil"
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Nothing in a throw-away cluster outlives its process, so nothing need reach the disk. What a test
# writes is seen by its transaction alone: autovacuum would find the tables empty, and queries that
# are planned on that knowledge go through them row by row.
_THROWAWAY = {
    "autovacuum": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}
_MEGABYTE = 1 << 20


def _durable() -> dict[str, str]:
    """A sixth of the memory for pages, and checkpoints far enough apart that most pages are
    written to the log whole only once while they are busy."""
    memory = _memory_bytes() // _MEGABYTE
    buffers = min(max(memory // 6, 128), 4_096)
    return {
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "max_wal_size": f"{max(2 * buffers, 1_024)}MB",
        "checkpoint_timeout": "15min",
        # Disks that seek are not what this runs on.
        "random_page_cost": "1.1",
    }


def _memory_bytes() -> int:
    """What the machine has, or the container may use of it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine


@dataclass(frozen=True)
class Cluster:
    binaries: Path
    data: Path
    sockets: Path
    owner: FileOwner
    durable: bool = True
    tcp_port: int | None = None
    """Also listen on this loopback port, for programs that know no Unix sockets."""

    def url(self, role: DatabaseRole) -> str:
        """How to connect as that role. Known once the cluster was started."""
        password = (kept_passwords(self.data) or {})[role.name]
        return (
            f"postgres://{role.name}:{password}@/{DATABASE}?host={self.sockets}&port={self._port}"
        )

    @property
    def _port(self) -> int:
        return self.tcp_port or 5432

    def start(self, supervisor: Supervisor) -> None:
        """Makes the cluster if there is none, starts it and waits until it answers."""
        if (self.data / "PG_VERSION").exists():
            self._require_same_version()
            self._stop_orphan()
        else:
            self._make()
        is_known = kept_passwords(self.data) is not None
        if is_known:
            require_passwords(self.data)
        supervisor.start(self._command())
        supervisor.wait_until(self._answers, "PostgreSQL", timeout_s=60)
        if not is_known:
            with self._connect("postgres") as connection:
                make_roles(connection, self.data, database=DATABASE)
            require_passwords(self.data)
            self._control("reload")
        with self._connect(DATABASE) as connection:
            passwords = kept_passwords(self.data) or {}
            bring_roles_up_to_date(connection, passwords, database=DATABASE)

    def _command(self) -> Command:
        settings = _SETTINGS | (_durable() if self.durable else _THROWAWAY)
        settings |= {"port": str(self._port)}
        if self.tcp_port is not None:
            settings |= {"listen_addresses": "127.0.0.1"}
        argv: list[str | Path] = [self.binaries / "postgres", "-D", self.data, "-k", self.sockets]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        return Command(
            name="postgres",
            argv=argv,
            environment=_environment(),
            owner=self.owner,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
            is_service=True,
        )

    def _make(self) -> None:
        making = self.data.with_name(self.data.name + "-making")
        shutil.rmtree(making, ignore_errors=True)
        self._run(
            "initdb",
            f"--pgdata={making}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
            "--no-sync",
        )
        making.rename(self.data)

    def _require_same_version(self) -> None:
        kept = (self.data / "PG_VERSION").read_text().strip()
        ours = subprocess.run(
            [self.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[2]
        if kept != ours.split(".")[0]:
            raise LocalProblem(
                f"the data in {self.data} is PostgreSQL {kept}'s and this is {ours}. "
                "`make clean` deletes it."
            )

    def _stop_orphan(self) -> None:
        """Ends a server whose supervisor was killed on a system without a death signal.

        Only called with the supervisor's lock held, so a server that still runs has no owner.
        """
        status = self._control("status")
        if status.returncode == 0:
            self._control("stop", "-m", "immediate", "-w")

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self.binaries / "pg_ctl", "-D", self.data, *arguments],
            user=self.owner.uid,
            group=self.owner.gid,
            extra_groups=None if self.owner.uid is None else [],
            cwd="/",
            env=_environment(),
            capture_output=True,
            check=False,
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / program, *arguments],
            user=self.owner.uid,
            group=self.owner.gid,
            extra_groups=None if self.owner.uid is None else [],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LocalProblem(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _connect(self, database: str) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect(
            host=str(self.sockets),
            port=self._port,
            user=SUPERUSER,
            password=(kept_passwords(self.data) or {}).get(SUPERUSER),
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def _environment() -> dict[str, str]:
    """Bare: no PG* variable of the caller may reach the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
