"""Whatever the suite publishes is compared with what the catalogue says of its type."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from eventing import publish
from eventing.catalogue import CATALOGUE

_OF_THE_OUTBOX_ITSELF = "tests/eventing/"


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(CATALOGUE[name].schema)


@pytest.fixture(autouse=True, scope="session")
def _payloads_fit_the_catalogue() -> Iterator[None]:
    real_row = publish._row

    def row(fact: publish.Fact) -> dict[str, object]:
        about = os.environ.get("PYTEST_CURRENT_TEST", "")
        if fact.type in CATALOGUE and not about.startswith(_OF_THE_OUTBOX_ITSELF):
            payload = json.loads(json.dumps(fact.payload))
            said = [each.message for each in _validator(fact.type).iter_errors(payload)]
            extra = set(payload) - set(CATALOGUE[fact.type].fields)
            assert (said, extra) == ([], set()), f"{fact.type} is not as eventing/catalogue says"
        return real_row(fact)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "_row", row)
        yield
