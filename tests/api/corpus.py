"""The corpus of bad inputs: reads its cases and builds the bytes they describe.

The corpus lies beside the repository. A `patch` changes the area's template by dotted path; `$`
keys are builders of what nobody wants to write out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "cases" / "bad-inputs.jsonl"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what to send, and what must come back."""

    area: str
    name: str
    kind: str
    input: Any
    statuses: tuple[int, ...]
    code: str | None


def cases(area: str, *kinds: str) -> list[Case]:
    """The cases of an area, of these kinds; none where the corpus is absent."""
    return [case for case in _all() if case.area == area and case.kind in kinds]


def template(name: str) -> dict[str, Any]:
    """The well-formed input that patches start from."""
    found: dict[str, Any] = next(
        case.input for case in _all() if case.area == "_template" and case.name == name
    )
    return found


def body_of(case: Case, *, now: datetime) -> bytes:
    """The request body a case describes."""
    if case.kind == "raw":
        return str(case.input).encode()
    if case.kind == "bytes_hex":
        return bytes.fromhex(case.input)
    builder = _Builder(now)
    if case.kind == "patch":
        return builder.text(builder.patched(template("event"), case.input)).encode()
    return builder.generated(case.input).encode()


@cache
def _all() -> tuple[Case, ...]:
    if not CORPUS.exists():
        return ()
    return tuple(_cases(CORPUS.read_text().splitlines()))


def _cases(lines: list[str]) -> Iterator[Case]:
    for line in lines:
        row = json.loads(line)
        status = row["expected"]["status"]
        statuses = tuple(status) if isinstance(status, list) else (status,)
        yield Case(
            row["area"], row["name"], row["kind"], row["input"], statuses, row["expected"]["code"]
        )


class _Builder:
    def __init__(self, now: datetime) -> None:
        self._now = now
        self._raw: dict[str, str] = {}

    def patched(self, base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
        item: dict[str, Any] = json.loads(json.dumps(base))
        for path, value in patch.items():
            keys = (value if path == "$drop" else path).split(".")
            place = item
            for key in keys[:-1]:
                place = place[key]
            if path == "$drop":
                del place[keys[-1]]
            else:
                place[keys[-1]] = self._built(value)
        return item

    def generated(self, spec: Mapping[str, Any]) -> str:
        if "$repeat" in spec:
            return str(self._built(spec))
        if "$array_of" in spec:
            return self.text(self._batch(spec))
        return self.text(self.patched(template(spec["base"]), spec["set"]))

    def text(self, value: Any) -> str:
        text = json.dumps(value)
        for token, raw in self._raw.items():
            text = text.replace(json.dumps(token), raw)
        return text

    def _batch(self, spec: Mapping[str, Any]) -> list[dict[str, Any]]:
        name, count = spec["$array_of"]
        items = [self.patched(template(name), {}) for _ in range(count)]
        for index, item in enumerate(items):
            if not spec.get("same_id"):
                item["id"] = f"evt-{index:04d}"
        for index in spec.get("break", ()):
            del items[index]["data"]["quantity"]
        return items

    def _built(self, value: Any) -> Any:
        if not isinstance(value, dict) or len(value) != 1:
            return value
        ((builder, argument),) = value.items()
        if builder == "$repeat":
            return argument[0] * argument[1]
        if builder == "$keys":
            return {f"k{n}": n for n in range(argument)}
        if builder == "$now":
            return self._instant(argument)
        if builder == "$nest_obj":
            key, depth = argument
            nested: Any = 1
            for _ in range(depth):
                nested = {key: nested}
            return nested
        if builder == "$rawtok":
            token = f"raw token {len(self._raw)}"
            self._raw[token] = str(self._built(argument))
            return token
        return value

    def _instant(self, offset: str) -> str:
        delta = timedelta(**{_UNITS[offset[-1]]: int(offset[1:-1])})
        at = self._now + delta if offset[0] == "+" else self._now - delta
        return at.isoformat().replace("+00:00", "Z")
