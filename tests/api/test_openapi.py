"""The OpenAPI document is valid, describes every address, and its examples are taken in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver
from drf_spectacular.validation import validate_schema

from api.rest.v1.usage_schema import INGEST
from usage.envelope import ReceivedEvent, read_body

PATH = "/api/v1/openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as it is served."""
    answer = Client().get(PATH)
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def addresses(resolver: URLResolver, before: str = "") -> list[str]:
    """Every address below /api/v1, with {} for what varies."""
    found = []
    for each in resolver.url_patterns:
        path = before + str(each.pattern).lstrip("^").rstrip("$").removesuffix(r"\Z")
        if isinstance(each, URLResolver):
            found += addresses(each, path)
        elif path.startswith("api/v1/"):
            found.append("/" + re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)|<[^>]+>", "{}", path))
    return found


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate_schema(document)


def test_every_address_is_described(document: dict[str, Any]) -> None:
    described = {re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]}
    assert set(addresses(get_resolver())) - described == {PATH}


def test_every_operation_says_its_scope_and_that_it_may_fail(document: dict[str, Any]) -> None:
    scopes = document["components"]["securitySchemes"]["partnerToken"]["flows"][
        "clientCredentials"
    ]["scopes"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            (security,) = operation["security"]
            ((scheme, asked),) = security.items()
            assert scheme in ("partnerToken", "personalToken"), (path, method)
            assert set(asked) <= set(scopes), (path, method)
            assert "default" in operation["responses"], (path, method)


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("media_type", list(INGEST["requestBody"]["content"]))
def test_the_example_of_every_form_is_the_same_event(media_type: str) -> None:
    example = INGEST["requestBody"]["content"][media_type]["example"]
    text = example if isinstance(example, str) else json.dumps(example)
    (item,) = read_body(text.encode(), media_type).items
    assert isinstance(item, ReceivedEvent)
    assert (item.id, item.quantity) == ("evt-0001", 1200)
