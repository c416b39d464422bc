"""Public ids: a prefix that says what it is, and 26 characters that sort by age.

The 26 characters are 130 bits, of which 48 are milliseconds and 80 are random, in Crockford's
base 32, lower case. An id says nothing a rule may rest on: its time is for index locality only.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from core.clock import unix_ms
from core.errors import NotFound

PREFIXES = MappingProxyType(
    {
        "acc": "account",
        "adj": "adjustment",
        "amd": "amendment of a licence",
        "apl": "approval policy",
        "bkf": "backfill",
        "bkt": "bucket of a pool",
        "bnk": "bank file",
        "bnr": "row of a bank file",
        "bpr": "billing profile",
        "chg": "change of a subscription",
        "chp": "policy of changes",
        "chq": "quote of a change",
        "clk": "look as a customer",
        "cmt": "commitment",
        "cpn": "coupon",
        "cpr": "redemption of a coupon",
        "crd": "partner credential",
        "crn": "credit note",
        "cto": "cut over from another system",
        "dcb": "batch of credits",
        "dlg": "delegation",
        "dsa": "file of a dispute",
        "dsc": "disclosure of personal data",
        "dsl": "line of a dispute",
        "dsm": "message of a dispute",
        "dsp": "dispute",
        "dun": "dunning notice",
        "emg": "emergency",
        "ent": "entitlement",
        "evt": "outbox event",
        "exc": "clearing of an excess",
        "gmv": "movement of a grant",
        "grt": "grant",
        "hld": "hold",
        "hst": "settlement of held events",
        "inc": "incident",
        "inv": "invoice",
        "ivd": "void of an invoice",
        "jrn": "journal",
        "jbt": "batch of journals",
        "lat": "late usage decision",
        "lck": "lock of a period",
        "lgi": "import of another system's invoices",
        "lgv": "invoice of another system",
        "lic": "licence",
        "lim": "limit on spending",
        "lmk": "mark of a limit",
        "mov": "movement of a pool",
        "mpr": "sentence about money",
        "mdw": "draw under a mandate",
        "mnd": "mandate",
        "mtr": "meter",
        "nsc": "change of a number series",
        "ovr": "price override",
        "par": "partner",
        "pau": "pause of a queue",
        "pay": "payment",
        "pfl": "file of a paper",
        "pln": "plan",
        "plv": "plan version",
        "ppr": "promise to pay",
        "pof": "row put off",
        "prb": "problem in the log",
        "prc": "price",
        "prd": "product",
        "prl": "parallel run",
        "prp": "proposal",
        "prv": "reversal of a payment",
        "pse": "pause of a subscription",
        "ptk": "personal token",
        "qte": "quote of a licence",
        "rcg": "revenue recognition",
        "req": "request",
        "res": "resource",
        "rfd": "refund",
        "rol": "role of a person",
        "rpk": "reply pack",
        "rul": "version of a rule",
        "run": "bill run",
        "sgn": "signature of a close",
        "sel": "seller",
        "sim": "simulation",
        "snp": "sanity policy",
        "snr": "release of a bill",
        "src": "source",
        "sth": "seat somebody holds",
        "stl": "settlement",
        "sts": "seats that were bought",
        "sub": "subscription",
        "svw": "saved view",
        "swv": "waiver of a source",
        "txe": "tax exemption",
        "txp": "tax policy of a jurisdiction",
        "txr": "tax rate",
        "use": "usage event",
        "usr": "person",
        "whd": "webhook delivery",
        "whe": "webhook endpoint",
        "whs": "webhook secret",
    }
)

BODY_LENGTH = 26
ID_LENGTH = 3 + 1 + BODY_LENGTH

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = (datetime(9000, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
_SHIFTS = range(120, -1, -10)
_BODY = re.compile(f"[{_ALPHABET}]{{{BODY_LENGTH}}}", re.ASCII)


class UnknownId(NotFound):
    """The text is not a public id of the expected kind."""

    code = "not_found"
    title = "No such id"


def new_id(prefix: str) -> str:
    """A new public id, such as inv_01jd…; `prefix` must be registered in PREFIXES."""
    if prefix not in PREFIXES:
        raise KeyError(f"{prefix!r} is not registered in core.ids.PREFIXES")
    return f"{prefix}_{_body(unix_ms(), os.urandom(10))}"


def parse_id(text: str, prefix: str) -> str:
    """Return the id if it has this prefix and the right form. Raises: UnknownId."""
    head, _, body = text.partition("_")
    if head != prefix or not _BODY.fullmatch(body):
        raise UnknownId(f"{text[:64]!r} is not the id of a {PREFIXES[prefix]}.")
    return text


def instant_of(public_id: str) -> datetime:
    """About when an id was made: to find what lies near it in time, never for a rule."""
    number = 0
    for letter in public_id.partition("_")[2]:
        number = number * 32 + _ALPHABET.index(letter)
    return _EPOCH + timedelta(milliseconds=min(number >> 80, _LAST_MS))


def _body(milliseconds: int, random: bytes) -> str:
    number = (milliseconds << 80) | int.from_bytes(random, "big")
    return "".join([_PAIRS[(number >> shift) & 0x3FF] for shift in _SHIFTS])
