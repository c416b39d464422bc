"""POST /api/v1/usage/progress: a source says how far it is; nothing odd of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Partner
from core.actor import acting_as
from tests.api.bearer import client_of
from tests.cast import partner
from tests.people import ADA
from tests.story import WHY
from usage.models import Source, SourceProgress

PROGRESS = "/api/v1/usage/progress"
SAID = {"source": "router/us-1", "complete_through": "2026-02-01T00:00:00Z", "sequence": 7}


@pytest.fixture
def shop(db: None) -> Partner:
    """A partner whose source has sent before."""
    shop = partner("Shop")
    if not Source.objects.filter(name="router/us-1").exists():
        with acting_as(ADA, reason=WHY):
            Source.objects.create(name="router/us-1", partner=shop)
    return shop


def ask(shop: Partner, said: Any, *, scope: str = "usage:write") -> Any:
    client: Client = client_of(shop, scope)
    body = said if isinstance(said, bytes) else json.dumps(said)
    return client.post(PROGRESS, body, content_type="application/json")


@time_machine.travel("2026-02-01T06:00:00Z", tick=False)
def test_a_source_says_how_far_it_is_and_the_same_again_changes_nothing(shop: Partner) -> None:
    first, again = ask(shop, SAID), ask(shop, SAID)

    assert first.status_code == again.status_code == 200
    assert first.json() == SAID
    row = SourceProgress.objects.get()
    assert (row.sequence, row.reported_by) == (7, "Shop")
    assert row.is_required is False


@time_machine.travel("2026-02-01T06:00:00Z", tick=False)
def test_a_source_never_goes_back(shop: Partner) -> None:
    ask(shop, SAID)

    answer = ask(shop, SAID | {"complete_through": "2026-01-31T00:00:00Z"})

    assert (answer.status_code, answer.json()["code"]) == (409, "progress_goes_back")


@time_machine.travel("2026-02-01T06:00:00Z", tick=False)
@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 422),
        ({**SAID, "source": 7}, 422),
        ({**SAID, "source": "router/us-1\u0001"}, 404),
        ({**SAID, "source": "somebody/else"}, 404),
        ({**SAID, "complete_through": "2026-02-01"}, 422),
        ({**SAID, "complete_through": "2026-02-01T00:00:00"}, 422),
        ({**SAID, "complete_through": "2027-02-01T00:00:00Z"}, 422),
        ({**SAID, "sequence": True}, 422),
        ({**SAID, "sequence": -1}, 422),
        ({**SAID, "sequence": 2**63}, 422),
        ({**SAID, "more": 1}, 422),
        ([], 400),
        (b"{", 400),
    ],
)
def test_bad_input_is_refused_and_nothing_is_kept(shop: Partner, said: Any, status: int) -> None:
    answer = ask(shop, said)

    assert answer.status_code in (status, 422), answer.content
    assert answer.status_code < 500
    assert not SourceProgress.objects.filter(complete_through__isnull=False).exists()


def test_another_scope_and_another_partner_are_refused(shop: Partner) -> None:
    assert ask(shop, SAID, scope="usage:read").status_code == 403
    other = partner("Other", sources=("other/1",))
    assert ask(other, SAID).status_code == 404
