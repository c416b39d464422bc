"""Revenue in the month it is earned: by day, to the cent, and a month never rewritten."""

import pytest

from billing.closing.models import RevenueEntry, RevenueSchedule
from billing.closing.months import MonthInvalid, MonthNotOver, read_month
from billing.closing.operations.recognition import recognise
from billing.invoicing.models import CreditNote
from billing.ledger.models import Journal
from billing.ledger.period_locks import PeriodLocked
from billing.receivables.operations import corrections
from core.actor import ReasonMissing
from core.invariants import invariants
from tests.billing.closing.revenue_books import Charge, RevenueBooks
from tests.people import ADA
from tests.story import WHY, Story, instant

pytestmark = pytest.mark.django_db


def months(first: str, count: int) -> list[str]:
    """So many months from one on."""
    month, found = read_month(first), []
    for _ in range(count):
        found.append(str(month))
        month = month.following
    return found


def holds(*ids: str) -> bool:
    """Whether these invariants hold."""
    found = [each for each in invariants() if each.id in ids]
    assert found
    return all(each.check().holds for each in found)


def test_tm44_a_service_from_the_last_day_of_a_month_ends_with_the_rest(
    books: RevenueBooks,
) -> None:
    books.story.on("2024-01-31")
    books.bills(year=Charge("366.00", "2024-01-31", "2025-01-31"))
    for month in months("2024-01", 13):
        books.recognises(month)
    assert [books.earned(month) for month in months("2024-01", 13)] == [
        "1.00", "29.00", "31.00", "30.00", "31.00", "30.00", "31.00", "31.00", "30.00", "31.00",
        "30.00", "31.00", "30.00",
    ]  # fmt: skip
    assert books.stands("deferred-revenue", "2025-01") == "0.00"


@pytest.mark.parametrize(
    ("first", "until", "earned"),
    [
        ("2028-02-29", "2028-03-29", "1.03"),
        ("2028-02-15", "2028-03-15", "15.51"),
        ("2028-02-02", "2028-03-02", "28.96"),
        ("2028-02-01", "2028-03-01", "29.99"),
    ],
)
def test_tm44_of_29_days_so_many_lie_in_february_and_march_takes_the_rest(
    books: RevenueBooks, first: str, until: str, earned: str
) -> None:
    books.story.on("2028-02-01")
    books.bills(fee=Charge("29.99", first, until))
    books.recognises("2028-02")
    assert books.earned("2028-02") == earned
    books.recognises("2028-03")
    assert books.stands("revenue", "2028-03") == "29.99"
    assert books.sums("2028-03")[1:] == ("0.00", "0.00")


class TestCreditNotes:
    """TM45: 120.00 for January to March 2026, 30.00 of it credited."""

    @pytest.fixture(autouse=True)
    def _quarter(self, books: RevenueBooks) -> None:
        books.story.on("2026-01-01")
        books.bills(quarter=Charge("120.00", "2026-01-01", "2026-04-01"))

    def test_tm45_a_note_at_once_spreads_over_all_of_it(self, books: RevenueBooks) -> None:
        books.story.on("2026-01-02")
        books.credits(books.customer.invoice, "quarter", "30.00")
        for month in months("2026-01", 3):
            books.recognises(month)
        assert [books.earned(each) for each in months("2026-01", 3)] == ["31.00", "28.00", "31.00"]
        assert [books.stands("deferred-revenue", each) for each in months("2026-01", 3)] == [
            "59.00", "31.00", "0.00",
        ]  # fmt: skip
        assert books.stands("revenue", "2026-03") == "90.00"

    def test_tm45_a_note_in_march_is_caught_up_in_march(self, books: RevenueBooks) -> None:
        for month in months("2026-01", 2):
            books.recognises(month)
            books.locks(month)
        books.story.on("2026-03-05")
        books.credits(books.customer.invoice, "quarter", "30.00")
        books.recognises("2026-03")
        assert [books.earned(each) for each in months("2026-01", 3)] == ["41.33", "37.34", "11.33"]
        deferred = [books.stands("deferred-revenue", each) for each in months("2026-01", 3)]
        assert deferred == ["78.67", "41.33", "0.00"]
        assert holds("R1", "R2", "R3", "I29", "I30")

    def test_a_note_in_february_leaves_an_open_january_as_it_is(self, books: RevenueBooks) -> None:
        books.recognises("2026-01")
        books.story.on("2026-02-10")
        books.credits(books.customer.invoice, "quarter", "30.00")
        for month in months("2026-01", 3):
            books.recognises(month)
        assert [books.earned(each) for each in months("2026-01", 3)] == ["41.33", "17.67", "31.00"]

    def test_a_note_of_all_of_it_takes_back_what_was_earned(self, books: RevenueBooks) -> None:
        books.recognises("2026-01")
        books.locks("2026-01")
        books.story.on("2026-02-10")
        corrections.credit_all(
            invoice=books.customer.invoice,
            reason_code=CreditNote.Reason.BILLING_ERROR,
            recorded=books.recorded(),
        )
        books.recognises("2026-02")
        assert books.earned("2026-02") == "-41.33"
        assert books.sums("2026-02")[1:] == ("0.00", "0.00")

    def test_a_void_takes_back_what_was_earned_in_its_own_month(self, books: RevenueBooks) -> None:
        books.recognises("2026-01")
        books.locks("2026-01")
        books.story.on("2026-02-10")
        corrections.void(invoice=books.customer.invoice, recorded=books.recorded("2026-01-20"))
        books.recognises("2026-02")
        assert (books.earned("2026-01"), books.earned("2026-02")) == ("41.33", "-41.33")
        assert books.stands("revenue", "2026-02") == "0.00"
        assert holds("R1", "R2", "R3", "L3")


