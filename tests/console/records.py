"""The form of a price's record, filled in and sent."""

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from billing.catalogue.models import Price
from tests.story import WHY


def send_price(browser: Client, price: Price, changed: Mapping[str, str] | None = None) -> Any:
    """Send the form of a price as it is shown, but for what is changed."""
    said = {
        "name": price.name,
        "meter": "",
        "match": "{}",
        "group_by": "[]",
        "definition": json.dumps(price.definition),
        "reason": WHY,
    }
    return browser.post(f"/admin/catalogue/price/{price.pk}/change/", {**said, **(changed or {})})


def errors_of(answer: Any) -> dict[str, list[str]]:
    """What the form of a record that was sent says beside its fields."""
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found
