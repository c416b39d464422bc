"""What a claim comes to, by the code that bills: billed, if this is right, what is credited."""

import pytest

from billing.disputes.facts import FactInvalid, FactNotOfLine
from billing.disputes.models import DisputeCase, DisputeLine
from billing.disputes.operations.line_decisions import NothingToGrant
from billing.invoicing.models import CreditNote
from billing.invoicing.operations.credit_notes import InvoiceIsVoid
from core.decimals import DecimalRefused
from core.errors import DomainError, Invalid
from core.instants import DateInvalid
from tests.billing.disputes.claiming import Counter, amount, figures, last_draft
from tests.billing.prices import flat, per_unit, requests
from tests.billing.receivables.books import parts
from tests.billing.receivables.test_proposed_corrections import tiered
from tests.billing.tax.rates import lives_in, rate
from tests.story import Story


def test_it_ended_on_the_eleventh(counter: Counter) -> None:
    """31.00 for March; ten days of 31 are 10.00."""
    line = counter.runs_a_dyno().contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")

    assert figures(line) == ("31.00", "10.00", "21.00", "21.00")
    assert amount(line, line.claimed_minor) == "21.00"


def test_it_was_down_for_a_day(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests(
        "was_down", down_from="2026-03-02T12:00:00Z", down_until="2026-03-03T12:00:00Z"
    )

    assert figures(line) == ("31.00", "30.00", "1.00", "1.00")


def test_it_is_not_theirs(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")

    assert figures(line) == ("31.00", "0.00", "31.00", "31.00")


def test_the_quantity_was_another(counter: Counter) -> None:
    """TM11: rated again by its tiers, not by an average."""
    tiers = [("10", "1.00"), ("20", "0.50"), (None, "0.25")]
    counter.calls("22", price=tiered(counter.story, "graduated", *tiers))
    line = counter.contests("quantity_differs", quantity="12")

    assert figures(line) == ("15.50", "11.00", "4.50", "4.50")


def test_the_price_should_be_another(counter: Counter) -> None:
    line = counter.calls("40").contests("price_differs", unit_price="0.75")

    assert figures(line) == ("40.00", "30.00", "10.00", "10.00")


@pytest.mark.parametrize(
    ("stated", "drafted"),
    [
        ("10 at 1.00, rest at 0.25", "13.00"),
        ("10 at 0.5,20 at 0.50,  rest at 0.25", "10.50"),
        ("rest at 0.10", "2.20"),
    ],
)
def test_the_prices_of_tiers_should_be_others(counter: Counter, stated: str, drafted: str) -> None:
    """22 of 10 at 1.00, 10 at 0.50 and the rest at 0.25 were 15.50."""
    tiers = [("10", "1.00"), ("20", "0.50"), (None, "0.25")]
    counter.calls("22", price=tiered(counter.story, "graduated", *tiers))
    line = counter.contests("price_differs", unit_price=stated)
    assert figures(line)[:2] == ("15.50", drafted)


@pytest.mark.parametrize("stated", ["10 at 1", "rest at 1, 10 at 2", "x at 1, rest at 2", "5"])
def test_tiers_that_say_nothing_are_refused(counter: Counter, stated: str) -> None:
    counter.calls("22", price=tiered(counter.story, "graduated", ("10", "1.00"), (None, "0.25")))
    with pytest.raises(Invalid) as raised:
        counter.contests("price_differs", unit_price=stated)
    assert raised.value.status == 422


def test_the_price_of_a_fee_should_be_another(counter: Counter, story: Story) -> None:
    plan = story.plan("fee", flat("65.00"))
    counter.customer = acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01").runs_billing()
    line = counter.contests("price_differs", of=acme.invoice.lines.get(), unit_price="60.00")

    assert figures(line) == ("65.00", "60.00", "5.00", "5.00")


def test_of_a_price_with_tax_in_it_no_more_is_credited_than_was_paid(
    counter: Counter, story: Story
) -> None:
    """121.00 with 21 % in it for ten calls; of five the customer paid 60.50 too much."""
    rate("ES", "0.21")
    plan = story.plan("calls", per_unit(requests(story), "12.10"), currency="EUR")
    counter.customer = acme = story.on("2026-03-01").account("Acme", currency="EUR")
    acme.app("acme-web")
    acme.subscribes(plan)
    story.on("2026-03-02")
    lives_in(acme, "ES", zone="UTC", prices_include_tax=True)
    acme.uses("router.requests", "acme-web", "2026-03-02", quantity="10")
    story.on("2026-04-01").runs_billing()

    line = counter.contests("quantity_differs", quantity="5")

    assert figures(line) == ("100.00", "50.00", "50.00", "60.50")
    counter.approves(counter.grants(line))
    note = CreditNote.objects.get()
    assert (note.subtotal_minor, note.tax_minor, note.total_minor) == (5000, 1050, 6050)
    again = counter.runs_again(counter.contests("not_ours"))
    assert amount(line, again.gross_minor) == "60.50"


def test_two_prices_are_never_mistaken_for_each_other(counter: Counter) -> None:
    counter.calls("40")
    first = counter.contests("price_differs", unit_price="0.75")
    again = counter.runs_again(first, unit_price="0.50")

    assert amount(first, again.credit_minor) == "20.00"


def test_an_event_is_counted_twice(counter: Counter) -> None:
    counter.calls("30", "10", "30")
    line = counter.contests("counted_twice", event="evt-3", same_as="evt-1")

    assert figures(line) == ("70.00", "40.00", "30.00", "30.00")
    said = [each["text"] for each in last_draft(line).evidence]
    assert "The two differ in their instant." in said


def test_td15_a_correction_that_stands_is_subtracted(counter: Counter) -> None:
    """77.50 billed, 30.00 of it credited as a correction; the price was half."""
    counter.calls("77.5")
    note = counter.desk.books.credits(counter.invoice, counter.charge.key, "30.00")
    counter.desk.does(
        "adjustment",
        reason_code="goodwill",
        invoice=counter.invoice,
        give="5.00",
        description="Sorry",
    )
    line = counter.contests("price_differs", unit_price="0.50")
    draft = last_draft(line)

    assert amount(line, draft.drafted_minor) == "38.75"
    assert amount(line, draft.billed_minor - draft.corrected_minor) == "47.50"
    assert amount(line, draft.credit_minor) == "8.75"
    said = [each["text"] for each in draft.evidence]
    assert f"{note} credits 30.00 USD of this invoice: billing error." in said
    assert "5.00 USD was given for this invoice: Sorry." in said
    with pytest.raises(DomainError, match=r"Up to 8\.75 USD"):
        counter.grants(line, "38.75")


def test_what_comes_out_dearer_is_kept_and_not_granted(counter: Counter) -> None:
    """Of 16 units at 5.00 each because 16 is the second tier, 15 would have been 150.00."""
    tiers = [("15", "10"), (None, "5")]
    counter.calls("16", price=tiered(counter.story, "volume", *tiers))
    line = counter.contests("quantity_differs", quantity="15")

    assert figures(line) == ("80.00", "150.00", "-70.00", "0.00")
    assert (line.claimed_minor, line.hold) == (0, None)
    with pytest.raises(NothingToGrant, match=r"80\.00 USD stands.*comes to 150\.00 USD"):
        counter.grants(line)


def test_what_was_corrected_since_is_not_credited_twice(counter: Counter, story: Story) -> None:
    """The event is voided after the invoice: the next bill gives it back, so nothing is claimed."""
    counter.calls("30", "10")
    counter.voids("evt-1")
    line = counter.contests("quantity_differs", quantity="10")

    assert figures(line) == ("40.00", "40.00", "0.00", "0.00")


def test_tax_comes_on_top(counter: Counter) -> None:
    counter.runs_a_dyno()
    line = counter.contests("not_ours")
    counter.approves(counter.grants(line))

    assert parts(CreditNote.objects.get()) == ("31.00", "0.00")


@pytest.mark.parametrize(
    ("reason", "facts", "error"),
    [
        ("because", {}, FactInvalid),
        ("ended_earlier", {}, FactInvalid),
        ("ended_earlier", {"ended_at": "yesterday"}, DateInvalid),
        ("ended_earlier", {"ended_at": "2026-05-01T00:00:00Z"}, FactNotOfLine),
        ("ended_earlier", {"ended_at": "2026-03-02T00:00:00Z", "why": "x"}, FactInvalid),
        ("quantity_differs", {"quantity": "-1"}, FactInvalid),
        ("quantity_differs", {"quantity": "1e9"}, DecimalRefused),
        ("price_differs", {"unit_price": "NaN"}, DecimalRefused),
        ("counted_twice", {"event": "evt-1", "same_as": "evt-1"}, FactNotOfLine),
        ("counted_twice", {"event": "evt-1", "same_as": "nobody"}, FactNotOfLine),
        (
            "was_down",
            {"down_from": "2026-03-02T00:00:00Z", "down_until": "2026-03-01T00:00:00Z"},
            FactInvalid,
        ),
    ],
)
def test_a_fact_that_says_nothing_opens_nothing(
    counter: Counter, reason: str, facts: dict[str, str], error: type[DomainError]
) -> None:
    counter.runs_a_dyno()
    with pytest.raises(error) as refused:
        counter.contests(reason, facts)
    assert refused.value.errors
    assert not DisputeCase.objects.exists()
    assert not DisputeLine.objects.exists()


def test_a_void_invoice_is_not_contested(counter: Counter) -> None:
    counter.runs_a_dyno()
    counter.desk.does("void", invoice=counter.invoice)
    with pytest.raises(InvoiceIsVoid):
        counter.contests("not_ours")
