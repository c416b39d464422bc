"""The platform of the usage tests."""

import pytest

from tests.usage.world import World


@pytest.fixture
def world(db: None) -> World:
    return World()
