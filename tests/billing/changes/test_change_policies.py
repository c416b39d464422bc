"""When a subscription may change is put forward by one person and approved by another."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.permissions import OwnProposal, Role
from approvals.models import Proposal
from approvals.operations import deciding
from approvals.operations.putting_forward import Wish, put_forward
from approvals.payloads import PayloadInvalid
from approvals.policy import NotForThisRole
from billing.catalogue.models import Product
from billing.contracts.change_policy import policy_of
from billing.contracts.models import ChangePolicy
from billing.contracts.models.changes import SubscriptionVerb
from core.clock import now
from tests.billing.prices import flat
from tests.browsers import Browser
from tests.cast import person
from tests.story import WHY, Story

CANCEL = SubscriptionVerb.CANCEL


@pytest.fixture
def product(story: Story) -> Product:
    story.on("2026-10-01")
    return story.plan("pro", flat("50.00")).product


def asks(**payload: Any) -> Proposal:
    wish = Wish("change_policy", payload, "new_terms", WHY)
    return put_forward(wish=wish, by=person("ulf", Role.FINANCE_ADMIN), at=now())


def allowed(product: Product) -> list[str]:
    return [each.value for each in policy_of(product.pk, CANCEL).timings]


def test_it_holds_once_another_person_approved(product: Product) -> None:
    before = allowed(product)
    asked = asks(change="cancel", product=product.code, allows=["period_end"])
    assert allowed(product) == before
    said: dict[str, Any] = {"proposal": asked, "seen": asked.seal, "at": now()}
    with pytest.raises(OwnProposal):
        deciding.approve(**said, by=asked.maker)
    made = deciding.approve(**said, by=person("farid", Role.FINANCE_APPROVER))
    assert made is not None
    assert (made.outcome, made.effect_ref) == ("executed", ChangePolicy.objects.get().public_id)
    assert allowed(product) == ["period_end"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"change": "dance"}, "/change"),
        ({"product": "none"}, "/product"),
        ({"allows": []}, "/allows"),
        ({"allows": ["tomorrow"]}, "/allows"),
        ({"more": "1"}, "/more"),
    ],
)
def test_it_is_read_strictly(product: Product, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        asks(**({"change": "cancel", "product": product.code, "allows": ["now"]} | wrong))
    assert [each.pointer for each in refused.value.errors] == [pointer]


def test_support_does_not_put_it_forward(product: Product) -> None:
    wish = Wish("change_policy", {"change": "cancel", "allows": ["now"]}, "new_terms", WHY)
    with pytest.raises(NotForThisRole):
        put_forward(wish=wish, by=person("sena", Role.SENIOR_SUPPORT), at=now())


def test_the_records_put_it_forward_and_change_nothing(product: Product) -> None:
    client = Browser()
    client.force_login(person("ulf", Role.FINANCE_ADMIN))
    page = reverse("admin:contracts_changepolicy_add")
    said = {"product": product.pk, "kind": "cancel", "allows_now": "on", "reason": WHY}
    answer = client.post(page, said)
    assert answer.status_code == 302, answer.content.decode()
    proposal = Proposal.objects.get()
    assert answer.headers["Location"] == f"/proposals/{proposal.public_id}/"
    assert (proposal.kind, proposal.state) == ("change_policy", "open")
    assert not ChangePolicy.objects.exists()
    assert Client().post(page, said).status_code == 302
