"""What operators are told of schools and officers: each figure is written when it should be, and by authority and school alone."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, settings, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1))
HOLIDAY = away(date(2025, 9, 29), date(2025, 10, 3), "G")


@pytest.fixture
def system() -> Iterator[System]:
    """A school with its calendar up to half-term, and marks up to Monday 6 October."""
    with raised(given={"886": settings(request_deadline_school_days="10")}) as system:
        system.at("2025-10-06T18:00")
        system.send(pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2025, 10, 24)))
        system.send(csv_of(marks(CHILD, FIRST_DAY, date(2025, 10, 6))))
        yield system


def counted(system: System) -> list[dict[str, Any]]:
    """The lines from which CloudWatch makes metrics, since the last look: what it would count, and who is named."""
    lines = [json.loads(line) for line in system.world.log if '"_aws"' in line]
    system.world.log.clear()
    return lines


def figures(system: System) -> list[tuple[str, int]]:
    """The figures of those lines, as the embedded metric format has them."""
    found = []
    for line in counted(system):
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "attendance-local"
        assert directive["Dimensions"] == [[]], "all authorities together: whatever is finer costs, and is in the line"
        assert line["la"] == "886"
        assert isinstance(line["_aws"]["Timestamp"], int)
        found += [(metric["Name"], line[metric["Name"]]) for metric in directive["Metrics"]]
    return found


def test_an_ordinary_day_counts_nothing(system: System) -> None:
    system.at("2025-10-07T18:00")
    system.send(csv_of(marks(CHILD, date(2025, 10, 7), date(2025, 10, 7))))
    system.day_passes()
    assert figures(system) == []


def test_a_refused_file_is_counted_and_its_school_named(system: System) -> None:
    system.send(b"upn,date\r\n", csv_of(marks(CHILD, date(2025, 10, 6), date(2025, 10, 6))))
    [line] = counted(system)
    assert (line["FilesRefused"], line["la"], line["urn"], line["upload"]) == (1, "886", "900001", "upload-005")
    assert line["correlation_id"]


@pytest.mark.parametrize(
    ("sent_until", "schedule", "late"),
    [
        (date(2025, 10, 6), "2025-10-07T18:30", False),  # a file that comes in the night is not late
        (date(2025, 10, 6), "2025-10-08T18:30", True),
        (date(2025, 10, 10), "2025-10-13T18:30", False),  # no school at the weekend
        (date(2025, 10, 10), "2025-10-14T18:30", True),
        (date(2025, 10, 24), "2025-11-05T18:30", False),  # the calendar ends: nobody can tell
    ],
)
def test_a_school_that_sent_no_marks_of_a_school_day_is_late_by_the_schedule_of_the_next(
    system: System, sent_until: date, schedule: str, late: bool
) -> None:
    if sent_until > date(2025, 10, 6):
        system.at(f"{sent_until}T17:00")
        system.send(csv_of(marks(CHILD, date(2025, 10, 7), sent_until)))
    system.at(schedule)
    system.day_passes()
    lines = counted(system)
    assert [(line["SchoolsLate"], line["schools"]) for line in lines] == ([(1, ["900001"])] if late else [])
    system.send(csv_of(marks(CHILD, date(2025, 10, 7), date.fromisoformat(schedule[:10]))))
    system.day_passes()
    assert figures(system) == [], "its file came"


def test_a_case_that_nobody_decides_is_counted_when_the_time_for_a_request_is_over(system: System) -> None:
    system.at("2025-10-07T18:00")
    system.send(csv_of(marks(CHILD, FIRST_DAY, date(2025, 10, 7), HOLIDAY, recorded_at="2025-10-07T09:00:00")))
    [case] = system.cases(CHILD.upn)
    assert (case.opened_on, case.proposal.route) == (date(2025, 10, 7), "penalty_notice")
    for day, waiting in ((date(2025, 10, 21), []), (date(2025, 10, 22), [("CasesUndecided", 1)])):
        system.at(f"{day}T18:00")
        system.send(csv_of(marks(CHILD, date(2025, 10, 8), day)))
        assert figures(system) == waiting
    system.decide(CHILD.upn, "no_action", reason="settled otherwise")
    system.day_passes()
    assert figures(system) == []


def test_while_support_is_proposed_nothing_waits_for_an_authorisation(system: System) -> None:
    system.at("2025-10-07T18:00")
    unexplained = away(date(2025, 9, 29), date(2025, 10, 3), "O")
    system.send(csv_of(marks(CHILD, FIRST_DAY, date(2025, 10, 7), unexplained, recorded_at="2025-10-07T09:00:00")))
    [case] = system.cases(CHILD.upn)
    assert case.proposal.route == "support"
    system.at("2025-10-24T18:00")
    system.send(csv_of(marks(CHILD, date(2025, 10, 8), date(2025, 10, 24))))
    assert figures(system) == []


def test_a_code_n_that_nobody_replaces_is_counted_until_it_is_replaced(system: System) -> None:
    system.at("2025-10-07T18:00")
    system.send(
        csv_of(marks(CHILD, date(2025, 10, 7), date(2025, 10, 7), away(date(2025, 10, 7), date(2025, 10, 7), "N")))
    )
    assert figures(system) == []
    system.at("2025-10-15T18:00")
    system.send(csv_of(marks(CHILD, date(2025, 10, 8), date(2025, 10, 15))))
    assert figures(system) == [("CodesOverdue", 2)]
    replaced = away(date(2025, 10, 7), date(2025, 10, 7), "I")
    system.send(csv_of(marks(CHILD, date(2025, 10, 7), date(2025, 10, 7), replaced, recorded_at="2025-10-15T17:00:00")))
    assert figures(system) == []
