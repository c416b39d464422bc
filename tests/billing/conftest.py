"""Every billing test tells a story on a real PostgreSQL."""

import pytest

from tests.story import Story


@pytest.fixture
def story(db: None) -> Story:
    """A story that begins long ago."""
    return Story()
