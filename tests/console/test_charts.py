"""Charts place what the table says, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from console.shell import charts
from core.periods import Period

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def days(*values: str) -> list[charts.BarInput]:
    first = date(2026, 10, 1)
    return [
        charts.BarInput(first + timedelta(days=index), Decimal(value), value)
        for index, value in enumerate(values)
    ]


def test_the_largest_day_reaches_the_top_and_the_others_keep_their_proportion() -> None:
    chart = charts.daily_bars("October", days("1", "4", "2"))

    assert [bar.height for bar in chart.bars] == ["30", "120", "60"]
    assert [bar.y for bar in chart.bars] == ["90", "0", "60"]
    assert chart.peak is not None
    assert chart.peak.text == "4"


def test_a_day_with_the_smallest_cost_is_still_seen_and_a_day_without_any_is_not() -> None:
    chart = charts.daily_bars("October", days("0", "0.0001", "100"))

    assert [bar.height for bar in chart.bars] == ["0", "2", "120"]


def test_a_credit_hangs_below_the_zero_line() -> None:
    chart = charts.daily_bars("October", days("3", "-1"))

    assert [(bar.y, bar.height) for bar in chart.bars] == [("0", "90"), ("90", "30")]


def test_a_month_without_usage_draws_flat_days_and_names_no_peak() -> None:
    chart = charts.daily_bars("October", days("0", "0"))

    assert [bar.height for bar in chart.bars] == ["0", "0"]
    assert chart.peak is None


def test_no_days_draw_nothing() -> None:
    assert charts.daily_bars("October", []).is_empty


@given(st.lists(st.decimals(min_value=-1000, max_value=1000, places=2), min_size=1, max_size=40))
def test_no_bar_leaves_the_plot(values: list[Decimal]) -> None:
    chart = charts.daily_bars("Any", days(*map(str, values)))

    for bar in chart.bars:
        assert float(bar.y) >= 0
        assert float(bar.y) + float(bar.height) <= charts.PLOT_HEIGHT + 2.1
        assert float(bar.x) + float(bar.width) <= charts.PLOT_WIDTH + 0.1


def test_shares_are_ordered_by_size_and_fill_the_bar() -> None:
    parts = charts.shares(
        [("Data", Decimal(25), "$25.00", ""), ("Dynos", Decimal(75), "$75.00", "")]
    )

    assert [(part.label, part.x, part.width, part.percent) for part in parts] == [
        ("Dynos", "0", "750", "75.0 %"),
        ("Data", "750", "250", "25.0 %"),
    ]


def test_a_credit_is_listed_but_takes_no_share() -> None:
    parts = charts.shares([("Dynos", Decimal(75), "", ""), ("Credit", Decimal(-5), "", "")])

    assert [(part.label, part.percent, part.width) for part in parts] == [
        ("Dynos", "100.0 %", "1000"),
        ("Credit", "0.0 %", "0"),
    ]


def test_a_tiny_share_is_not_said_to_be_none() -> None:
    parts = charts.shares([("A", Decimal(100_000), "", ""), ("B", Decimal(1), "", "")])

    assert parts[1].percent == "< 0.1 %"


def test_an_interval_lies_where_it_was_in_the_period() -> None:
    spans = [
        (Period(OCTOBER.start, OCTOBER.start + timedelta(days=15, hours=12)), Decimal(2), "2"),
        # Began before October: only the part inside is drawn.
        (
            Period(OCTOBER.start - timedelta(days=5), OCTOBER.start + timedelta(days=31)),
            Decimal(4),
            "4",
        ),
        (Period(OCTOBER.end, OCTOBER.end + timedelta(days=1)), Decimal(4), "November"),
    ]

    row = charts.gantt_row("web", OCTOBER, spans, peak=Decimal(4))

    assert [(span.x, span.width, span.height) for span in row.spans] == [
        ("0", "500", "10"),
        ("0", "1000", "20"),
    ]


def test_a_sparkline_runs_from_left_to_right_with_the_largest_on_top() -> None:
    assert charts.sparkline("Rising", [Decimal(0), Decimal(10)]).points == "0,19 100,1"
