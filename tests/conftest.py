"""Options of the tests: how long a campaign lasts."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seconds", type=float, default=20, help="how long each parser is fuzzed (-m fuzz); default: %(default)s"
    )
