"""Every type of event that is published is in the catalogue, with the fields it really has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from approvals.models import EmergencyWord, Proposal
from billing.contracts.models import ChangeOutcome
from billing.invoicing.models import GrantMovement
from billing.receivables.models import RefundAttempt
from billing.receivables.operations import dunning
from billing.spending.operations import telling
from eventing.catalogue import CATALOGUE, sending
from eventing.catalogue.printed import page
from usage.models import QuarantineState
from usage.operations import event_corrections

ROOT = Path(__file__).parents[2]
ROOMS = ("accounts", "approvals", "usage", "billing", "eventing")

COMPUTED = {
    "approvals/operations/deciding.py": {f"proposal.{each}" for each in Proposal.State.values}
    - {"proposal.open"},
    "approvals/operations/emergencies.py": {
        f"emergency.{each}" for each in EmergencyWord.Word.values
    },
    "approvals/operations/executing.py": {f"proposal.{each}" for each in Proposal.Outcome.values},
    "billing/contracts/operations/changes.py": {
        f"subscription.change_{each}" for each in ("scheduled", *ChangeOutcome.Outcome.values)
    },
    "billing/contracts/operations/seats.py": {
        "subscription.seat_taken",
        "subscription.seat_left",
    },
    "billing/invoicing/operations/grant_movements.py": {
        f"grant.{each}" for each in GrantMovement.Kind.values
    },
    "billing/receivables/operations/dunning.py": set(dunning._FACTS.values()),
    "billing/receivables/operations/refunds.py": {
        f"refund.{each}" for each in RefundAttempt.Outcome.values
    },
    "billing/spending/operations/telling.py": set(telling._FACTS.values()),
    "eventing/operations/endpoints.py": {f"webhook_endpoint.{each}" for each in sending.STEPS},
    "eventing/operations/replaying.py": {f"webhook_delivery.{each}" for each in sending.AGAIN},
    "usage/operations/event_corrections.py": {
        f"usage_event.{each}" for each in event_corrections._PAST.values()
    },
    "usage/operations/quarantine.py": {
        f"quarantine.{each}" for each in QuarantineState.values if each != QuarantineState.HELD
    },
}
"""Types that are put together where they are published, and what they can be."""

_TELLS = frozenset({"publish", "Fact", "tell", "_tell", "_fact"})
_PASSED_ON = frozenset({"kind", "type"})


def published() -> Iterator[tuple[str, str | None]]:
    """Each place that publishes, and the type it names; None where it is put together."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            where = str(path.relative_to(ROOT))
            for call in ast.walk(ast.parse(path.read_text())):
                if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                    continue
                if call.func.id in _TELLS and call.args:
                    yield from _named(where, call.args[0])
                if call.func.id == "replace":
                    for each in call.keywords:
                        if each.arg == "type":
                            yield from _named(where, each.value)


def _named(where: str, said: ast.expr) -> Iterator[tuple[str, str | None]]:
    if isinstance(said, ast.Constant) and isinstance(said.value, str) and "." in said.value:
        yield where, said.value
    elif isinstance(said, (ast.JoinedStr, ast.Subscript)):
        yield where, None


def test_every_type_that_is_published_is_in_the_catalogue() -> None:
    found = list(published())
    named = {name for _, name in found if name is not None}
    put_together = {where for where, name in found if name is None}
    assert put_together == set(COMPUTED), "say in COMPUTED what its types can be"
    told = named.union(*COMPUTED.values())
    assert told - set(CATALOGUE) == set(), "describe it in a module of eventing/catalogue/"
    assert set(CATALOGUE) - told == set(), "nobody publishes it"


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_the_example_of_a_type_fits_its_schema(name: str) -> None:
    kind = CATALOGUE[name]
    Draft202012Validator.check_schema(kind.schema)
    Draft202012Validator(kind.schema).validate(kind.example)


def test_the_page_of_events_is_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("event_types")
    printed = capsys.readouterr().out
    assert printed == page()
    assert (ROOT / "docs/events.md").read_text() == printed, (
        "manage.py event_types > docs/events.md"
    )
