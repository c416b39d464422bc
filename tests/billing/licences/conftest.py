"""Licences are told as stories."""

import pytest

from tests.billing.licences.licensing import Enterprise, enterprise
from tests.story import Story


@pytest.fixture
def meridian(story: Story) -> Enterprise:
    """An enterprise that was opened on 1 Jan 2026."""
    story.on("2026-01-01")
    return enterprise(story)
