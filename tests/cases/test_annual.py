"""The annual collection: where each notice and each measure of an authority's year is counted (field.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, get_args

import pytest

from attendance.annual import SUMS, VARIABLES, annual_return
from attendance.cases import Intervention, InterventionKind, Notice, Payment
from attendance.standing import MarkedSession
from tests.attendance.builders import facts, marked
from tests.attendance.tables import cases

LA, YEAR = "886", 2025
KEYS: Final = {"time_period", "old_la_code", "new_la_code", "la_name", "enrolments", "pn_issued_rate"}
RECEIVED_AFTER: Final = timedelta(days=4)
"""The notices of the table are issued on 10 October 2025 and received on Tuesday 14 October: day 21 is 3, day 28 10 November."""


def notice_of(said: Mapping[str, str], sessions: str = "", payments: str = "", reference: str = "886-1") -> Notice:
    """A notice as a row describes it: issued on 10 October 2025 and received four days later, unless it says otherwise."""
    issued = date.fromisoformat(said.get("issued_on", "2025-10-10"))
    received, first = issued + RECEIVED_AFTER, said.get("sequence") == "1"
    elsewhere = "issuer" in said
    given: dict[str, object] = {
        "reference": reference, "kind": said.get("kind", "penalty_notice"), "la": said.get("la", LA), "urn": "100001",
        "case": None, "pupil": "pupil", "person": "person", "parent_id": "p1", "attempt": 0, "issued_on": issued,
        "standing": "withdrawn" if "withdrawn" in said else said.get("standing", "stands"),
        "withdrawn_ground": said.get("withdrawn"), "prosecution": said.get("prosecution"), "issuer": said.get("issuer"),
        "main_reason": said.get("main_reason"),
    }  # fmt: skip
    if not elsewhere:
        given |= {
            "sequence": 1 if first else 2, "amount_pence": 16000, "reduced_amount_pence": 8000 if first else None,
            "reduced_until": received + timedelta(days=20) if first else None, "pay_by": received + timedelta(days=27),
            "sessions": [
                MarkedSession(date=at.day, session=at.half, code=code) for at, code in sorted(marked(sessions).items())
            ],
            "payments": [
                Payment(paid_on=date.fromisoformat(day), pence=int(pence))
                for day, pence in (piece.split() for piece in payments.split(";") if piece.strip())
            ],
        }  # fmt: skip
    return Notice.model_validate(given)


def interventions_of(text: str) -> list[Intervention]:
    """`case_management 2025-09-10; prosecution 2026-02-01`, all of one pupil."""
    pieces = [piece.split() for piece in text.split(";") if piece.strip()]
    return [
        Intervention.model_validate({
            "id": str(n), "kind": kind, "la": LA, "urn": "100001", "pupil": "pupil", "upn": "B801200005001",
            "parent_id": None, "person": None, "on": on, "reason": None,
        })
        for n, (kind, on) in enumerate(pieces)
    ]  # fmt: skip


@pytest.mark.parametrize("case", cases("annual"))
def test_annual_return(case: dict[str, str]) -> None:
    notices = [notice_of(facts(case["notice"]), case["sessions"], case["payments"])] if case["notice"] else []
    row = annual_return(LA, "Kent", YEAR, notices, interventions_of(case["interventions"]), 200).row()
    expected = dict(pair.split("=") for pair in case["gives"].split()) if case["gives"] != "none" else {}

    assert {name: str(value) for name, value in row.items() if value and name not in KEYS} == expected
    assert row["pn_issued_rate"] == (0.5 if row["pn_issued"] else 0)


def test_the_variables_are_those_of_the_collection_and_no_others() -> None:
    row = annual_return(LA, "Kent", YEAR, [], [], None).row()

    assert tuple(row) == VARIABLES
    assert {name: row[name] for name in KEYS} == {
        "time_period": "202526", "old_la_code": "886", "new_la_code": "E10000016", "la_name": "Kent", "enrolments": "x",
        "pn_issued_rate": "x",
    }  # fmt: skip
    assert set(SUMS) | {part for parts in SUMS.values() for part in parts} <= set(VARIABLES)


def test_every_kind_of_intervention_is_collected_or_named_as_not() -> None:
    shown = {
        piece.split()[0] for case in cases("annual") for piece in case.values[0]["interventions"].split(";") if piece
    }  # type: ignore[attr-defined]
    assert set(get_args(InterventionKind)) - shown == {"enquiries_not_agreed"}


def test_notices_recorded_from_elsewhere_are_named_beside_the_figures() -> None:
    found = annual_return(
        LA, "Kent", YEAR, [notice_of({"issuer": "Police"}), notice_of({}, reference="886-2")], [], 200
    )
    assert (found.recorded_elsewhere, found.total("pn_issued")) == (1, 1)
