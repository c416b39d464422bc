"""Fields that refuse what they cannot hold, transactions that mean what they say."""

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

import pytest
from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, models

from accounts.models import Account
from core.checks import (
    append_only_tables_carry_their_triggers,
    is_guarded,
    tracked_models_keep_their_guard,
)
from core.db.fields import CurrencyField, PublicIdField, QuantityField, UnitPriceField
from core.db.integrity import constraint_errors, constraint_of
from core.db.models import AppendOnly
from core.db.transactions import (
    NoTransaction,
    retrying,
    transaction,
    transaction_required,
)
from core.errors import Conflict
from eventing.models import OutboxEvent
from tests.tampering import guards_off


class Sample(models.Model):
    """A row of one of each field, in these tests only."""

    public_id = PublicIdField(prefix="res")
    currency = CurrencyField(default="USD")
    quantity = QuantityField(default=Decimal(1))
    unit_price = UnitPriceField(default=Decimal(1))

    objects: ClassVar[models.Manager["Sample"]] = models.Manager()

    class Meta:
        app_label = "core"
        # A registry of its own: what walks over all models must not find this one.
        apps = Apps()

    def __str__(self) -> str:
        return self.public_id


@pytest.fixture
def _samples(db: None) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Sample)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("_samples")
class TestFields:
    @pytest.mark.parametrize(
        "quantity", ["0", "-1.5", "99999999999999999999.999999999999999999", "1e-18", "1E+19"]
    )
    def test_a_quantity_is_kept_exactly(self, quantity: str) -> None:
        Sample.objects.create(quantity=Decimal(quantity))
        assert Sample.objects.get().quantity == Decimal(quantity)

    @pytest.mark.parametrize("quantity", ["1e-19", "0.1234567890123456789", "NaN", "Infinity"])
    def test_a_quantity_that_would_be_rounded_is_refused(self, quantity: str) -> None:
        with pytest.raises((ValueError, ValidationError)), transaction():
            Sample.objects.create(quantity=Decimal(quantity))
        assert not Sample.objects.exists()

    def test_trailing_zeros_are_no_digits(self) -> None:
        Sample.objects.create(unit_price=Decimal("0.0500000000000000"))
        assert Sample.objects.get().unit_price == Decimal("0.05")

    @pytest.mark.parametrize("column", ["quantity", "unit_price"])
    def test_the_database_refuses_nan(self, column: str) -> None:
        Sample.objects.create()
        with pytest.raises(IntegrityError), transaction():
            run(f"UPDATE core_sample SET {column} = 'NaN'")  # noqa: S608  a literal above

    @pytest.mark.parametrize("currency", ["usd", "US", "U$D", ""])
    def test_the_database_refuses_what_is_no_currency_code(self, currency: str) -> None:
        with pytest.raises(IntegrityError), transaction():
            Sample.objects.create(currency=currency)

    @pytest.mark.parametrize(("code", "is_valid"), [("EUR", True), ("XYZ", False), ("XXX", False)])
    def test_a_form_asks_for_a_real_currency(self, code: str, is_valid: bool) -> None:
        row = Sample(currency=code)
        if is_valid:
            row.full_clean()
        else:
            with pytest.raises(ValidationError):
                row.full_clean()

    def test_an_id_is_unique_and_has_one_index(self) -> None:
        first = Sample.objects.create()
        with pytest.raises(IntegrityError), transaction():
            Sample.objects.create(public_id=first.public_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'core_sample'")
            assert cursor.fetchone() == (2,)  # the primary key and the id


class Taken(Conflict):
    code = "taken"
    title = "Taken"


class TestIntegrity:
    def test_a_named_constraint_is_a_named_error(self, globex: Account) -> None:
        def violate() -> None:
            with constraint_errors({"account_closes_after_opening": Taken}), transaction():
                run("UPDATE accounts_account SET closed_at = opened_at")

        with pytest.raises(Taken) as refused:
            violate()
        assert isinstance(refused.value.__cause__, IntegrityError)

    def test_any_other_violation_stays_what_it_is(self, globex: Account) -> None:
        def violate() -> None:
            with constraint_errors({"account_kind": Taken}), transaction():
                run("UPDATE accounts_account SET closed_at = opened_at")

        with pytest.raises(IntegrityError) as refused:
            violate()
        assert constraint_of(refused.value) == "account_closes_after_opening"


class TestTransactions:
    def test_an_inner_operation_that_fails_is_undone_alone(self, globex: Account) -> None:
        def inner() -> None:
            with transaction():
                run("UPDATE accounts_account SET name = 'Inner'")
                raise Taken

        with guards_off("accounts_account"), transaction():
            run("UPDATE accounts_account SET name = 'Outer'")
            with pytest.raises(Taken):
                inner()
        globex.refresh_from_db()
        assert globex.name == "Outer"

    @pytest.mark.django_db(transaction=True)
    def test_part_of_a_whole_refuses_to_stand_alone(self) -> None:
        with pytest.raises(NoTransaction), transaction_required():
            pass


class Deadlock(Exception):
    sqlstate = "40P01"


def failing(times: int, cause: Exception) -> tuple[list[int], Callable[[], int]]:
    tries: list[int] = []

    def work() -> int:
        tries.append(len(tries))
        if len(tries) <= times:
            raise OperationalError from cause
        return len(tries)

    return tries, work


@pytest.mark.django_db(transaction=True)
class TestRetrying:
    def test_a_deadlock_is_tried_again_whole(self) -> None:
        tries, work = failing(2, Deadlock())
        assert retrying(work) == 3
        assert len(tries) == 3

    def test_the_last_failure_is_raised(self) -> None:
        tries, work = failing(9, Deadlock())
        with pytest.raises(OperationalError):
            retrying(work, attempts=3)
        assert len(tries) == 3

    def test_nothing_else_is_tried_again(self) -> None:
        tries, work = failing(9, ConnectionError())
        with pytest.raises(OperationalError):
            retrying(work)
        assert len(tries) == 1

    def test_only_the_edge_retries(self) -> None:
        with transaction(), pytest.raises(RuntimeError, match="edge"):
            retrying(lambda: None)


class TestChecks:
    def test_no_model_of_ours_forgot_its_guard(self) -> None:
        assert append_only_tables_carry_their_triggers(None) == []
        assert tracked_models_keep_their_guard(None) == []

    def test_forgetting_the_triggers_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Bare(AppendOnly):
            class Meta:
                app_label = "core"
                apps = Apps()

            def __str__(self) -> str:
                return ""

        monkeypatch.setattr("core.checks.apps.get_models", lambda: [Account, Bare])
        assert [each.id for each in append_only_tables_carry_their_triggers(None)] == ["core.E001"]

    def test_a_plain_manager_is_no_guard(self) -> None:
        assert is_guarded(Account)
        assert not is_guarded(OutboxEvent)
