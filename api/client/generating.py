"""Writes the calls and types of our Python client from the OpenAPI document.

A call is a method named for its operation; what it answers is a TypedDict, which is the JSON as it
came. A value of a closed list is text, so that one added later is read too.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "counterfoil_client"
_OURS: Final = "api.client.package"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_PLAIN: Final = {"string": "str", "integer": "int", "boolean": "bool", "null": "None"}
_JSON: Final = "application/json"


def written_package(document: Mapping[str, Any]) -> dict[str, str]:
    """The files of the package by their paths."""
    home = Path(__file__).parent / "package"
    files = {
        f"{PACKAGE}/{each.name}": each.read_text().replace(_OURS, PACKAGE)
        for each in sorted(home.glob("*.py"))
    }
    files[f"{PACKAGE}/__init__.py"] += (
        f"\nfrom {PACKAGE}.client import Client\n"
        f"from {PACKAGE}.transport import ApiRefused\n\n"
        '__all__ = ["ApiRefused", "Client"]\n'
    )
    types = TypeWriter(document)
    files[f"{PACKAGE}/client.py"] = _client(document, types)
    files[f"{PACKAGE}/types.py"] = types.source()
    files[f"{PACKAGE}/py.typed"] = ""
    files["pyproject.toml"] = _PROJECT.format(version=document["info"]["version"])
    return files


_PROJECT = """[project]
name = "counterfoil-client"
version = "{version}"
requires-python = ">=3.11"

