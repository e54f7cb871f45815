"""The register is the fold of the files received, in whatever order they come: nothing is lost, and the last entry counts.

`received`: the files between bars, each the day of its receipt and its marks; before the day, another school's URN.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import permutations

import pytest
from builders import PUPIL, URN, marked, rows_of
from extracts import check
from tables import cases

from attendance.marks import CODE_ORDER, read_marks, session_of
from attendance.register import fold, part_name, standing
from attendance.sessions import Session


def parts(received: str) -> Iterator[tuple[str, str, bytes]]:
    """(school and year, name, bytes) of every part that the files make."""
    for file in received.split(" | "):
        urn, day, marks = file.split(maxsplit=2) if file.startswith("1") else (URN, *file.split(maxsplit=1))
        rows = [
            f"{PUPIL},{session.day},{session.half},{code},{'Made-up Clerk,wrong pupil' if code == '-' else ','}"
            for session, code in marked(marks).items()
        ]
        body = "\n".join(["upn,date,session,code,recorded_by,amendment_reason", *rows, ""])
        received_at = datetime.fromisoformat(f"{day}T18:00:00+00:00")
        checked = check(body.encode(), received_at=received_at)
        assert checked.accepted == len(rows)
        yield from (
            (f"{urn}/{year}", part_name(checked.upload, received_at), part) for year, part in checked.parts.items()
        )


def in_force(registers: list[bytes]) -> dict[Session, str]:
    """The code in force for each session."""
    marks = read_marks(registers)
    return {session_of(int(at)): CODE_ORDER[code] for at, code in zip(marks.at, marks.code, strict=True)}


@pytest.mark.parametrize("case", cases("registers"))
def test_the_register_of_the_files_received(case: dict[str, str]) -> None:
    by_register: dict[str, dict[str, bytes]] = {}
    for register, name, body in parts(case["received"]):
        by_register.setdefault(register, {})[name] = body

    bodies = []
    for named in by_register.values():
        counting = [(name, named[name]) for name in standing(list(named))]
        (body,) = {fold(order).body for order in permutations(counting)}
        assert fold(counting, onto=body).body == body, "whatever comes again changes nothing"
        bodies.append(body)

    assert in_force(bodies) == marked(case["in_force"])
    assert sum(len(rows_of(body)) for body in bodies) == int(case["entries"])
