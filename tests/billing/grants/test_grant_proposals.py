"""Credit is granted by two people, previewed by what carries it out, and drawn by one invoice."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from approvals.models import Proposal
from approvals.payloads import PayloadInvalid
from approvals.policy import NotForThisRole
from billing.invoicing.models import CreditGrant, GrantMovement
from billing.invoicing.operations import grants
from billing.invoicing.operations.grants import GrantSpent
from core.errors import DomainError
from tests.at_once import at_once
from tests.billing.grants.granted import grants_to, left
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.billing.receivables.proposing import Desk
from tests.people import ADA
from tests.story import WHY, Story

EXECUTED = Proposal.Outcome.EXECUTED


@pytest.fixture
def desk(story: Story) -> Desk:
    """Acme pays a fee of 20.00."""
    plan = story.plan("fee", flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    return Desk(Books(story, acme))


def asks(desk: Desk, **more: Any) -> dict[str, Any]:
    said = {"account": desk.books.customer.account.public_id, "type": "promotional"}
    said |= {"name": "Spring", "amount": "30.00", "from": "2026-03-01T00:00:00+00:00"}
    return said | more


def bills(desk: Desk, day: str) -> None:
    desk.books.story.on(day).runs_billing()


def test_what_was_put_forward_is_granted_and_drawn(desk: Desk) -> None:
    made = desk.does("grant", **asks(desk))
    assert made.outcome == EXECUTED
    grant = CreditGrant.objects.get(public_id=made.effect_ref)
    assert (grant.granted_by, grant.ticket) == ("Farid", "T-1")
    bills(desk, "2026-04-01")
    assert (desk.books.customer.invoice.total_minor, left(grant)) == (0, "10.00")
    bills(desk, "2026-05-01")
    assert (desk.books.customer.invoice.total_minor, left(grant)) == (1000, "0.00")


def test_what_is_left_is_taken_back_once(desk: Desk) -> None:
    made = desk.does("grant", **asks(desk))
    taken = desk.does("grant", revoke=made.effect_ref)
    assert taken.outcome == EXECUTED
    assert left(CreditGrant.objects.get()) == "0.00"
    with pytest.raises(GrantSpent):
        desk.looks_at("grant", revoke=made.effect_ref)


def test_what_an_invoice_drew_is_given_back(desk: Desk) -> None:
    made = desk.does("grant", **asks(desk))
    bills(desk, "2026-04-01")
    back = desk.does("grant", invoice=desk.books.customer.invoice, give_back="7.00")
    assert back.outcome == EXECUTED
    assert left(CreditGrant.objects.get(public_id=made.effect_ref)) == "17.00"


def test_support_grants_a_little_for_goodwill_and_no_more(desk: Desk) -> None:
    from accounts.permissions import Role
    from tests.cast import person

    sam = person("sam", Role.SUPPORT)
    little = asks(desk, amount="50.00", type="goodwill") | {"reason_code": "goodwill"}
    assert desk.proposes("grant", by=sam, **little).state == Proposal.State.OPEN
    with pytest.raises(NotForThisRole):
        desk.proposes("grant", by=sam, **(little | {"amount": "50.01"}))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"type": "gift"}, "/type"),
        ({"amount": "-1"}, "/amount"),
        ({"amount": ""}, "/amount"),
        ({"amount": "1.001"}, "/amount"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-03-01T00:00:00"}, "/from"),
        ({"units": "0", "unit": "request", "amount": None}, "/units"),
        ({"priority": 101}, "/priority"),
        ({"name": ""}, "/name"),
        ({"account": "acc_nobody"}, "/account"),
        ({"bought_with": "CF-77"}, "/bought_with"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_payload_that_cannot_be_read_names_its_field(
    desk: Desk, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        desk.looks_at("grant", **asks(desk, **more))
    assert [each.pointer for each in refused.value.errors] in ([field], [""])
    assert isinstance(refused.value, PayloadInvalid) or more.get("amount") == "1.001"


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_who_spend_one_grant_have_one_winner(transactional_db: None) -> None:
    story = Story().on("2026-03-01")
    grant = grants_to(story.account("Acme"), "Ten", "10.00", starts="2026-03-01")
    take = partial(grants.revoke, grant=grant, at=story.at, by=ADA, reason=WHY)
    answers = at_once(take, take)
    assert [type(each) for each in answers if isinstance(each, DomainError)] == [GrantSpent]
    assert GrantMovement.objects.get().change == -1000
