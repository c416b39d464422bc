"""Two people at one thing: the second is shown both, what was seen and what it is now."""

from __future__ import annotations

import json
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from billing.catalogue.models import PlanVersion
from billing.catalogue.operations import plans
from billing.contracts.models import PriceOverride, Subscription
from billing.invoicing.models import LateUsageDecision
from tests.browsers import MADE_FROM, Browser, TwoPeople, made_from
from tests.console.pages import address
from tests.console.platform import Platform
from tests.console.test_draft_pages import DATES, price
from tests.console.test_invoice_page import words
from tests.console.test_meter_pages import TERMS
from tests.people import ADA
from usage.derivation.refresh import refresh
from usage.models import Event, EventRevision, Meter, MeterVersion, QuarantinedEvent
from usage.operations import backfills, event_corrections, meters, quarantine

TOLD = "It was changed while you looked at it. Nothing was saved."


@pytest.fixture
def ada(two: TwoPeople) -> TwoPeople:
    """Who puts forward, with a colleague who approves it at once."""
    return two


@pytest.fixture
def draft(platform: Platform, fay: Browser) -> PlanVersion:
    fay.post(f"/catalogue/versions/{platform.version.public_id}/draft/", DATES)
    return PlanVersion.objects.get(number=2)


def url(draft: PlanVersion, rest: str) -> str:
    return f"/catalogue/versions/{draft.public_id}/{rest}"


def fee(amount: str, **changed: Any) -> dict[str, Any]:
    return price(document=json.dumps({"model": "flat", "amount": amount}), **changed)


def assert_told(answer: Any, *said: str) -> None:
    page = unescape(words(answer.content))
    assert answer.status_code == 409, page
    assert TOLD in page
    for each in said:
        assert each in page


class TestADraft:
    def test_the_second_to_save_a_price_is_shown_both_and_may_go_on(
        self, draft: PlanVersion, fay: Browser
    ) -> None:
        page = url(draft, "price/?code=fee")
        first, second = fay.opened(page), fay.opened(page)
        fay.post(page, fee("12.50", reason="Costs rose") | first)

        refused = fay.post(page, fee("9.00", reason="A favour") | second)

        assert_told(
            refused,
            "definition",
            '{"model": "flat", "amount": "10.00"}',
            '{"model": "flat", "amount": "12.50"}',
            "Changed by Fay on",
            "Costs rose",
        )
        assert draft.prices.get(code="fee").definition["amount"] == "12.50"
        again = fay.post(page, fee("9.00") | {"made_from": made_from(refused)})
        assert again.status_code == 302
        assert draft.prices.get(code="fee").definition["amount"] == "9.00"

    def test_a_new_price_does_not_replace_one_that_was_never_opened(
        self, draft: PlanVersion, fay: Browser
    ) -> None:
        answer = fay.post(url(draft, "price/"), fee("9.00"))

        assert answer.status_code == 409
        assert "The draft has a price fee already" in words(answer.content)
        assert draft.prices.get(code="fee").definition["amount"] == "10.00"

    def test_a_price_taken_out_meanwhile_is_not_put_back_unseen(
        self, draft: PlanVersion, fay: Browser
    ) -> None:
        page = url(draft, "price/?code=fee")
        second = fay.opened(page)
        fay.post(url(draft, "price/remove/"), {"name": "fee", "reason": "Not sold any more"})

        refused = fay.post(page, fee("9.00") | second)

        assert_told(refused, "Platform fee", "nothing", "Not sold any more")
        assert not draft.prices.filter(code="fee").exists()

    def test_a_price_edited_meanwhile_is_not_taken_out(
        self, draft: PlanVersion, fay: Browser
    ) -> None:
        removal = fay.opened(url(draft, "price/remove/"), "fee")
        fay.post(url(draft, "price/?code=fee"), fee("12.50"))

        refused = fay.post(url(draft, "price/remove/"), {"name": "fee", "reason": "Gone"} | removal)

        page = words(refused.content)
        assert refused.status_code == 409
        assert "you saw" in page
        assert "Nothing was saved." in page
        assert f'href="{url(draft, "")}"' in refused.content.decode()
        assert draft.prices.filter(code="fee").exists()

    def test_dates_set_meanwhile_are_not_overwritten(
        self, draft: PlanVersion, fay: Browser
    ) -> None:
        page = url(draft, "dates/")
        second = fay.opened(page)
        fay.post(page, DATES | {"effective_from": "2026-08-01T00:00", "existing_from": ""})

        refused = fay.post(page, DATES | {"effective_from": "2026-09-01T00:00"} | second)

        assert_told(refused, "2026-06-01 00:00:00 UTC", "2026-08-01 00:00:00 UTC")
        draft.refresh_from_db()
        assert draft.effective_from.month == 8

    def test_a_worked_case_edited_meanwhile_is_not_overwritten(
        self, draft: PlanVersion, fay: Browser
    ) -> None:
        given = {"period": {"from": "2026-06-01", "until": "2026-07-01"}, "usage": []}

        def case(total: str) -> dict[str, str]:
            documents = {"given": json.dumps(given), "expected": json.dumps({"total": total})}
            return {"name": "Only the fee", "reason": "Ticket 3"} | documents

        fay.post(url(draft, "case/"), case("10.00"))
        page = url(draft, "case/?name=Only the fee")
        second = fay.opened(page)
        fay.post(page, case("11.00"))

        assert_told(fay.post(page, case("12.00") | second), '{"total": "10.00"}')
        assert draft.cases.get().expected == {"total": "11.00"}
        assert fay.post(url(draft, "case/"), case("13.00")).status_code == 409
        assert draft.cases.get().expected == {"total": "11.00"}


