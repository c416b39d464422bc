"""Editing a draft: every problem at once, nothing kept that was refused, twice does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from billing.catalogue.models import PlanVersion
from tests.browsers import Browser
from tests.console.platform import Platform
from tests.console.test_invoice_page import words
from tests.console.test_price_shapes import sent

DATES = {"effective_from": "2026-06-01T00:00", "existing_from": "2026-07-01", "reason": "2027"}
GIVEN = json.dumps({"period": {"from": "2026-06-01", "until": "2026-07-01"}, "usage": []})


@pytest.fixture
def draft(platform: Platform, fay: Client) -> PlanVersion:
    """Version 2, drafted by Fay from version 1."""
    fay.post(f"/catalogue/versions/{platform.version.public_id}/draft/", DATES)
    return PlanVersion.objects.get(number=2)


def url(draft: PlanVersion, rest: str) -> str:
    return f"/catalogue/versions/{draft.public_id}/{rest}"


def price(**changed: Any) -> dict[str, Any]:
    """What the price form sends."""
    document = json.dumps({"model": "flat", "amount": "12.50"})
    sent = {"code": "fee", "name": "Platform fee", "meter": "", "match": "", "group_by": ""}
    return sent | {"document": document, "quantity": "1000", "reason": "Costs rose"} | changed


def test_a_draft_begins_with_the_prices_of_its_model(
    platform: Platform, draft: PlanVersion
) -> None:
    assert draft.is_draft
    assert str(draft.effective_from) == "2026-06-01 00:00:00+00:00"
    assert str(draft.existing_from) == "2026-07-01"
    codes = [price.code for price in draft.prices.order_by("position")]
    assert codes == ["dyno-standard-2x", "requests", "fee"]
    assert draft.history.get().history_change_reason == "2027"


def test_drafting_twice_makes_one_draft(
    platform: Platform, draft: PlanVersion, fay: Client
) -> None:
    answer = fay.post(f"/catalogue/versions/{platform.version.public_id}/draft/", DATES)

    assert answer.status_code == 409
    assert "Version 2 is for new subscriptions from this very instant." in words(answer.content)
    assert PlanVersion.objects.count() == 2


def test_existing_subscribers_never_move_before_new_ones(platform: Platform, fay: Client) -> None:
    sent = DATES | {"existing_from": "2026-05-01"}

    answer = fay.post(f"/catalogue/versions/{platform.version.public_id}/draft/", sent)

    assert answer.status_code == 422
    assert "Existing subscribers cannot move before new ones" in words(answer.content)
    assert PlanVersion.objects.count() == 1


def test_the_dates_of_a_draft_are_set(draft: PlanVersion, fay: Client) -> None:
    sent = {"effective_from": "2026-08-01T00:00", "existing_from": "", "reason": "Later"}

    fay.post(url(draft, "dates/"), sent)

    draft.refresh_from_db()
    assert (str(draft.effective_from), draft.existing_from) == ("2026-08-01 00:00:00+00:00", None)


def test_a_price_is_replaced_by_its_code_and_added_by_another(
    draft: PlanVersion, fay: Client
) -> None:
    answer = fay.post(url(draft, "price/?code=fee"), price(), follow=True)
    fay.post(url(draft, "price/"), price(code="support", name="Support"))
    fay.post(url(draft, "price/"), price(code="support", name="Support"))

    assert "Platform fee is in the draft." in words(answer.content)
    assert draft.prices.get(code="fee").definition == {"model": "flat", "amount": "12.50"}
    assert draft.prices.count() == 4


def test_a_usage_price_keeps_meter_dimensions_and_grouping(draft: PlanVersion, fay: Client) -> None:
    document = '{"model": "per_unit", "unit_price": 0.10}'
    sent = price(
        code="big",
        document=document,
        meter="dyno-seconds",
        match="size=huge",
        group_by="resource, size",
    )

    fay.post(url(draft, "price/"), sent)

    kept = draft.prices.select_related("meter").get(code="big")
    assert kept.meter is not None
    assert (kept.meter.code, kept.match) == ("dyno-seconds", {"size": "huge"})
    assert kept.group_by == ["resource", "size"]
    assert kept.definition["unit_price"] == "0.1"


def test_every_problem_of_a_price_is_shown_with_its_place(draft: PlanVersion, fay: Client) -> None:
    bad = '{"model": "graduated", "tiers": [{"up_to": "x"}], "colour": "red", "maximum": "-1"}'

    answer = fay.post(url(draft, "price/?code=fee"), price(document=bad))

    found = words(answer.content)
    assert answer.status_code == 422
    assert "Nothing was saved." in found
    for pointer in ("/tiers/0/up_to", "/tiers/0/unit_price", "/maximum", "/colour"):
        assert pointer in found
    assert "&quot;colour&quot;: &quot;red&quot;" in answer.content.decode()
    assert draft.prices.get(code="fee").definition == {"model": "flat", "amount": "10.00"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"document": "{"}, "This is not a JSON object"),
        ({"document": '{"model": "flat", "model": "flat"}'}, "This is not a JSON object"),
        ({"document": "[]"}, "This is not a JSON object"),
        ({"match": "size"}, "is not one name and its value"),
        ({"code": "no spaces"}, "Enter a valid"),
        ({"meter": "nothing"}, "Select a valid choice"),
        ({"reason": " "}, "This field is required"),
        ({"reason": "\u200b"}, "Say why."),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    changed: dict[str, str], said: str, draft: PlanVersion, fay: Client
) -> None:
    answer = fay.post(url(draft, "price/"), price(code="new") | changed)

    assert answer.status_code == 422
    assert said in words(answer.content)
    assert draft.prices.count() == 3


def test_the_preview_prices_what_is_typed_and_saves_nothing(
    draft: PlanVersion, fay: Client
) -> None:
    tiers = [{"up_to": "100", "unit_price": "0.10"}, {"unit_price": "0.05"}]
    document = json.dumps({"model": "graduated", "unit": "build", "tiers": tiers})
    sent = price(document=document, quantity="150", reason="")

    part = fay.post(url(draft, "price/"), sent, headers={"HX-Request": "true"})
    plain = fay.post(url(draft, "price/?code=fee"), sent | {"preview": "1"})

    assert part.content.decode().strip().startswith('<div id="preview"')
    assert "Comes to $12.50 For 150" in words(part.content)
    assert "Comes to $12.50" in words(plain.content)
    assert draft.prices.get(code="fee").definition == {"model": "flat", "amount": "10.00"}


def test_the_preview_of_a_share_takes_an_amount(draft: PlanVersion, fay: Client) -> None:
    document = json.dumps({"model": "percentage", "percent": "2", "fee_per_event": "0.10"})

    part = fay.post(url(draft, "price/"), price(document=document), headers={"HX-Request": "true"})

    assert "Comes to $20.10" in words(part.content)


def test_the_preview_names_every_problem(draft: PlanVersion, fay: Client) -> None:
    bad = '{"model": "per_unit", "unit_price": "much", "minimum": "-1"}'

    part = fay.post(url(draft, "price/"), price(document=bad), headers={"HX-Request": "true"})

    found = words(part.content)
    assert part.status_code == 200
    assert "2 problems" in found
    assert "/unit_price" in found
    assert "/minimum" in found


def fields_of(page: Any) -> dict[str, str]:
    """What a browser would send of the price form as it is shown."""
    form = page.context["form"]
    shown = {"document": form["document"].value(), "document_seen": form["document_seen"].value()}
    return sent(form.terms.sheet.shown) | shown


TIERS = {
    "document-model": "graduated",
    "document-unit": "build",
    "document-tiers-0-up_to": "100",
    "document-tiers-0-unit_price": "0.10",
    "document-tiers-1-unit_price": "0.05",
}


def by_fields(**changed: str) -> dict[str, Any]:
    """A price as its fields are sent, without a document."""
    sent = price(code="builds", name="Builds", meter="requests", group_by="")
    del sent["document"]
    return sent | TIERS | changed


def test_a_price_is_made_from_fields_and_tiers(draft: PlanVersion, fay: Client) -> None:
    fay.post(url(draft, "price/"), by_fields())

    assert draft.prices.get(code="builds").definition == {
        "model": "graduated",
        "tiers": [{"up_to": "100", "unit_price": "0.10"}, {"unit_price": "0.05"}],
        "unit": "build",
    }


def test_a_tier_is_added_before_the_open_one_and_taken_away_without_saving(
    draft: PlanVersion, fay: Client
) -> None:
    added = fay.post(url(draft, "price/"), by_fields(add="document-tiers"))
    tiers = fields_of(added)
    tiers |= {"document-tiers-1-up_to": "500", "document-tiers-1-unit_price": "0.07"}

    assert added.status_code == 200
    assert [tiers[f"document-tiers-{row}-unit_price"] for row in (0, 2)] == ["0.10", "0.05"]
    removed = fay.post(url(draft, "price/"), by_fields() | tiers | {"remove": "document-tiers-0"})
    left = fields_of(removed)
    assert left["document-tiers-0-up_to"] == "500"
    assert left["document-tiers-1-unit_price"] == "0.05"
    assert not draft.prices.filter(code="builds").exists()


def test_another_model_keeps_what_was_typed_where_it_has_the_field(
    draft: PlanVersion, fay: Client
) -> None:
    changed = by_fields(change="1") | {"document-model": "stairstep"}

    fields = fields_of(fay.post(url(draft, "price/"), changed))

    assert fields["document-tiers-0-up_to"] == "100"
    assert fields["document-tiers-0-price"] == ""
    assert fields["document-unit"] == "build"


def test_what_is_wrong_with_a_price_stands_at_its_field(draft: PlanVersion, fay: Client) -> None:
    wrong = {"document-tiers-0-unit_price": "0,1", "document-included-quantity": "-4"}

    answer = fay.post(url(draft, "price/"), by_fields(**wrong))

    said = words(answer.content)
    assert answer.status_code == 422
    assert "Nothing was saved." in said
    assert "Tier 1, price of a unit : unit_price must be a plain decimal such as 12.50." in said
    assert "Included, units that cost nothing, each period : included must be at least 0." in said
    assert not draft.prices.filter(code="builds").exists()


def test_a_price_below_nothing_is_kept_only_where_it_is_meant(
    draft: PlanVersion, fay: Client
) -> None:
    refunds = by_fields() | {"document-model": "per_unit", "document-unit_price": "-0.10"}

    refused = fay.post(url(draft, "price/"), refunds)
    assert refused.status_code == 422
    assert "A price below 0 pays the customer." in words(refused.content)
    assert not draft.prices.filter(code="builds").exists()

    fay.post(url(draft, "price/"), refunds | {"credit": "on"})
    assert draft.prices.get(code="builds").definition["unit_price"] == "-0.10"


def test_what_differs_from_the_version_before_says_what_it_was(
    draft: PlanVersion, fay: Client
) -> None:
    same = fay.get(url(draft, "price/?code=fee"))
    changed = fields_of(same) | {"document-amount": "12.50"}
    answer = fay.post(url(draft, "price/?code=fee"), price(preview="1") | changed)

    assert "was 10.00" not in words(same.content)
    assert "was 10.00" in words(answer.content)
    assert "Comes to $12.50 Under version 1 $10.00 Difference +$2.50" in words(answer.content)


def test_a_change_in_the_document_alone_goes_before_the_fields(
    draft: PlanVersion, fay: Client
) -> None:
    opened = fields_of(fay.get(url(draft, "price/?code=fee")))
    document = {"document": '{"model": "flat", "amount": "11.00"}'}

    fields_too = price() | opened | document | {"document-amount": "9"}
    both = fay.post(url(draft, "price/?code=fee"), fields_too)
    assert both.status_code == 422
    assert "The fields and the document below them were both changed" in words(both.content)

    tried = fay.post(url(draft, "price/?code=fee"), price(preview="1") | opened | document)
    assert fields_of(tried)["document-amount"] == "11.00"
    fay.post(url(draft, "price/?code=fee"), price() | fields_of(tried))
    assert draft.prices.get(code="fee").definition["amount"] == "11.00"


def test_publishing_is_off_while_a_worked_case_fails_and_says_which(
    draft: PlanVersion, fay: Client
) -> None:
    case = {"name": "Fee", "given": GIVEN, "expected": '{"total": "9.00"}', "reason": "Hold it"}
    fay.post(url(draft, "case/"), case)

    page = fay.get(url(draft, "check/"))

    assert "1 of 1 worked cases fails: “Fee”." in words(page.content)
    assert 'aria-disabled="true" aria-describedby="why-not"' in page.content.decode()


def test_a_price_is_drawn_beside_the_version_before_with_a_tick_for_each_charge(
    draft: PlanVersion, fay: Client
) -> None:
    page = fay.get(url(draft, "price/?code=requests"))

    curve = page.context["curve"]
    assert curve.earlier == "version 1"
    # Acme used 400,000 in May so far, and that is what is tried first.
    assert (curve.charge_count, curve.tried_text) == (1, "400,000")
    assert "Old and new, over the quantity" in words(page.content)

    fields = fields_of(page) | {"document-tiers-1-unit_price": "0.50", "quantity": "2000000"}
    sent_ = price(code="requests", name="Router requests", meter="requests") | fields
    part = fay.post(url(draft, "price/?code=requests"), sent_, headers={"HX-Request": "true"})

    assert b'id="curve" hx-swap-oob="true"' in part.content
    row = next(row for row in part.context["curve"].rows if row.quantity == 2_000_000)
    assert (str(row.before.amount), str(row.after.amount)) == ("0.40", "0.50")
    assert "2,000,000 $0.40 $0.50 +$0.10" in words(part.content)


def test_a_price_with_nothing_to_draw_says_so(draft: PlanVersion, fay: Client) -> None:
    for page in (fay.get(url(draft, "price/?code=fee")), fay.get(url(draft, "price/"))):
        assert page.context["curve"] is None
        assert "Nothing to draw." in words(page.content)


def test_the_cautions_of_a_price_stand_beside_it(draft: PlanVersion, fay: Client) -> None:
    falling = {"document-model": "volume", "document-tiers-0-unit_price": "1"}
    fay.post(url(draft, "price/"), by_fields() | falling)

    found = words(fay.get(url(draft, "price/?code=builds")).content)
    clean = words(fay.get(url(draft, "price/?code=requests")).content)

    assert "Cautions As the draft is kept now" in found
    assert "/tiers/1 Legal, but seldom meant." in found
    assert "Nothing that is legal but seldom meant" in clean


def test_a_price_is_removed_with_a_reason(draft: PlanVersion, fay: Browser) -> None:
    unsaid = fay.post(url(draft, "price/remove/"), {"name": "fee", "reason": ""}, follow=True)
    assert "Nothing was removed: say why first." in words(unsaid.content)
    assert draft.prices.count() == 3

    sent = {"name": "fee", "reason": "No fee any more"}
    sent |= fay.opened(url(draft, "price/remove/"), "fee")
    fay.post(url(draft, "price/remove/"), sent)
    again = fay.post(url(draft, "price/remove/"), sent)

    assert draft.prices.count() == 2
    assert again.status_code == 409


def test_a_case_is_tried_kept_edited_and_removed(draft: PlanVersion, fay: Client) -> None:
    case = {"name": "Fee", "given": GIVEN, "expected": '{"total": "9.00"}', "reason": "Hold it"}
    tried = fay.post(url(draft, "case/"), case | {"try": "1"})
    assert "The total is 10.00, expected was 9.00." in words(tried.content)
    assert not draft.cases.exists()

    kept = fay.post(url(draft, "case/"), case, follow=True)
    assert "is kept; the version does not come to it yet." in words(kept.content)
    right = case | {"expected": '{"total": "10.00"}'}
    edited = fay.post(url(draft, "case/?name=Fee"), right, follow=True)
    assert "is kept and holds." in words(edited.content)
    assert draft.cases.count() == 1

    fay.post(url(draft, "case/remove/"), {"name": "Fee", "reason": "Not needed"})
    assert not draft.cases.exists()


CASE = {
    "name": "Ten builds",
    "reason": "Hold it",
    "given-period-from": "2026-06-01",
    "given-period-until": "2026-07-01",
    "given-usage-0-meter": "requests",
    "given-usage-0-quantity": "2000000",
    "given-usage-0-resource": "web",
    "expected-total": "10.40",
    "expected-lines-0-price": "fee",
    "expected-lines-0-amount": "10.00",
    "expected-lines-1-price": "requests",
    "expected-lines-1-amount": "0.40",
}


def test_a_case_is_written_as_rows_of_usage_and_lines(draft: PlanVersion, fay: Client) -> None:
    fay.post(url(draft, "case/"), CASE)

    kept = draft.cases.get()
    assert kept.given == {
        "period": {"from": "2026-06-01", "until": "2026-07-01"},
        "usage": [{"meter": "requests", "quantity": "2000000", "resource": "web"}],
    }
    assert kept.expected == {
        "total": "10.40",
        "lines": [{"price": "fee", "amount": "10.00"}, {"price": "requests", "amount": "0.40"}],
    }
    shown = fay.get(url(draft, "case/?name=Ten builds")).context["form"]
    assert sent(shown.documents["given"].sheet.shown) | {"name": "Ten builds"} == {
        name: text for name, text in CASE.items() if name.startswith(("given", "name"))
    } | {
        "given-period-zone": "",
        "given-subscribed-from": "",
        "given-subscribed-until": "",
        "given-usage-0-dimensions": "",
    }


def test_what_is_wrong_with_a_case_stands_at_its_field(draft: PlanVersion, fay: Client) -> None:
    wrong = {"given-usage-0-meter": "nope", "given-usage-0-dimensions": "size=big"}

    answer = fay.post(url(draft, "case/"), CASE | wrong)

    used = answer.context["form"].documents["given"].sheet.shown[2].rows[0].nodes[0]
    assert answer.status_code == 422
    assert used.name == "given-usage-0-meter"
    assert used.errors
    assert not draft.cases.exists()


def test_a_row_of_a_case_is_added_without_keeping_it(draft: PlanVersion, fay: Client) -> None:
    answer = fay.post(url(draft, "case/"), CASE | {"add": "expected-lines"})

    assert answer.status_code == 200
    assert 'name="expected-lines-2-price"' in answer.content.decode()
    assert not draft.cases.exists()


def test_every_problem_of_a_case_is_shown(draft: PlanVersion, fay: Client) -> None:
    given = '{"period": {"from": "2026-06-01"}, "usage": [{"meter": "nope"}]}'
    case = {"name": "Fee", "given": given, "expected": "{}", "reason": "Hold it"}

    answer = fay.post(url(draft, "case/"), case)

    found = words(answer.content)
    assert answer.status_code == 422
    for pointer in ("/given/period/until", "/given/usage/0/meter", "/expected/total"):
        assert pointer in found
    assert not draft.cases.exists()


@pytest.mark.parametrize("rest", ["price/?code=nothing", "case/?name=nothing"])
def test_what_the_draft_does_not_have_cannot_be_edited(
    rest: str, draft: PlanVersion, fay: Client
) -> None:
    assert fay.get(url(draft, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["price/", "dates/", "case/", "price/remove/", "case/remove/"])
def test_a_published_version_is_not_edited(rest: str, platform: Platform, fay: Client) -> None:
    case = {"given": GIVEN, "expected": '{"total": "10.00"}'}
    sent = price() | DATES | case | {"name": "fee", "reason": "Just once"}

    answer = fay.post(url(platform.version, rest), sent)

    # What is frozen has no form to take anything out with.
    assert answer.status_code == (422 if "remove" in rest else 409)
    assert platform.version.prices.get(code="fee").definition == {
        "model": "flat",
        "amount": "10.00",
    }


@pytest.mark.parametrize("rest", ["draft/", "dates/", "price/", "case/"])
def test_only_who_proposes_prices_edits(rest: str, draft: PlanVersion, support: Client) -> None:
    for answer in (support.get(url(draft, rest)), support.post(url(draft, rest), price())):
        assert answer.status_code == 403
        assert "finance admin" in words(answer.content)


@pytest.mark.parametrize("rest", ["draft/", "dates/", "price/?code=fee", "case/"])
def test_the_forms_open_filled_in(rest: str, draft: PlanVersion, fay: Client) -> None:
    assert fay.get(url(draft, rest)).status_code == 200
