"""Order does no harm: whatever comes first, twice or at the same time, what is left is the same."""

import json
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pytest

from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, support, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1), parents=("P1", "P2"))
OTHER = Child(upn(2), "Otherwhile")
LAST = date(2025, 10, 10)
# Ten continuous days from one file, broken by another of the same day: whoever comes first, no return is due in the end.
BROKEN = Child(upn(3), "Brokenhurst")
DAY = (
    pupils(CHILD, OTHER, BROKEN),
    parents(CHILD, OTHER, BROKEN),
    calendar(FIRST_DAY, date(2025, 12, 19)),
    csv_of(marks(CHILD, FIRST_DAY, LAST, away(date(2025, 9, 22), date(2025, 10, 3)))),
    csv_of(marks(OTHER, FIRST_DAY, LAST, away(date(2025, 9, 29), date(2025, 10, 3), "I"))),
    csv_of(marks(BROKEN, FIRST_DAY, LAST, away(date(2025, 9, 22), LAST, "O"), recorded_at="2025-10-10T09:00")),
    csv_of(
        marks(BROKEN, date(2025, 9, 25), date(2025, 10, 8), recorded_at="2025-10-10T12:00", amendment_reason="found",
              recorded_by="A")
    ),
    support(OTHER, date(2025, 10, 6), "not_engaged"),
)  # fmt: skip


def a_day(system: System, order: Random | None, double: bool) -> None:
    """Files of one day, two decisions, and the schedule."""
    system.at("2025-10-10T18:00")
    system.receive(DAY, order, double=double)
    for parent in ("P1", "P2"):
        event = system.record(CHILD.upn, "authorise_penalty_notice", parent, ground="support_not_appropriate")
        system.doors.to_notices.send(event, told="decided")
    system.drain(order, double=double)
    system.world.day_passed()
    system.drain(order, double=double)


@cache
def left(seed: int | None = None, double: bool = False) -> dict[str, Any]:
    """All that a day leaves, but for what was sent, the answers to it, and how often something was stored or withdrawn."""
    with raised() as system:
        a_day(system, Random(seed) if seed is not None else None, double)  # noqa: S311  an order
        kept = {name: kept for name, kept in system.everything().items() if name not in {"uploads", "reports"}}
    return kept | {"cases": [item for each in kept["cases"] if (item := meant(each))]}


def meant(item: dict[str, Any]) -> dict[str, Any] | None:
    """An item without its version; None for a return or a case that is as if it had never been."""
    body = json.loads(item["body"]["S"])
    if body.get("lapsed") or body.get("state") == "forgotten":
        return None
    body.pop("version", None)
    return {name: value for name, value in item.items() if name != "version"} | {"body": body}


def test_the_day_has_something_to_lose() -> None:
    plain = left()
    assert len([key for key in plain["authority-886"] if key.endswith(".pdf")]) == 3, (
        "two notices and the cover of a return"
    )
    [returned] = [
        body
        for key, body in plain["authority-886"].items()
        if key.startswith("returns/attendance") and key.endswith(".csv")
    ]
    assert CHILD.upn.encode() in returned
    assert BROKEN.upn.encode() not in returned, "its run was broken the same day"


@pytest.mark.parametrize("what", ["parts", "registers", "positions", "cases", "history", "authority-886"])
def test_what_is_left_does_not_depend_on_order_or_repetition(what: str) -> None:
    plain, other = left()[what], left(7, double=True)[what]
    assert other == plain