class TestPublishing:
    def publishes(self, ada: Browser, draft: PlanVersion, opened: dict[str, str]) -> Any:
        return ada.post(
            url(draft, "publish/"),
            {"reason": "Board decision", "reason_code": "new_prices"} | opened,
        )

    def test_figures_the_approver_never_saw_are_not_published(
        self, draft: PlanVersion, fay: Browser, ada: Browser
    ) -> None:
        opened = ada.opened(url(draft, "publish/"))
        fay.post(url(draft, "price/?code=fee"), fee("99.00", reason="One more thing"))

        refused = self.publishes(ada, draft, opened)

        assert_told(refused, "fee: definition", '"amount": "99.00"', "One more thing")
        draft.refresh_from_db()
        assert draft.is_draft
        self.publishes(ada, draft, {"made_from": made_from(refused)})
        draft.refresh_from_db()
        assert not draft.is_draft

    @pytest.mark.parametrize("change", ["dates", "added", "removed", "case"])
    def test_nor_dates_prices_or_cases(
        self, draft: PlanVersion, fay: Browser, ada: Browser, change: str
    ) -> None:
        opened = ada.opened(url(draft, "publish/"))
        given = {"period": {"from": "2026-06-01", "until": "2026-07-01"}, "usage": []}
        case = {"given": json.dumps(given), "expected": '{"total": "10.00"}', "reason": "x"}
        match change:
            case "dates":
                fay.post(url(draft, "dates/"), DATES | {"existing_from": "2026-08-01"})
            case "added":
                fay.post(url(draft, "price/"), fee("1.00", code="support", name="Support"))
            case "removed":
                fay.post(url(draft, "price/remove/"), {"name": "requests", "reason": "x"})
            case "case":
                fay.post(url(draft, "case/"), case | {"name": "Only the fee"})

        assert self.publishes(ada, draft, opened).status_code == 409
        draft.refresh_from_db()
        assert draft.is_draft

    def test_nor_a_caution_that_came_up_meanwhile(
        self, platform: Platform, draft: PlanVersion, ada: Browser
    ) -> None:
        opened = ada.opened(url(draft, "publish/"))
        platform.acme.scales("acme-web", "giant", "1", at="2026-05-11T00:00")
        refresh()

        assert_told(self.publishes(ada, draft, opened), "cautions")

    def test_without_what_it_was_made_from_nothing_is_published(
        self, draft: PlanVersion, ada: Browser
    ) -> None:
        for said in ("", "1", "1.2.3", "x.y.z.a.b"):
            assert self.publishes(ada, draft, {"made_from": said}).status_code in (409, 422)
        draft.refresh_from_db()
        assert draft.is_draft


