"""UPNs are judged, never repaired."""

import pytest
from tables import cases

from attendance.identifiers import upn_check_letter, upn_problem


@pytest.mark.parametrize("case", cases("upn"))
def test_upn(case: dict[str, str]) -> None:
    assert upn_problem(case["upn"]) == (case["problem"] or None)
    if case["letter"]:
        assert upn_check_letter(case["upn"]) == case["letter"]
