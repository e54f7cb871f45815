"""Each row of an extract is answered with exactly the findings it deserves, on the right row and field."""

from functools import cache

import pytest
from extracts import CALENDAR, PUPILS, check, register_of, triples
from tables import extract, read

from attendance.checking import CheckedFile, Place
from attendance.context import Known
from attendance.findings import SEVERITY

REGISTER = (
    "upn,date,session,code\n"
    "B801200005001,2025-10-15,AM,O\nB801200005001,2025-10-15,PM,O\nB801200005001,2025-10-16,AM,O\n"
    "E801200005003,2025-10-16,PM,\\\n"
)


@cache
def alone() -> CheckedFile:
    """The rows judged by themselves."""
    return check(extract("findings_alone")[0])


@cache
def in_context() -> CheckedFile:
    """The rows judged beside what else the school sent."""
    known = Known(pupils=PUPILS, calendar=CALENDAR, registers=[register_of(REGISTER)])
    return check(extract("findings_in_context")[0], known=known, place=Place(urn="100001", directory_known=False))


def numbered(name: str) -> list[object]:
    """The rows of a table as pytest parameters, with the numbers they have in the extract."""
    return [pytest.param(row, case, id=f"{row}: {case['because']}") for row, case in enumerate(read(name), start=2)]


def found_on(checked: CheckedFile, row: int | None) -> set[str]:
    return {f"{field or ''}:{code}" for found, field, code in triples(checked) if found == row}


@pytest.mark.parametrize(("row", "case"), numbered("findings_alone"))
def test_a_row_by_itself(row: int, case: dict[str, str]) -> None:
    assert found_on(alone(), row) == set(case["expected"].split())


@pytest.mark.parametrize(("row", "case"), numbered("findings_in_context"))
def test_a_row_beside_what_else_the_school_sent(row: int, case: dict[str, str]) -> None:
    assert found_on(in_context(), row) == set(case["expected"].split())


def test_errors_keep_a_row_out_and_nothing_else_does() -> None:
    left_out = {row for row, _, code in extract("findings_alone")[1] if SEVERITY[code] == "error"}
    assert alone().rows - alone().accepted == len(left_out)


def test_of_the_file_itself_is_said_what_is_known_of_no_row() -> None:
    assert found_on(alone(), None) == set()
    assert found_on(in_context(), None) == {":DIRECTORY_MISSING"}
    assert (in_context().unchanged, in_context().amended) == (1, 2)
