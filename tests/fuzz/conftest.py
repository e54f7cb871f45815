"""How long is fuzzed, and from which seed."""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.damage import Fuzz


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    """Give a check what a strategy draws for as long as was asked: a hundred files of each seed in turn."""
    seconds, seeds = float(request.config.getoption("--seconds")), count(int(request.config.getoption("--first-seed")))

    def for_seconds(strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
        end, tried = time.monotonic() + seconds, 0
        while time.monotonic() < end:

            @seed(next(seeds))
            @settings(
                max_examples=100, database=None, suppress_health_check=list(HealthCheck),
                phases=[Phase.generate], print_blob=True,  # what is found is not made smaller: that takes minutes
            )  # fmt: skip
            @given(strategy)
            def once(drawn: Any) -> None:
                nonlocal tried
                tried += 1
                check(drawn)

            once()
        assert tried >= 100

    return for_seconds
