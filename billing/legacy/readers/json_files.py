"""Objects of a JSON file, however many there are and however they are strung together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing.legacy.amounts import LegacyValueInvalid
from billing.legacy.rows import RowOrigin
from billing.parallel_run.textfile import FileRefused

JSON_BYTES_MAX = 200_000_000
JsonObject = Mapping[str, Any]


def json_objects(path: Path) -> Iterator[tuple[int, JsonObject]]:
    """Each object with its number from 1: one object, a list, a list under `data`, or one a line.

    Numbers with a point are decimals. Raises: FileRefused.
    """
    if path.stat().st_size > JSON_BYTES_MAX:
        raise FileRefused(f"{path.name} has more than {JSON_BYTES_MAX:,} bytes; send it in parts.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{path.name} is not UTF-8.") from error
    found_all = _all_of(text, path.name)
    if not found_all:
        raise FileRefused(f"{path.name} is empty.")
    for number, found in enumerate(found_all, start=1):
        if not isinstance(found, dict):
            raise FileRefused(f"{path.name}: the {number}. value is no object.")
        yield number, found


def origin_of(path: Path, number: int, found: JsonObject, taken: frozenset[str]) -> RowOrigin:
    """Where an object stood, with all its plain members that nobody reads."""
    unmapped = {
        key: str(value)
        for key, value in found.items()
        if key not in taken and value not in (None, "") and not isinstance(value, dict | list)
    }
    return RowOrigin(path.name, number, unmapped)


def text_of(found: JsonObject, key: str) -> str:
    """A text or number as text; nothing for what is missing. Raises: LegacyValueInvalid."""
    value = found.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise LegacyValueInvalid(f"{key} is neither a text nor a number.")
    return str(value)


def objects_of(found: JsonObject, key: str) -> list[JsonObject]:
    """The objects of a list, also where it is wrapped in `data`. Raises: LegacyValueInvalid."""
    value = found.get(key) or []
    if isinstance(value, dict):
        value = value.get("data") or []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise LegacyValueInvalid(f"{key} is no list of objects.")
    return value


def _all_of(text: str, name: str) -> list[Any]:
    try:
        whole = json.loads(text, parse_float=Decimal)
    except RecursionError as error:
        raise FileRefused(f"{name} is nested too deeply.") from error
    except ValueError as error:
        try:
            return [
                json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()
            ]
        except (ValueError, RecursionError):
            raise FileRefused(f"{name} is not JSON: {error}.") from error
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        return list(whole["data"])
    return whole if isinstance(whole, list) else [whole]
