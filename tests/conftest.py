"""Options of the tests: how long a campaign lasts, and where it begins."""

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # no test is timed: what else the machine does decides nothing
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seconds", type=float, default=20, help="how long each parser is fuzzed (-m fuzz); default: %(default)s"
    )
    parser.addoption(
        "--first-seed",
        type=int,
        default=0,
        help="of the files drawn (-m fuzz): others begin elsewhere; default: %(default)s",
    )
