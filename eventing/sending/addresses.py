"""Which addresses a webhook may reach: the public internet, and nothing of ours.

The name is looked up once an attempt, every address it has is judged, and the connection goes to
one of those: a name that answers otherwise a moment later gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from core.errors import Invalid

PORTS: Final = (443, 8443)
URL_BYTES_MAX: Final = 500

Resolve = Callable[[str, int], Sequence[str]]
IpAddress = IPv4Address | IPv6Address

_REFUSED_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
_UNICAST_6: Final = IPv6Network("2000::/3")
# Within it: what stands for IPv4 (6to4, Teredo), for documents, for tests.
_REFUSED_6: Final = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)


class AddressRefused(Invalid):
    """A webhook goes to public addresses over HTTPS, and nowhere else."""

    code = "address_refused"
    title = "A webhook cannot go there"


class NameUnknown(Exception):
    """A name leads to no address, or did not in time."""


def is_public(address: IpAddress) -> bool:
    """Whether an address is one of the public internet; IPv4 within IPv6 is not."""
    if isinstance(address, IPv4Address):
        return not any(address in each for each in _REFUSED_4)
    return address in _UNICAST_6 and not any(address in each for each in _REFUSED_6)


def require_reachable(url: str) -> SplitResult:
    """The parts of an address that webhooks may be sent to, as far as it says by itself.

    Raises: AddressRefused.
    """
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_BYTES_MAX:
        raise _refused(f"An address has up to {URL_BYTES_MAX} plain characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("This is no address.") from None
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise _refused("An address has a host, and no name or password in it.")
    if parts.fragment:
        raise _refused("An address has no #fragment.")
    if parts.scheme in ("http", "https") and is_allowed_here(parts):
        return parts
    if parts.scheme != "https" or (port or 443) not in PORTS:
        raise _refused("An address begins with https:// and has the port 443 or 8443.")
    literal = _literal(parts.hostname)
    if literal is not None and not is_public(literal):
        raise _refused(f"{parts.hostname} is not an address of the public internet.")
    if literal is None and "." not in parts.hostname.strip("."):
        raise _refused(f"{parts.hostname} is not a name of the public internet.")
    return parts


def addresses_of(
    parts: SplitResult, *, resolve: Resolve | None = None, milliseconds: int
) -> Sequence[str]:
    """Where a checked address leads now, each of them public.

    Raises: AddressRefused, NameUnknown.
    """
    host = parts.hostname or ""
    found = _in_time(resolve or resolved, host, port_of(parts), milliseconds)
    if not found:
        raise NameUnknown(f"{host} has no address.")
    if not is_allowed_here(parts):
        for each in found:
            literal = _literal(each)
            if literal is None or not is_public(literal):
                raise _refused(f"{host} leads to {each}, which is not of the public internet.")
    return found


def port_of(parts: SplitResult) -> int:
    """The port an address means."""
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_allowed_here(parts: SplitResult) -> bool:
    """Whether this installation allows a host and port by name, whatever it leads to."""
    allowed: Collection[str] = settings.WEBHOOK_ALLOWED_HOSTS
    return bool(allowed) and f"{parts.hostname}:{port_of(parts)}" in allowed


def resolved(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _in_time(resolve: Resolve, host: str, port: int, milliseconds: int) -> Sequence[str]:
    # A resolver has no limit of its own; whoever gives up leaves it to end by itself.
    threads = ThreadPoolExecutor(1, thread_name_prefix="webhook-name")
    try:
        return threads.submit(resolve, host, port).result(timeout=milliseconds / 1_000)
    except TookTooLong:
        raise NameUnknown(f"{host} could not be looked up in time.") from None
    except (OSError, UnicodeError):
        raise NameUnknown(f"{host} is not known.") from None
    finally:
        threads.shutdown(wait=False)


def _literal(host: str) -> IpAddress | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _refused(why: str) -> AddressRefused:
    return AddressRefused(why, field="url")
