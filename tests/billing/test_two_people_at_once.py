"""Two people decide on one thing at the same moment: one wins, the other is told both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from billing.catalogue.models import Plan, PlanVersion, Price
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import PriceOverride, Subscription
from billing.contracts.operations import agreed_prices, subscriptions
from billing.contracts.operations.agreed_prices import AgreedPrice
from billing.contracts.operations.subscriptions import PlanRetired
from billing.invoicing.drafting.late_usage import late_usage
from billing.invoicing.models import LateUsageDecision
from billing.invoicing.operations import late_usage as operations
from billing.publishing import operations as publishing
from billing.publishing.queries import publication
from core.db.stamps import ChangedSince, Seen, stamp_of, unchanged
from core.errors import DomainError
from tests.at_once import at_once, while_open
from tests.billing.prices import flat
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

SAID: dict[str, Any] = {"by": ADA, "reason": WHY}


@pytest.fixture
def story(transactional_db: None) -> Story:
    return Story()


def one_wins(*calls: Callable[[], Any]) -> ChangedSince:
    """All of them at once; what the loser is told."""
    refused = [answer for answer in at_once(*calls) if isinstance(answer, DomainError)]
    (told,) = refused
    assert isinstance(told, ChangedSince), told
    assert told.status == 409
    return told


class TestADraft:
    @pytest.fixture
    def draft(self, story: Story) -> PlanVersion:
        return plans.draft_version(
            plan=story.plan("team", flat("10.00")),
            effective_from=instant("2027-01-01"),
            prices=[flat("20.00")],
            **SAID,
        )

    def sets(self, draft: PlanVersion, amount: str, stamp: str) -> Price:
        seen = Seen(Price, {"plan_version_id": draft.pk, "code": "fee"})
        with unchanged(draft, stamp, seen):
            return plans.set_price(version=draft, terms=flat(amount), **SAID)

    def test_of_two_who_save_one_price_one_wins(self, draft: PlanVersion) -> None:
        stamp = stamp_of(Seen(Price, {"plan_version_id": draft.pk, "code": "fee"}))
        told = one_wins(
            partial(self.sets, draft, "21.00", stamp), partial(self.sets, draft, "22.00", stamp)
        )
        (difference,) = told.differences
        assert (difference.field, difference.old) == (
            "definition",
            '{"model": "flat", "amount": "20.00"}',
        )
        assert str(draft.prices.get().definition["amount"]) in difference.new

    def test_of_two_who_add_a_price_of_one_code_one_does(self, draft: PlanVersion) -> None:
        def adds(amount: str) -> Price:
            terms = PriceTerms("support", "Support", {"model": "flat", "amount": amount})
            return plans.set_price(version=draft, terms=terms, replaces=False, **SAID)

        answers = at_once(partial(adds, "1.00"), partial(adds, "2.00"))
        assert {type(each) for each in answers} == {Price, plans.CodeTaken}

    def test_a_price_saved_while_it_is_published_is_in_neither_or_both(
        self, story: Story, draft: PlanVersion
    ) -> None:
        results = publication.case_results(draft)
        cautions = publication.version_cautions(draft, at=story.at)
        seen = publication.checked_stamp(publication.content_stamp(draft), results, cautions)
        publishes = partial(publishing.publish, version=draft, at=story.at, made_from=seen, **SAID)
        stamp = stamp_of(Seen(Price, {"plan_version_id": draft.pk, "code": "fee"}))
        _, told = while_open(partial(self.sets, draft, "99.00", stamp), publishes)
        assert isinstance(told, ChangedSince)
        draft.refresh_from_db()
        assert (draft.state, draft.prices.get().definition["amount"]) == ("draft", "99.00")


class TestWhatAnAccountHas:
    @pytest.fixture
    def acme(self, story: Story) -> Customer:
        self.plan = story.plan("team", flat("10.00"))
        story.on("2026-03-01")
        customer = story.account("Acme")
        customer.subscribes(self.plan)
        return customer

    def test_of_two_who_end_a_subscription_one_wins(self, story: Story, acme: Customer) -> None:
        running = Subscription.objects.get()
        stamp = stamp_of(Seen.row(running))

        def ends(on: str) -> Subscription:
            with unchanged(running, stamp):
                return subscriptions.end(subscription=running, at=instant(on), **SAID)

        told = one_wins(partial(ends, "2026-05-01"), partial(ends, "2026-06-01"))
        assert [each.field for each in told.differences] == ["ended at"]

    def test_of_two_who_agree_a_price_one_wins(self, story: Story, acme: Customer) -> None:
        running = Subscription.objects.get()
        seen = (
            Seen.row(running),
            Seen(PriceOverride, {"subscription_id": running.pk}, named="price_code"),
        )
        stamp = stamp_of(*seen)

        def agrees(amount: str, since: str, until: str) -> PriceOverride:
            price = AgreedPrice(
                "fee", {"model": "flat", "amount": amount}, instant(since), instant(until)
            )
            with unchanged(running, stamp, *seen):
                return agreed_prices.agree(subscription=running, price=price, at=story.at, **SAID)

        one_wins(
            partial(agrees, "5.00", "2026-04-01", "2026-05-01"),
            partial(agrees, "6.00", "2026-05-01", "2026-06-01"),
        )
        assert PriceOverride.objects.count() == 1

    def test_nobody_subscribes_to_a_plan_that_is_being_retired(
        self, story: Story, acme: Customer
    ) -> None:
        other = story.account("Globex").account

        def starts() -> Subscription:
            plan = Plan.objects.get(pk=self.plan.pk)
            return subscriptions.start(account=other, plan=plan, at=story.at, **SAID)

        retires = partial(plans.retire_plan, plan=self.plan, at=story.at, **SAID)
        _, answer = while_open(retires, starts)
        assert isinstance(answer, PlanRetired)
        assert not Subscription.objects.filter(account=other).exists()

    def test_of_two_who_waive_one_difference_one_wins(self, story: Story, acme: Customer) -> None:
        requests = story.meter("requests", event_type="router.requests")
        per_request = {"model": "per_unit", "unit_price": "0.10"}
        plan = story.plan("usage", PriceTerms("requests", "Requests", per_request, requests))
        globex = story.account("Globex")
        globex.app("globex-web")
        globex.subscribes(plan)
        story.on("2026-04-02")
        globex.uses("router.requests", "globex-web", "2026-03-10", quantity="5")
        story.runs_billing()
        globex.uses("router.requests", "globex-web", "2026-03-20", quantity="10")
        invoice = globex.invoice
        (late,) = late_usage([invoice])
        waives = partial(
            operations.waive, invoice=invoice, at=story.at, made_from=late.stamp, **SAID
        )
        told = one_wins(waives, waives)
        (difference,) = told.differences
        assert (difference.old, difference.new) == ("1.00 USD", "0.00 USD")
        assert [each.actor_name for each in told.changes] == [ADA.name]
        assert LateUsageDecision.objects.count() == 1