def test_wg6_a_year_earns_its_days_in_january(books: RevenueBooks) -> None:
    books.story.on("2026-01-01")
    books.bills(year=Charge("1200.00", "2026-01-01", "2027-01-01"))
    books.recognises("2026-01")
    assert books.sums("2026-01") == ("101.92", "1098.08", "0.00")
    assert books.stands("deferred-revenue", "2026-01") == "1098.08"


def test_wg7_fifty_for_january_by_day(books: RevenueBooks) -> None:
    """50.00 over 31 days: 1.61 by the first, 24.19 by the 15th, and all of it in the end."""
    books.story.on("2026-01-31")
    books.bills(
        one=Charge("50.00", "2026-01-31", "2026-03-03"),
        fifteen=Charge("50.00", "2026-01-17", "2026-02-17"),
    )
    books.recognises("2026-01")
    entries = RevenueEntry.objects.order_by("schedule__charge_key")
    assert [each.recognised_minor for each in entries] == [2419, 161]
    for month in months("2026-02", 2):
        books.recognises(month)
    assert books.stands("revenue", "2026-03") == "100.00"


def test_wg8_a_year_usage_a_true_up_and_a_note(books: RevenueBooks) -> None:
    books.story.on("2026-01-01")
    year = books.bills(tax="240.00", year=Charge("1200.00", "2026-01-01", "2027-01-01"))
    books.paid(year, "1440.00")
    books.story.on("2026-01-31")
    used = books.bills(usage=Charge("50.00", "2026-01-01", "2026-01-31", kind="usage"))
    books.credits(used, "usage", "30.00")
    books.story.on("2026-02-01")
    books.bills(least=Charge("50.00", "2026-01-01", "2026-02-01", kind="true_up"))
    books.recognises("2026-01")
    assert books.sums("2026-01") == ("171.92", "1098.08", "50.00")
    assert books.stands("revenue", "2026-01") == "171.92"
    assert books.stands("unbilled-revenue", "2026-01") == "-50.00"
    assert books.stands("tax-payable", "2026-01") == "240.00"
    assert books.stands("cash", "2026-01") == "-1440.00"
    books.recognises("2026-02")
    assert books.stands("unbilled-revenue", "2026-02") == "0.00"
    assert holds("R1", "R2", "R3", "I29", "I30")


def test_usage_billed_in_november_is_earned_in_october(books: RevenueBooks) -> None:
    books.story.on("2026-11-02")
    books.bills(usage=Charge("64.00", "2026-10-01", "2026-11-01", kind="usage"))
    books.recognises("2026-10")
    assert books.sums("2026-10") == ("64.00", "0.00", "64.00")
    books.recognises("2026-11")
    assert books.sums("2026-11") == ("0.00", "0.00", "0.00")


def test_an_invoice_for_a_locked_month_is_earned_in_the_first_open_one(
    books: RevenueBooks,
) -> None:
    books.locks("2026-10")
    books.story.on("2026-11-10")
    books.bills(usage=Charge("64.00", "2026-10-01", "2026-11-01", kind="usage"))
    books.recognises("2026-11")
    assert (books.earned("2026-10"), books.earned("2026-11")) == ("0.00", "64.00")


