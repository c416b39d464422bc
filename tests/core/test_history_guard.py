"""What the database refuses by itself: a change of a tracked row that no history tells."""

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from accounts.models import Account
from core.actor import Actor, acting_as
from core.db.guards import expected_guards
from core.db.history_guard import UNTRACKED_CONSTRAINT
from core.db.integrity import constraint_of
from core.db.models import Tracked
from tests.cast import OPENING, partner
from tests.tampering import guards_off

ADA = Actor.person("usr_ada", "Ada")
TRACKED = [model for model in apps.get_models() if issubclass(model, Tracked)]

UNGUARDED: QuerySet[Any] = QuerySet(Account)

BY_HAND = {
    "insert": "INSERT INTO accounts_account (public_id, name, kind, currency, opened_at,"
    " billing_anchor_on) SELECT 'acc_x', 'x', kind, currency, opened_at, billing_anchor_on"
    " FROM accounts_account",
    "update": "UPDATE accounts_account SET name = 'x'",
    "update_and_back_but_not_quite": "UPDATE accounts_account SET name = 'x';"
    " UPDATE accounts_account SET name = 'Globex '",
    "delete": "DELETE FROM accounts_payerassignment",
}


def at_commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused(work: Any) -> str:
    with pytest.raises(IntegrityError) as refusal:
        _committed(work)
    return constraint_of(refusal.value)


def _committed(work: Any) -> None:
    with transaction.atomic():
        work()
        at_commit()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", BY_HAND.values(), ids=BY_HAND)
def test_a_statement_by_hand_is_refused_at_commit(globex: Account, statement: str) -> None:
    at_commit()
    assert refused(lambda: run(statement)) == UNTRACKED_CONSTRAINT
    assert Account.objects.get().name == "Globex"


@pytest.mark.parametrize(
    "work",
    [
        lambda: UNGUARDED.all().update(name="x"),
        lambda: UNGUARDED.all().bulk_create(
            [Account(name="x", kind="team", currency="USD", opened_at=OPENING,
                     billing_anchor_on="2026-01-01")]
        ),
        lambda: UNGUARDED.all().bulk_update([_renamed()], ["name"]),
    ],
    ids=["update", "bulk_create", "bulk_update"],
)  # fmt: skip
def test_a_writer_that_goes_round_the_guarded_queryset_is_refused_too(
    globex: Account, work: Any
) -> None:
    with acting_as(ADA, reason="Named, and still no history"):
        assert refused(work) == UNTRACKED_CONSTRAINT


def _renamed() -> Account:
    found = Account.objects.get()
    found.name = "x"
    return found


def test_several_changes_in_one_transaction_are_told_by_their_last(globex: Account) -> None:
    with acting_as(ADA, reason="Twice"):
        for name in ("First", "Second"):
            globex.name = name
            globex.save()
    at_commit()
    with acting_as(ADA, reason="And once more behind its back"):
        globex.name = "Third"
        globex.save()
    assert refused(lambda: run("UPDATE accounts_account SET name = 'Fourth'"))


def test_what_is_no_fact_of_a_row_needs_no_history(globex: Account, sam: Any) -> None:
    run("UPDATE accounts_user SET last_login = now()")
    at_commit()


@pytest.mark.parametrize("which", ["readable", "reportable"])
def test_what_a_partner_may_read_is_not_widened_by_hand(globex: Account, which: str) -> None:
    reader = partner("Reader")
    at_commit()
    table = f"accounts_partner_{which}_accounts"
    widen = f"INSERT INTO {table} (partner_id, account_id) VALUES ({reader.pk}, {globex.pk})"  # noqa: S608
    assert refused(lambda: run(widen)) == UNTRACKED_CONSTRAINT
    with acting_as(ADA, reason="They asked for it"):
        getattr(reader, f"{which}_accounts").add(globex)
    at_commit()
    assert refused(lambda: run(f"DELETE FROM {table}"))  # noqa: S608


@pytest.mark.parametrize("model", TRACKED, ids=lambda model: model._meta.label)
def test_every_tracked_table_has_the_check(model: type[Tracked]) -> None:
    table = model._meta.db_table
    found = [name for (of, name) in expected_guards() if of == table]
    assert any("history_is_complete" in name for name in found)
    assert any("no_truncate" in name for name in found)


def test_the_owner_can_switch_it_off_and_is_found_out(globex: Account) -> None:
    with guards_off("accounts_account") as cursor:
        cursor.execute("UPDATE accounts_account SET name = 'x'")
    at_commit()