class TestAgreedPrices:
    def test_a_price_agreed_meanwhile_is_shown_before_another_is(
        self, platform: Platform, ada: Browser
    ) -> None:
        account = platform.acme.account
        subscription = Subscription.objects.get(account=account)
        page = f"/accounts/{account.public_id}/plans/{subscription.public_id}/agree/"
        said = price(price="fee", valid_from="2026-05-15T00:00", valid_until="", dimensions="")
        second = ada.opened(page)
        ada.post(page, said | {"valid_until": "2026-05-20T00:00", "reason": "Contract 17"})

        refused = ada.post(page, said | {"valid_from": "2026-05-20T00:00"} | second)

        assert_told(refused, "fee: definition", "Contract 17")
        assert PriceOverride.objects.count() == 1

    def test_a_price_cleared_meanwhile_is_not_cleared_again(
        self, platform: Platform, ada: Browser
    ) -> None:
        account = platform.acme.account
        subscription = Subscription.objects.get(account=account)
        agree = f"/accounts/{account.public_id}/plans/{subscription.public_id}/agree/"
        said = price(price="fee", valid_from="2026-05-15T00:00", valid_until="", dimensions="")
        ada.post(agree, said)
        page = ada.get(f"/accounts/{account.public_id}/plans/").content.decode()
        clear = next(
            part.split('"')[0] for part in page.split('href="') if "/clear/" in part.split('"')[0]
        )
        second = ada.opened(clear)
        ada.post(clear, {"valid_until": "2026-06-01T00:00", "reason": "It ended"})

        refused = ada.post(clear, {"valid_until": "2026-05-20T00:00", "reason": "x"} | second)

        assert_told(refused, "2026-06-01 00:00:00 UTC", "It ended")


class TestUsage:
    def key(self) -> UUID:
        return Event.objects.get(occurred_at="2026-05-02T09:30Z").key

    def test_of_two_who_amend_an_event_the_second_sees_both(
        self, platform: Platform, ada: Browser
    ) -> None:
        page = f"/usage/events/{self.key()}/amend/"
        said = {"quantity": "500000", "reason": "Counted twice"} | ada.opened(page)
        seen = ada.post(page, said).content.decode().split('name="seen" value="')[1][:64]
        event_corrections.amend(
            self.key(),
            quantity=Decimal(300000),
            data={},
            at=platform.story.at,
            by=ADA,
            reason="Ticket 9",
        )

        refused = ada.post(page, said | {"seen": seen})

        assert_told(refused, "400000", "300000", "Ticket 9")
        assert 'value="500000"' in refused.content.decode()
        assert EventRevision.objects.count() == 1

    def test_an_event_changed_before_the_effect_was_asked_for_is_told_then(
        self, platform: Platform, ada: Browser
    ) -> None:
        page = f"/usage/events/{self.key()}/void/"
        opened = ada.opened(page)
        event_corrections.amend(
            self.key(), quantity=Decimal(1), data={}, at=platform.story.at, by=ADA, reason="First"
        )

        assert_told(ada.post(page, {"reason": "Second"} | opened), "First")

    def test_late_usage_that_grew_meanwhile_is_not_waived_unseen(
        self, platform: Platform, ada: Browser
    ) -> None:
        platform.story.on("2026-05-12T11:30")
        platform.acme.uses("router.requests", "acme-web", "2026-04-20", quantity="1000000")
        page = f"/usage/late/{platform.invoice.number}/waive/"
        opened = ada.opened(page)
        platform.acme.uses("router.requests", "acme-web", "2026-04-21", quantity="2000000")

        refused = ada.post(page, {"reason": "Goodwill"} | opened)

        assert_told(refused, "0.40 USD", "1.20 USD")
        assert not LateUsageDecision.objects.exists()

    def test_a_backfill_closed_meanwhile_is_not_taken_back_unseen(
        self, platform: Platform, ada: Browser
    ) -> None:
        page = f"/usage/backfills/{platform.backfill.public_id}/take-back/"
        opened = ada.opened(page)
        backfills.close(backfill=platform.backfill, at=platform.story.at, by=ADA, reason="Done")

        assert_told(ada.post(page, {"reason": "Wrong"} | opened), "open", "closed", ADA.name)
        platform.backfill.refresh_from_db()
        assert platform.backfill.reverted_at is None

    @pytest.mark.parametrize("do", ["retry", "release", "drop"])
    def test_held_events_settled_meanwhile_are_told(
        self, platform: Platform, ada: Browser, do: str
    ) -> None:
        page = f"/usage/quarantine/settle/?reason=unknown_type&do={do}"
        opened = {"made_from": made_from(ada.get(page)) or "1.1"}
        ids = list(QuarantinedEvent.objects.values_list("pk", flat=True))
        quarantine.drop(ids, at=platform.story.at, by=ADA, reason="A test of theirs")

        refused = ada.post(page, {"reason": "Mine", "reason_code": "checked"} | opened)

        assert_told(refused, "events still held for this", "A test of theirs")


