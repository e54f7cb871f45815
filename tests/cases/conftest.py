"""The templates that tables about the deployment are held against, and the count of cases at the end."""

import pytest
from cloudformation import PREFIX, Template
from tables import CASES, read

from local.synth import templates


@pytest.fixture(scope="session")
def core() -> Template:
    """The stack that all authorities share, as it would be deployed."""
    return templates(["886"], PREFIX).core


@pytest.fixture(scope="session")
def authority() -> Template:
    """The stack of one authority, as it would be deployed."""
    return templates(["886"], PREFIX).authorities["886"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases there are and how many tests hold the code against them: `-q` twice would hide both."""
    tables = {path.stem: len(read(path.stem)) for path in CASES.glob("*.csv")}
    passed, failed = (
        sum(each.nodeid.startswith("tests/cases/") for each in terminalreporter.stats.get(outcome, []))
        for outcome in ("passed", "failed")
    )
    if passed + failed == 0:
        return
    told = f"{sum(tables.values())} cases in {len(tables)} tables, held by {passed + failed} tests"
    terminalreporter.write_line(f"{told}: {failed} failed" if failed else f"{told}: all passed")
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "matrix":  # tests/cases/test_permissions.py
                terminalreporter.write_line(f"requests to the policies of the templates: {value}")
