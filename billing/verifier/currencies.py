"""How many decimals amounts of a currency have, where it is not two (ISO 4217)."""

from __future__ import annotations

import re

_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

MINOR_DECIMALS: dict[str, int] = {
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
    **dict.fromkeys(_FOUR.split(), 4),
}

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


def minor_decimals(code: str) -> int:
    """Return how many decimals amounts of a currency have.

    Raises: ValueError for what cannot be a currency's code.
    """
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is not a currency")
    return MINOR_DECIMALS.get(code, 2)
