"""Every story of receivables is about one customer's books."""

import pytest

from tests.billing.receivables.books import Books
from tests.billing.receivables.proposing import Desk
from tests.story import Story


@pytest.fixture
def story(db: None) -> Story:
    """A story that begins long ago."""
    return Story()


@pytest.fixture
def books(story: Story) -> Books:
    """The books of a customer who pays in euros, on the first of June 2026."""
    customer = story.account("Acme", currency="EUR")
    story.on("2026-06-01")
    return Books(story, customer)


@pytest.fixture
def desk(books: Books) -> Desk:
    """Two colleagues over the customer's books."""
    return Desk(books)
