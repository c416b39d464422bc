"""Clients that never finish what they say."""

import contextlib
import socket
import threading
from collections.abc import Iterator

CLIENT_COUNT = 200
_PAUSE_S = 1.0
_HEAD = b"POST /api/v1/usage/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"


@contextlib.contextmanager
def dripping_clients(port: int) -> Iterator[None]:
    """Until the block ends, `CLIENT_COUNT` half-sent requests that get a byte a second.

    One that the server gives up on begins anew, so there are always as many.
    """
    is_over = threading.Event()
    everybody_is_in = threading.Event()
    sender = threading.Thread(target=_drip, args=(port, everybody_is_in, is_over))
    sender.start()
    everybody_is_in.wait(timeout=30)
    try:
        yield
    finally:
        is_over.set()
        sender.join()


def _drip(port: int, everybody_is_in: threading.Event, is_over: threading.Event) -> None:
    clients = [_begin(port) for _ in range(CLIENT_COUNT)]
    everybody_is_in.set()
    while not is_over.wait(_PAUSE_S):
        for place, client in enumerate(clients):
            if not _is_heard(client):
                client.close()
                clients[place] = _begin(port)
    for client in clients:
        client.close()


def _is_heard(client: socket.socket) -> bool:
    """Send one more byte; False when the server has answered or hung up."""
    try:
        client.sendall(b"x")
        client.recv(1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _begin(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(_HEAD)
    return client
