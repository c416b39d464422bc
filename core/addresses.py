"""From which address a request came, as far as anybody can be believed.

Every router in front adds the address it saw to X-Forwarded-For; what stands before those is the
client's own claim. TRUSTED_PROXY_HOPS says how many routers are ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

UNKNOWN: Final = "unknown"


def client_address(meta: Mapping[str, Any], *, trusted_hops: int) -> str:
    """The address our outermost router saw; the peer's own where fewer routers than that spoke.

    Addresses of one IPv6 subscriber (/64) are one address.
    """
    peer = str(meta.get("REMOTE_ADDR", ""))
    claimed = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    said = claimed[-trusted_hops] if 0 < trusted_hops <= len(claimed) else peer
    return _normal(said) or _normal(peer) or UNKNOWN


def _normal(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
