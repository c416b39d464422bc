"""Every operation of the OpenAPI document, with odd input: a status it documents, and never a 500.

What `make clients` does with schemathesis at length, bounded and the same each time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Account, CredentialScope
from accounts.operations import personal_tokens
from accounts.permissions import Role
from core.clock import now
from tests.api.bearer import client_of
from tests.cast import partner, person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ODD_VALUES: list[Any] = [None, "", "x" * 5_000, "\x00", -1, 10**40, True, [[]], {"a": {}}]
ODD_BODIES = [b"", b"{", b"[]", b"null", b"{}", b'{"a":1,"a":2}', b'{"odd":1}', b"\xff\xfe"]
ODD_TEXTS = ["", "x" * 300, "%00", "-1"]


def document() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return found


DOCUMENT = document()


def operations() -> Iterator[Any]:
    for path, described in DOCUMENT["paths"].items():
        for method in described:
            # Taking events in begins its own transaction, again where it has to.
            is_own = (path, method) == ("/api/v1/usage/events", "post")
            marks = [pytest.mark.django_db(transaction=True)] if is_own else []
            yield pytest.param(path, method, id=f"{path}-{method}", marks=marks)


@pytest.fixture
def clients(acme: Account) -> dict[str, Client]:
    """By scheme, those that get past the question of who may."""
    who = person("fay", Role.FINANCE_ADMIN)
    secret = personal_tokens.issue(person=who, label="script", at=now()).secret
    people = Client(headers={"Authorization": f"Bearer {secret}"})
    agency = partner("Agency", reads=(acme,), sources=("router/us-1",))
    return {"partnerToken": client_of(agency, *CredentialScope.values), "personalToken": people}


@pytest.mark.parametrize(("path", "method"), list(operations()))
def test_odd_input_has_a_documented_answer(
    clients: dict[str, Client], path: str, method: str
) -> None:
    operation = DOCUMENT["paths"][path][method]
    ((scheme, _),) = operation["security"][0].items()
    documented = set(operation["responses"]) - {"default"}
    client = clients[scheme]
    for address, body in requests_of(path, method, operation):
        said = {"data": body, "content_type": "application/json"} if body is not None else {}
        answer = getattr(client, method)(address, **said)
        assert str(answer.status_code) in documented, (
                method, address, body, answer.status_code, answer.content[:300],
            )  # fmt: skip
        assert answer.status_code < 500 or answer.status_code == 503
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"


def requests_of(path: str, method: str, operation: Any) -> Iterator[tuple[str, bytes | None]]:
    """Addresses with odd queries, or with odd bodies."""
    plain = re.sub(r"\{\w+\}", "acc_" + "0" * 26, path)
    odd = re.sub(r"\{\w+\}", "%00", path)
    if method in ("get", "delete"):
        yield plain, None
        yield odd, None
        names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        for name in [*names, "colour"]:
            for text in ODD_TEXTS:
                yield f"{plain}?{name}={text}", None
        return
    yield f"{plain}?colour=red", b"{}"
    for body in ODD_BODIES:
        yield plain, body
    for said in odd_documents(operation):
        yield plain, json.dumps(said).encode()


def odd_documents(operation: Any) -> Iterator[Any]:
    """A body with each field in turn odd, the others as they might be."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    properties = resolved(content.get("schema", {})).get("properties", {})
    usual = {name: usual_of(resolved(each)) for name, each in properties.items()}
    yield usual
    for name in properties:
        for value in ODD_VALUES:
            yield usual | {name: value}


def resolved(schema: Any) -> Any:
    """The schema itself, where it is named or the only one of all."""
    while "$ref" in schema or "allOf" in schema or "oneOf" in schema:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = (schema.get("allOf") or schema["oneOf"])[0]
    return schema


def usual_of(schema: Any) -> Any:
    """Something of the type."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "string":
        of_format = {"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01"}
        return of_format.get(schema.get("format", ""), "text")
    usual = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    return usual[kind]
