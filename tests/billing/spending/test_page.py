"""docs/limits.md names what there is."""

from pathlib import Path

from billing.spending.operations import looking, telling

PAGE = (Path(__file__).resolve().parents[3] / "docs/limits.md").read_text()


def test_the_page_names_every_fact() -> None:
    for name in (*telling._FACTS.values(), "spending_limit.resumed"):
        assert f"| `{name}` |" in PAGE


def test_the_page_says_how_often_is_looked() -> None:
    assert (looking.AGAIN.seconds, looking.RESTS) == (600, 20)
    assert "else every ten minutes" in PAGE
    assert "rests for twenty times as long" in PAGE
