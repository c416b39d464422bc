"""Every story of the close is about one customer's year of revenue."""

import pytest

from tests.billing.closing.revenue_books import RevenueBooks
from tests.billing.conftest import story
from tests.story import Story

__all__ = ["story"]


@pytest.fixture
def books(story: Story) -> RevenueBooks:
    """The books of a customer who pays in euros."""
    story.on("2019-06-01")
    return RevenueBooks(story, story.account("Acme", currency="EUR"))
