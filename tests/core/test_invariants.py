"""The invariants are found, run on one snapshot, and fail loudly."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import Account
from core import invariants as registry
from core.invariants import InvariantResult, invariant, invariants, rows_breaking
from tests.tampering import guards_off


def check(*arguments: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    out = StringIO()
    try:
        call_command("check_invariants", *arguments, stdout=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def _two_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only two rules are known: one holds, one does not."""
    monkeypatch.setattr(registry, "_registry", [])
    invariant("I2", "All is well.")(lambda: InvariantResult(1200))
    invariant("I10", "Nobody is called Globex.")(
        lambda: rows_breaking(
            examined="SELECT count(*) FROM accounts_account",
            violating="SELECT name FROM accounts_account WHERE name = 'Globex'",
        )
    )


@pytest.mark.usefixtures("_two_rules")
class TestCommand:
    def test_a_broken_rule_is_shown_with_examples_and_fails(self, globex: Account) -> None:
        status, said = check()
        assert status == 1
        assert said.splitlines() == [
            "id      examined violations  rule",
            "I2         1,200          0  All is well.",
            "I10            1          1  Nobody is called Globex.",
            "                             for example Globex",
            "2 invariants checked, 1 do not hold.",
        ]

    def test_all_rules_holding_is_success(self, acme: Account) -> None:
        status, said = check()
        assert status == 0
        assert said.splitlines()[-1] == "2 invariants checked, all hold."

    def test_some_rules_may_be_asked_for(self, globex: Account) -> None:
        assert check("--only", "I2")[0] == 0
        assert check("--only", "I10,I2")[0] == 1

    def test_an_unknown_rule_is_no_success(self, db: None) -> None:
        with pytest.raises(CommandError, match="I99"):
            call_command("check_invariants", "--only", "I2,I99")

    def test_json_is_one_document(self, globex: Account) -> None:
        status, said = check("--json")
        document: dict[str, Any] = json.loads(said)
        assert status == 1
        assert document["holds"] is False
        assert document["invariants"][1] == {
            "id": "I10",
            "text": "Nobody is called Globex.",
            "holds": False,
            "examined": 1,
            "violations": 1,
            "sample_ids": ["Globex"],
        }

    @pytest.mark.django_db(transaction=True)
    def test_a_check_cannot_write(self) -> None:
        invariant("I3", "It only looks.")(
            lambda: rows_breaking(
                examined="WITH gone AS (DELETE FROM django_session RETURNING 1)"
                " SELECT count(*) FROM gone",
                violating="SELECT 1 WHERE false",
            )
        )
        with pytest.raises(Exception, match="read-only transaction"):
            check()


def test_a_rule_is_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        invariant(invariants()[0].id, invariants()[0].text)(lambda: InvariantResult(0))


class TestHistory:
    def broken(self, id: str) -> tuple[str, ...]:
        return tuple(sample for each in invariants([id]) for sample in each.check().sample_ids)

    def test_a_row_changed_behind_the_history_is_found(self, globex: Account) -> None:
        assert self.broken("I41") == ()
        with guards_off("accounts_account"):
            run("UPDATE accounts_account SET name = 'Hooli'")
        assert self.broken("I41") == (f"accounts_account:{globex.pk}",)

    def test_a_row_written_without_history_is_found(self, acme: Account) -> None:
        with guards_off("accounts_payerassignment"):
            run(
                "INSERT INTO accounts_payerassignment (account_id, payer_id, paid_from, paid_until)"
                " SELECT id, id, '2020-01-01Z', '2020-02-01Z' FROM accounts_account"
            )
        assert len(self.broken("I41")) == 1

    def test_a_history_row_without_an_actor_is_found(self, globex: Account) -> None:
        run(
            "INSERT INTO accounts_historicalpartner (id, public_id, name, kind, sources,"
            " event_types, reads_every_account, reports_every_resource, history_date, history_type,"
            " history_change_reason, actor_kind, actor_id, actor_name, request_id)"
            " VALUES (1, 'x', 'x', 'internal', '{}', '{}', false, false, now(), '~', ' ', '', '',"
            " '', '')"
        )
        assert len(self.broken("I43")) == 1

    def test_a_trigger_switched_off_is_found(self, db: None) -> None:
        assert self.broken("I28") == ()
        run("ALTER TABLE eventing_outboxevent DISABLE TRIGGER USER")
        assert "eventing_outboxevent" in self.broken("I28")[0]