[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"
"""


class TypeWriter:
    """Names each object of the document once, and says its fields."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._written: dict[str, str] = {}
        self._schemas = document["components"]["schemas"]
        for name, schema in sorted(self._schemas.items()):
            if "properties" in schema:
                self._write(_class_name(name), schema)

    def of(self, schema: Mapping[str, Any] | None, name: str) -> str:
        """How a schema is written as a type; an object within is called `name`."""
        if not schema:
            return "Any"
        if "$ref" in schema:
            target = schema["$ref"].rpartition("/")[2]
            found = self._schemas[target]
            return _class_name(target) if "properties" in found else self.of(found, target)
        for several in ("allOf", "oneOf", "anyOf"):
            if several in schema:
                parts = [self.of(each, name) for each in schema[several]]
                return " | ".join(dict.fromkeys(parts))
        kinds = schema.get("type", "string" if "enum" in schema or "const" in schema else None)
        if isinstance(kinds, list):
            parts = [self.of({**schema, "type": each}, name) for each in kinds]
            return " | ".join(dict.fromkeys(parts))
        if kinds == "array":
            return f"list[{self.of(schema.get('items'), name)}]"
        if kinds == "object":
            if "properties" not in schema:
                return "dict[str, Any]"
            return self._write(_class_name(name), schema)
        if schema.get("format") == "binary":
            return "bytes"
        return _PLAIN.get(str(kinds), "Any")

    def source(self) -> str:
        """The module of all types."""
        body = "\n\n".join(text for _, text in sorted(self._written.items()))
        return (
            '"""What the API answers, as its document says it. Written, not to be changed."""\n\n'
            "from __future__ import annotations\n\n"
            "from typing import Any, NotRequired, TypedDict\n\n\n"
            f"{body}"
        )

    def _write(self, name: str, schema: Mapping[str, Any]) -> str:
        if name in self._written:
            return name
        self._written[name] = ""
        rows = []
        required = schema.get("required", ())
        for field, each in schema["properties"].items():
            said = self.of(each, f"{name}_{field}")
            # What is only said in answers is always there.
            is_there = field in required or each.get("readOnly", False)
            rows.append(f'    "{field}": {said if is_there else f"NotRequired[{said}]"},')
        says = str(schema.get("description") or f"{name}.").partition("\n")[0].replace('"', "'")
        self._written[name] = "\n".join(
            [f"# {says}", f'{name} = TypedDict("{name}", {{', *map(_quoted, rows), "})", ""]
        )
        return name


def _quoted(row: str) -> str:
    """The type as text: types are written in the order of their names, not of their need."""
    head, _, said = row.partition(": ")
    return f'{head}: "{said.removesuffix(",")}",'


def _class_name(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _client(document: Mapping[str, Any], types: TypeWriter) -> str:
    calls = "\n".join(
        _call(path, method, operation, types) for path, method, operation in operations(document)
    )
    return _HEAD.format(package=PACKAGE) + calls


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation of each call, in the order of their names."""
    found = [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    return iter(sorted(found, key=lambda each: each[2]["operationId"]))


def argument_name(name: str) -> str:
    """How a parameter is called in Python."""
    said = re.sub(r"\W+", "_", name).lower()
    return f"{said}_" if keyword.iskeyword(said) else said


_HEAD = '''"""The calls of the API, one a method. Written from its document, not to be changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from {package} import types
from {package}.transport import ApiConnection


class Client:
    """The API. A body that is bytes is sent as it is, anything else as JSON."""

    def __init__(self, base: str, client_id: str, client_secret: str, **more: Any) -> None:
        self.transport = ApiConnection(base, client_id, client_secret, **more)

    def pages(self, listing: Callable[..., Any], **asked: Any) -> Iterator[Any]:
        """Every row of a list that has pages, page by page."""
        while True:
            page = listing(**asked)
            yield from page["data"]
            if not page.get("next_cursor"):
                return
            asked["cursor"] = page["next_cursor"]

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        headers: Mapping[str, Any],
        body: Any = None,
        media_type: str = "",
    ) -> Any:
        given = {{name: str(value) for name, value in headers.items() if value is not None}}
        if body is not None:
            given["Content-Type"] = media_type
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.transport.ask(method, path, query=query, body=body, headers=given).value()

'''


def _call(path: str, method: str, operation: Mapping[str, Any], types: TypeWriter) -> str:
    name = operation["operationId"]
    parameters = operation.get("parameters", [])
    in_path = [each["name"] for each in parameters if each["in"] == "path"]
    given = ["self", *(f"{argument_name(each)}: str" for each in in_path)]
    media = list(operation.get("requestBody", {}).get("content", {}))
    if media:
        is_needed = operation["requestBody"].get("required", False)
        given.append("body: Any" if is_needed else "body: Any = None")
    named = [each for each in parameters if each["in"] in ("query", "header")]
    rest = [f"{argument_name(each['name'])}: Any = None" for each in named]
    if method == "post" and not any(each["name"] == "Idempotency-Key" for each in named):
        rest.append("idempotency_key: str | None = None")
    if len(media) > 1:
        rest.append(f'media_type: str = "{media[0]}"')
    if rest:
        given += ["*", *rest]
    query = _pairs(each["name"] for each in named if each["in"] == "query")
    headers = [each["name"] for each in named if each["in"] == "header"]
    if "idempotency_key: str | None = None" in rest:
        headers.append("Idempotency-Key")
    asked = [f'"{method.upper()}"', _address(path), query, _pairs(headers)]
    if media:
        asked += ["body", "media_type" if len(media) > 1 else f'"{media[0]}"']
    says = str(operation.get("summary") or operation.get("description") or name).split("\n")[0]
    answered = _answered(operation, name, types)
    return (
        f"    def {name}({', '.join(given)}) -> {answered}:\n"
        f'        """{says.replace(chr(34), chr(39))}"""\n'
        f"        found: {answered} = self._call({', '.join(asked)})\n"
        f"        return found\n"
    )


def _address(path: str) -> str:
    return (
        'f"'
        + re.sub(r"\{(\w+)\}", lambda found: f"{{quote({argument_name(found[1])}, safe='')}}", path)
        + '"'
    )


def _pairs(names: Any) -> str:
    return "{" + ", ".join(f'"{each}": {argument_name(each)}' for each in names) + "}"


def _answered(operation: Mapping[str, Any], name: str, types: TypeWriter) -> str:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            content = answer.get("content", {})
            if not content:
                return "None"
            (media, said), *_ = content.items()
            if media != _JSON:
                return "bytes"
            written = types.of(said.get("schema"), f"{name}_answer")
            return re.sub(r"\b([A-Z]\w*)", _qualified, written)
    return "None"


def _qualified(found: re.Match[str]) -> str:
    return found[1] if found[1] in ("Any", "None") else f"types.{found[1]}"
