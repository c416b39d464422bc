"""A Valkey of our own on a Unix socket: broker and cache. It keeps nothing on disk.

Truth is in the database's rows, so an empty broker costs a wake-up and nothing else.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import Command
from deploy.local.places import FileOwner
from deploy.local.supervisor import Supervisor


@dataclass(frozen=True)
class Valkey:
    binary: Path
    sockets: Path
    owner: FileOwner

    def url(self, database: int = 0) -> str:
        return f"unix://{self._socket}?db={database}"

    @property
    def _socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def start(self, supervisor: Supervisor) -> None:
        argv: list[str | Path] = [self.binary, "--port", "0", "--unixsocket", self._socket]
        argv += ["--unixsocketperm", "700", "--save", "", "--appendonly", "no"]
        argv += ["--dir", self.sockets, "--daemonize", "no"]
        command = Command(
            name="valkey",
            argv=argv,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            owner=self.owner,
            is_service=True,
        )
        supervisor.start(command)
        supervisor.wait_until(self._answers, "Valkey", timeout_s=20)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False