class TestMeters:
    def test_a_version_made_meanwhile_is_not_undone(self, platform: Platform, ada: Browser) -> None:
        page = "/catalogue/meters/requests/version/"
        sent = TERMS | ada.opened(page)
        seen = ada.post(page, sent).content.decode().split('name="seen" value="')[1][:64]
        ada.post(page, sent | {"seen": seen})
        last = MeterVersion.objects.filter(meter__code="requests").count()

        refused = ada.post(page, sent | {"seen": seen})

        assert_told(refused, "version", "Ticket 17")
        assert MeterVersion.objects.filter(meter__code="requests").count() == last == 2

    def test_a_meter_revised_meanwhile_is_not_retired_unseen(
        self, platform: Platform, ada: Browser
    ) -> None:
        page = "/catalogue/meters/requests/retire/"
        opened = ada.opened(page)
        meter = Meter.objects.get(code="requests")
        version = MeterVersion.objects.get(meter=meter)
        meters.revise(
            meter=meter,
            terms=meters.MeterTerms(
                event_type=version.event_type, filter_expression="quantity > 0"
            ),
            effective_from=platform.story.at,
            at=platform.story.at,
            by=ADA,
            reason="Only real ones",
        )

        refused = ada.post(page, {"effective_until": "2026-06-01T00:00", "reason": "x"} | opened)

        assert_told(refused, "filter expression", "quantity > 0", "Only real ones")
        meter.refresh_from_db()
        assert meter.retired_at is None


@pytest.mark.parametrize(
    "screen",
    ["quarantine-settle", "event-correct", "backfill-step", "meter-version", "meter-retire"],
)
def test_a_form_over_what_exists_carries_what_it_was_made_from(
    platform: Platform, ada: Client, screen: str
) -> None:
    assert MADE_FROM.search(ada.get(address(screen, platform)).content.decode())


def test_a_case_of_the_catalogue_is_unchanged_by_looking(draft: PlanVersion, fay: Browser) -> None:
    """Opening pages and trying prices changes no stamp."""
    page = url(draft, "price/?code=fee")
    first = fay.opened(page)
    fay.get(page)
    fay.post(page, fee("1.00") | {"preview": "1"})
    assert fay.opened(page) == first
    plans.set_price(
        version=draft,
        terms=plans.PriceTerms("other", "Other", {"model": "flat", "amount": "1"}),
        by=ADA,
        reason="Beside it",
    )
    assert fay.opened(page) == first