def test_a_month_is_the_customers_own(books: RevenueBooks) -> None:
    """October of Auckland begins on 30 September in UTC; all of it is October's."""
    books.zone = "Pacific/Auckland"
    books.story.on("2026-11-02")
    books.bills(fee=Charge("31.00", "2026-10-01", "2026-11-01"))
    books.recognises("2026-10")
    assert books.earned("2026-10") == "31.00"
    assert RevenueSchedule.objects.get().first_on.isoformat() == "2026-10-01"


def test_a_discount_is_earned_with_its_charge(books: RevenueBooks) -> None:
    books.story.on("2026-01-01")
    books.bills(
        plan=Charge("100.00", "2026-01-01", "2026-03-02"),
        plan__discount=Charge("-40.00", "2026-01-01", "2026-03-02", kind="discount"),
    )
    books.recognises("2026-01")
    assert RevenueSchedule.objects.get().amount_minor == 6000
    assert books.sums("2026-01") == ("31.00", "29.00", "0.00")


def test_what_is_credited_of_a_charge_in_two_parts_is_shared(books: RevenueBooks) -> None:
    books.story.on("2026-01-01")
    invoice = books.bills(
        plan=Charge("10.01", "2026-01-01", "2026-02-01"),
        plan__later=Charge("20.02", "2026-02-01", "2026-03-01"),
    )
    books.recognises("2026-02")
    books.story.on("2026-03-01")
    books.credits(invoice, "plan", rest=True)
    books.recognises("2026-03")
    assert books.earned("2026-03") == "-30.03"
    assert books.sums("2026-03")[1:] == ("0.00", "0.00")
    assert sum(RevenueEntry.objects.values_list("recognised_minor", flat=True)) == 0


class TestAgain:
    """Recognising again, early, late, in another order."""

    def test_a_second_pass_writes_nothing(self, books: RevenueBooks) -> None:
        books.story.on("2026-01-01")
        books.bills(year=Charge("1200.00", "2026-01-01", "2027-01-01"))
        assert len(books.recognises("2026-01")) == 1
        journals = Journal.objects.count()
        assert books.recognises("2026-01") == []
        assert Journal.objects.count() == journals

    def test_skipped_months_are_recognised_one_by_one(self, books: RevenueBooks) -> None:
        books.story.on("2026-01-01")
        books.bills(quarter=Charge("90.00", "2026-01-01", "2026-04-01"))
        books.recognises("2026-03")
        assert [books.earned(each) for each in months("2026-01", 3)] == ["31.00", "28.00", "31.00"]

    def test_an_earlier_month_again_puts_the_later_ones_right(self, books: RevenueBooks) -> None:
        books.story.on("2026-01-01")
        books.bills(quarter=Charge("90.00", "2026-01-01", "2026-04-01"))
        books.recognises("2026-02")
        books.bills(usage=Charge("10.00", "2026-01-05", "2026-01-06", kind="usage"))
        books.recognises("2026-01")
        assert books.sums("2026-02") == ("28.00", "31.00", "10.00")
        assert books.earned("2026-01") == "41.00"
        assert holds("R1", "R2", "R3")

    def test_currencies_are_apart(self, story: Story, books: RevenueBooks) -> None:
        yen = RevenueBooks(story, story.account("Kaisha", currency="JPY"))
        story.on("2026-01-01")
        books.bills(fee=Charge("31.00", "2026-01-01", "2026-02-01"))
        yen.bills(fee=Charge("100", "2026-01-31", "2026-02-03"))
        made = books.recognises("2026-01")
        assert [each.currency for each in made] == ["EUR", "JPY"]
        assert sorted(RevenueEntry.objects.values_list("recognised_minor", flat=True)) == [33, 3100]


def test_a_month_that_is_not_over_is_not_recognised(books: RevenueBooks) -> None:
    books.story.on("2026-01-31")
    with pytest.raises(MonthNotOver):
        recognise(month=read_month("2026-01"), at=books.at, by=ADA, reason=WHY)


def test_a_locked_month_is_not_recognised(books: RevenueBooks) -> None:
    books.locks("2026-01")
    with pytest.raises(PeriodLocked) as refused:
        books.recognises("2026-01")
    assert refused.value.field == "month"


def test_nobody_recognises_without_a_reason(books: RevenueBooks) -> None:
    with pytest.raises(ReasonMissing):
        recognise(month=read_month("2026-01"), at=instant("2026-02-01"), by=ADA, reason="\u200b")


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "2026", "", "0001-01", "9999-12", "x" * 99])
def test_a_month_is_written_as_one(text: str) -> None:
    with pytest.raises(MonthInvalid):
        read_month(text)
