"""The mapping file: what the people who migrate decided, in TOML, under version control.

    system = "stripe"
    zone = "UTC"                      # of days that are written without a zone

    [currencies]                      # decimal places as the source writes amounts
    USD = 2
    JPY = 0

    [accounts]                        # their customer → our account
    cus_9s6XKzkNRiz8i3 = "acc_01j…"

    [products]                        # their price or plan → our price code
    price_1M = "standard-1x"

    [columns]                         # a column of theirs under the name that is read here
    "invoices.charged" = "amount"

    [[plans]]                         # what follows when a customer is cut over
    customer = "cus_9s6XKzkNRiz8i3"
    plan = "pay-as-you-go"            # the code of our plan
    starts_at = 2026-12-20T00:00:00Z  # the day of the cut over unless told: paid until then there
    trial_until = 2026-12-24T00:00:00Z
    cancels_at = 2027-03-01T00:00:00Z # a cancellation that is scheduled there
    anchor_day = 20                   # of the month, as months begin there
    products = ["standard-1x"]        # prices of ours that end with the cancellation

A currency that is not listed stops the file: places are a fact of the source, never of ISO 4217.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import FieldError, Invalid
from core.money import minor_exponent

MAPPING_BYTES_MAX = 1_000_000
_PLACES_MAX = 6
_TABLES = ("currencies", "accounts", "products", "columns")
_KEYS = {"system", "zone", "plans", *_TABLES}
_INSTANTS = ("starts_at", "trial_until", "cancels_at")
_PLAN_KEYS = {"customer", "plan", "anchor_day", "products", *_INSTANTS}


class MappingInvalid(Invalid):
    """The mapping file says something that cannot be followed; every place is named."""

    code = "legacy_mapping_invalid"
    title = "The mapping file cannot be followed"


@dataclass(frozen=True, slots=True)
class FollowingPlan:
    """A plan of ours that a customer is put on when cut over, and what no invoice says of it."""

    customer: str
    plan: str
    starts_at: datetime | None = None
    trial_until: datetime | None = None
    cancels_at: datetime | None = None
    anchor_day: int | None = None
    products: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LegacyMapping:
    """What a mapping file says. `digest` is the SHA-256 of its bytes, in hex."""

    system: str
    zone: ZoneInfo
    currencies: Mapping[str, int]
    accounts: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    plans: Sequence[FollowingPlan] = ()


def read_mapping(content: bytes, *, systems: frozenset[str]) -> LegacyMapping:
    """Read a mapping file for one of these systems. Raises: MappingInvalid."""
    document = _document(content)
    errors = list(_wrong(document, systems))
    if errors:
        raise MappingInvalid(errors[0].detail, errors=errors)
    return LegacyMapping(
        system=document["system"],
        zone=ZoneInfo(document.get("zone", "UTC")),
        currencies=dict(document["currencies"]),
        accounts=dict(document.get("accounts", {})),
        products=dict(document.get("products", {})),
        columns=dict(document.get("columns", {})),
        digest=hashlib.sha256(content).hexdigest(),
        plans=tuple(FollowingPlan(**each) for each in document.get("plans", ())),
    )


def _document(content: bytes) -> dict[str, Any]:
    if len(content) > MAPPING_BYTES_MAX:
        raise MappingInvalid(f"A mapping file has at most {MAPPING_BYTES_MAX:,} bytes.")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise MappingInvalid("The mapping file is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise MappingInvalid(f"The mapping file is not TOML: {error}.") from error


def _wrong(document: Mapping[str, Any], systems: frozenset[str]) -> list[FieldError]:
    return [
        *(_error(key, f"{key!r} is none of {_listed(_KEYS)}.") for key in document.keys() - _KEYS),
        *_wrong_system(document.get("system"), systems),
        *_wrong_zone(document.get("zone", "UTC")),
        *_wrong_currencies(document.get("currencies")),
        *(each for table in _TABLES[1:] for each in _wrong_names(table, document.get(table, {}))),
        *_wrong_plans(document.get("plans", [])),
    ]


def _wrong_plans(plans: object) -> list[FieldError]:
    if not isinstance(plans, list):
        return [_error("plans", "Plans are written as [[plans]].")]
    return [each for number, plan in enumerate(plans) for each in _wrong_plan(number, plan)]


def _wrong_plan(number: int, plan: object) -> Iterator[FieldError]:
    place = f"plans/{number}"
    if not isinstance(plan, dict):
        yield _error(place, "Plans are written as [[plans]].")
        return
    for key in sorted(plan.keys() - _PLAN_KEYS):
        yield _error(f"{place}/{key}", f"{key!r} is none of {_listed(_PLAN_KEYS)}.")
    for key in ("customer", "plan"):
        if not isinstance(plan.get(key), str) or not plan[key]:
            yield _error(f"{place}/{key}", f"{key} names the {key}.")
    for key in _INSTANTS:
        if key in plan and not (isinstance(plan[key], datetime) and plan[key].tzinfo):
            yield _error(f"{place}/{key}", f"{key} is an instant such as 2026-12-01T00:00:00Z.")
    day = plan.get("anchor_day", 1)
    if type(day) is not int or not 1 <= day <= 31:
        yield _error(f"{place}/anchor_day", "anchor_day is a day of the month.")
    products = plan.get("products", [])
    if not isinstance(products, list) or not all(isinstance(each, str) for each in products):
        yield _error(f"{place}/products", "products are codes of prices of ours.")


def _wrong_system(system: object, systems: frozenset[str]) -> list[FieldError]:
    if isinstance(system, str) and system in systems:
        return []
    return [_error("system", f"The system is one of {_listed(systems)}, not {system!r}.")]


def _wrong_zone(zone: object) -> list[FieldError]:
    try:
        ZoneInfo(str(zone))
    except (ValueError, LookupError, OSError):
        return [_error("zone", f"{zone!r} is no time zone such as Europe/Berlin.")]
    return []


def _wrong_currencies(currencies: object) -> list[FieldError]:
    if not isinstance(currencies, dict) or not currencies:
        return [_error("currencies", "Say how many decimal places each currency has there.")]
    wrong = []
    for code, places in currencies.items():
        try:
            minor_exponent(code)
        except Invalid as error:
            wrong.append(_error(f"currencies/{code}", error.message))
        if type(places) is not int or not 0 <= places <= _PLACES_MAX:
            wrong.append(_error(f"currencies/{code}", f"{code} has 0 to {_PLACES_MAX} places."))
    return wrong


def _wrong_names(table: str, names: object) -> list[FieldError]:
    if not isinstance(names, dict):
        return [_error(table, f"[{table}] is a table of names.")]
    return [
        _error(f"{table}/{theirs}", f"{theirs} stands for a name, not {ours!r}.")
        for theirs, ours in names.items()
        if not isinstance(ours, str) or not ours
    ]


def _error(place: str, detail: str) -> FieldError:
    return FieldError(f"/{place}", MappingInvalid.code, detail)


def _listed(words: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(words))
