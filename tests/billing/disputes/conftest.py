"""Every story of disputes is about one customer's month, and two colleagues over it."""

import pytest

from tests.billing.disputes.claiming import Counter
from tests.story import Story


@pytest.fixture
def story(db: None) -> Story:
    """A story that begins long ago."""
    return Story()


@pytest.fixture
def counter(story: Story) -> Counter:
    """Support's counter, before anybody has come."""
    return Counter(story)
