"""TD11: support gives at once within what finance granted, and never beyond."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.permissions import Role
from approvals.drawing import MandateNotFor, drawable_kinds
from approvals.models import Mandate, MandateDraw
from approvals.operations import mandates
from approvals.operations.mandates import (
    DrawOfOnesOwn,
    DrawReviewed,
    DrawWish,
    MandateOver,
    MandateOverdrawn,
)
from approvals.operations.putting_forward import Wish, put_forward
from approvals.payloads import PayloadInvalid
from approvals.policy import NotForThisRole
from approvals.queries.mandates import find_mandate, mandate_stamp
from billing.invoicing.models import Adjustment, CreditNote
from core.db.stamps import ChangedSince
from core.errors import DomainError
from tests.at_once import at_once
from tests.billing.receivables.books import Books
from tests.billing.receivables.proposing import Desk
from tests.cast import person
from tests.story import WHY, Story

TERMS: dict[str, Any] = {
    "title": "Small goodwill", "currency": "EUR", "kinds": ["adjustment"],
    "reason_codes": ["goodwill"],
    "per_case": "20.00", "per_account_month": "500.00", "total": "500.00",
    "until": "2026-09-01T00:00:00Z", "review_every": 3,
}  # fmt: skip


def grants(desk: Desk, **changed: Any) -> Mandate:
    """Ulf puts a mandate forward, Farid approves it."""
    wish = Wish("mandate", TERMS | changed, "goodwill", WHY)
    proposal = put_forward(wish=wish, by=desk.ulf, at=desk.books.at)
    made = desk.approves(proposal)
    assert made.outcome == "executed", made.said
    return Mandate.objects.get(public_id=made.effect_ref)


@pytest.fixture
def sam(desk: Desk) -> User:
    return person("sam", Role.SUPPORT)


def gives(
    desk: Desk, mandate: Mandate, amount: str, *, by: User, ticket: str = "C-1", **more: Any
) -> MandateDraw:
    invoice = more.pop("invoice", None) or desk.books.invoice({"a": "100.00"})
    payload = {"invoice": invoice.public_id, "give": amount, "description": "Sorry"}
    wish = DrawWish("adjustment", payload | more, "goodwill", WHY, ticket)
    return mandates.draw(mandate=mandate, wish=wish, by=by, at=desk.books.at)


def left(desk: Desk, mandate: Mandate) -> str:
    return str(find_mandate(mandate.public_id, at=desk.books.at).left)


def test_support_gives_at_once_and_what_is_left_is_less(desk: Desk, sam: User) -> None:
    mandate = grants(desk)
    drawn = gives(desk, mandate, "8.84", by=sam)
    adjustment = Adjustment.objects.get()
    assert (drawn.effect_ref, adjustment.amount_minor) == (adjustment.public_id, -884)
    assert (adjustment.made_by, left(desk, mandate)) == ("Sam", "491.16 EUR")


def test_bounds_of_case_account_and_month_and_all(desk: Desk, sam: User) -> None:
    mandate = grants(desk, per_account_month="30.00", total="45.00")
    gives(desk, mandate, "20.00", by=sam)
    with pytest.raises(MandateOverdrawn, match=r"0\.00 EUR left for this case"):
        gives(desk, mandate, "0.01", by=sam)
    with pytest.raises(MandateOverdrawn, match=r"10\.00 EUR left for this account this month"):
        gives(desk, mandate, "10.01", by=sam, ticket="C-2")
    desk.books.story.on("2026-07-01")
    gives(desk, mandate, "20.00", by=sam, ticket="C-2")
    with pytest.raises(MandateOverdrawn, match=r"5\.00 EUR left in all"):
        gives(desk, mandate, "5.01", by=sam, ticket="C-3")
    desk.books.story.on("2026-09-01")
    with pytest.raises(MandateOver):
        gives(desk, mandate, "1.00", by=sam, ticket="C-4")
    assert Adjustment.objects.count() == MandateDraw.objects.count() == 2


def test_what_it_is_not_for_is_refused(desk: Desk, sam: User) -> None:
    mandate = grants(desk)
    invoice = desk.books.invoice({"a": "100.00"})
    payload = {"invoice": invoice.public_id, "description": "Sorry"}
    for given, code, ticket in (
        ({"charge": "1.00"}, "goodwill", "C-1"),
        ({"give": "1.00"}, "billing_error", "C-1"),
        ({"give": "1.00"}, "goodwill", " "),
    ):
        wish = DrawWish("adjustment", payload | given, code, WHY, ticket)
        with pytest.raises(MandateNotFor):
            mandates.draw(mandate=mandate, wish=wish, by=sam, at=desk.books.at)
    with pytest.raises(NotForThisRole):
        gives(desk, mandate, "1.00", by=desk.farid)
    wrongs: list[dict[str, Any]] = [{"per_case": "600.00"}, {"kinds": ["refund"]}, {"kinds": []}]
    for wrong in wrongs:
        with pytest.raises(PayloadInvalid):
            grants(desk, **wrong)


def draws(
    desk: Desk, mandate: Mandate, kind: str, code: str, *, by: User, **of: Any
) -> MandateDraw:
    """Give something of a kind at once."""
    wish = DrawWish(kind, of, code, WHY, "C-1")
    return mandates.draw(mandate=mandate, wish=wish, by=by, at=desk.books.at)


def test_what_may_be_given_is_what_a_kind_says_itself() -> None:
    assert set(drawable_kinds()) == {
        "adjustment", "credit_note", "grant", "held_settlement", "late_waiver"
    }  # fmt: skip


def test_a_credit_note_is_issued_at_once_and_pays_nothing_out(desk: Desk, sam: User) -> None:
    mandate = grants(desk, kinds=["credit_note"], reason_codes=["goodwill", "billing_error"])
    invoice = desk.books.invoice({"a": "100.00"}, rate="19")
    of = {"invoice": invoice.public_id, "lines": [{"charge": "a", "amount": "10.00"}]}
    drawn = draws(desk, mandate, "credit_note", "goodwill", by=sam, **of)
    note = CreditNote.objects.get()
    assert (drawn.effect_ref, drawn.amount_minor, note.total_minor) == (note.public_id, 1190, 1190)
    desk.books.paid(invoice, "107.10")
    with pytest.raises(MandateNotFor, match="no money is paid out"):
        draws(desk, mandate, "credit_note", "goodwill", by=sam, refund="1.00", **of)
    with pytest.raises(NotForThisRole):
        draws(desk, mandate, "credit_note", "billing_error", by=sam, **of)
    with pytest.raises(MandateOverdrawn):
        draws(desk, mandate, "credit_note", "billing_error", by=desk.sena, **of)
    assert CreditNote.objects.count() == 1


def test_goodwill_credit_is_granted_at_once_and_what_is_taken_back_is_free(
    desk: Desk, sam: User
) -> None:
    mandate = grants(desk, kinds=["grant"])
    of = {
        "account": desk.books.customer.account.public_id,
        "name": "Sorry",
        "from": f"{desk.books.at:%Y-%m-%dT%H:%M:%SZ}",
    }
    drawn = draws(desk, mandate, "grant", "goodwill", by=sam, type="goodwill", amount="12.00", **of)
    assert left(desk, mandate) == "488.00 EUR"
    for wrong in (
        {"type": "promotional", "amount": "1.00"},
        {"type": "goodwill", "units": "5", "unit": "hour"},
        {"type": "goodwill", "amount": "1.00", "recurs_months": 1},
    ):
        with pytest.raises(MandateNotFor):
            draws(desk, mandate, "grant", "goodwill", by=sam, **wrong, **of)
    desk.does("grant", revoke=drawn.effect_ref, reason_code="by_mistake")
    assert left(desk, mandate) == "500.00 EUR"


def test_what_is_sent_again_is_given_once(desk: Desk, sam: User) -> None:
    mandate = grants(desk)
    stamp = mandate_stamp(mandate)
    payload = {
        "invoice": desk.books.invoice({"a": "100.00"}).public_id, "give": "5.00",
        "description": "Sorry",
    }  # fmt: skip
    wish = DrawWish("adjustment", payload, "goodwill", WHY, "C-1")
    said: dict[str, Any] = {"mandate": mandate, "wish": wish, "by": sam, "at": desk.books.at}
    mandates.draw(**said, made_from=stamp)
    with pytest.raises(ChangedSince):
        mandates.draw(**said, made_from=stamp)
    assert left(desk, mandate) == "495.00 EUR"


def test_a_draw_that_is_undone_gives_back_to_its_month(desk: Desk, sam: User) -> None:
    mandate = grants(desk)
    drawn = gives(desk, mandate, "20.00", by=sam)
    desk.books.story.on("2026-07-01")
    desk.does("adjustment", undo=drawn.effect_ref, reason_code="by_mistake")
    back = MandateDraw.objects.get(gives_back=drawn)
    assert (back.amount_minor, back.month_on, left(desk, mandate)) == (
        -2000, drawn.month_on, "500.00 EUR"
    )  # fmt: skip


def test_every_third_is_looked_at_and_a_failed_one_freezes_the_rest(desk: Desk, sam: User) -> None:
    mandate = grants(desk)
    first, _, third = (gives(desk, mandate, "1.00", by=sam, ticket=f"C-{n}") for n in range(3))
    told: dict[str, Any] = {"at": desk.books.at, "reason": WHY}
    assert (first.waits_for_review, third.waits_for_review) == (False, True)
    with pytest.raises(NotForThisRole):
        mandates.review(drawn=third, passed=True, by=sam, **told)
    with pytest.raises(DrawReviewed):
        mandates.review(drawn=first, passed=True, by=desk.farid, **told)
    mandates.review(drawn=third, passed=False, by=desk.farid, **told)
    with pytest.raises(DrawReviewed):
        mandates.review(drawn=third, passed=True, by=desk.nora, **told)
    with pytest.raises(MandateOver):
        gives(desk, mandate, "1.00", by=sam, ticket="C-9")
    assert find_mandate(mandate.public_id, at=desk.books.at).state == "frozen"


def test_nobody_looks_at_what_they_gave(desk: Desk, sam: User) -> None:
    mandate = grants(desk, review_every=1)
    drawn = gives(desk, mandate, "1.00", by=sam)
    drawn.drawn_by_id = desk.farid.pk
    with pytest.raises(DrawOfOnesOwn):
        mandates.review(drawn=drawn, passed=True, by=desk.farid, at=desk.books.at, reason=WHY)


def test_the_database_counts_too(desk: Desk, sam: User) -> None:
    mandate = grants(desk)
    gives(desk, mandate, "15.00", by=sam)
    refused = pytest.raises(IntegrityError)
    with refused as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO approvals_mandatedraw (public_id, mandate_id, number, account_id, "
            "month_on, amount_minor, kind, payload, effect_ref, reason_code, ticket, drawn_by_id, "
            "drawn_at, reason, waits_for_review) SELECT 'mdw_x', mandate_id, 2, account_id, "
            "month_on, 501, kind, payload, effect_ref, reason_code, ticket, drawn_by_id, "
            "drawn_at, reason, false FROM approvals_mandatedraw"
        )
    cause: Any = error.value.__cause__
    assert cause.diag.constraint_name == "mandate_case"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_TD11_four_at_once_draw_what_is_left_and_no_more(transactional_db: None) -> None:
    """Of 500.00 475.27 are drawn; of four draws of 8.84 two succeed, and 7.05 are left."""
    story = Story()
    desk = Desk(Books(story.on("2026-06-01"), story.account("Acme", currency="EUR")))
    sam = person("sam", Role.SUPPORT)
    mandate = grants(desk, per_case="480.00")
    invoice = desk.books.invoice({"a": "900.00"})
    gives(desk, mandate, "475.27", by=sam, invoice=invoice)
    given = at_once(
        *(
            partial(gives, desk, mandate, "8.84", by=sam, ticket=f"A-{n}", invoice=invoice)
            for n in range(4)
        )
    )
    refused = [each for each in given if isinstance(each, DomainError)]
    assert [type(each) for each in refused] == [MandateOverdrawn] * 2
    assert all("7.05" in each.message for each in refused)
    assert left(desk, mandate) == "7.05 EUR"
    assert Adjustment.objects.count() == 3
