"""The search for cycles stops for a block and goes on after it, whatever happened."""

from __future__ import annotations

import gc

import pytest

from core.collecting import uncollected


def test_it_stops_for_the_block_and_goes_on_after_it() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(LookupError), uncollected():
        raise LookupError
    assert gc.isenabled()


def test_a_block_within_a_block_leaves_it_stopped() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
