"""What a school's daily file costs in calls to AWS: so many of each function, however many pupils the school has.

The targets and what stands between them and these numbers: docs/performance.md.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from local.faults.calls import Call, listening
from tests.made_school import Child, calendar, csv_of, marks, parents, pupils, upn, weekdays
from tests.raised_system import System, raised

MONDAY, THURSDAY, FRIDAY = date(2025, 9, 8), date(2025, 9, 18), date(2025, 9, 19)
AWAY_SINCE = date(2025, 9, 15)
"""Who is away from here on meets the threshold of ten sessions on Friday."""

VALIDATE = Counter(
    {
        "GetObject uploads": 1,
        "GetObject registers": 1,  # of the year, which carries the roll
        "BatchGetItem published": 1,  # the school's entry in the directory
        "PutObject receipts": 1,
        "PutObject parts": 1,
        "PutObject reports": 1,
    }
)
THRESHOLDS = Counter(
    {
        # the school's entry, the authority's code of conduct, the school's letters, and the tag of its positions
        "BatchGetItem published": 1,
        "ListObjectsV2 parts": 1,
        "GetObject registers": 1,
        "GetObject parts": 1,
        "PutObject registers": 1,
        "Query cases": 1,
        "TransactWriteItems": 1,  # when the school is looked at again, and when its next file is late
        "PutObject positions": 1,
    }
)


@pytest.fixture
def watched() -> Iterator[tuple[System, list[Call]]]:
    """A raised system, and every call that its functions make."""
    calls: list[Call] = []
    with raised({"900001": "886", "900003": "886"}) as system, listening(calls.append, lambda _: None, lambda: None):
        yield system, calls


def long_known(system: System) -> None:
    """The school sent a week in each of three academic years before those that are still looked at."""
    for year in (2020, 2021, 2022):
        system.at(f"{year}-09-18T16:00")
        first = date(year, 9, 7)
        system.send(csv_of(marks(Child(upn(0)), first, first + timedelta(days=4))))


def uploaded(system: System, size: int, away: int) -> str:
    """Friday's file of a school of that size, whose week was sent the day before; it was not looked at yet.

    Another school of the authority was first that morning, so that the functions are warm.
    """
    children = [Child(upn(n)) for n in range(size)]

    def file(first: date, last: date) -> bytes:
        codes = {day: "G" for day in weekdays(AWAY_SINCE, FRIDAY) if first <= day <= last}
        rows = (marks(child, first, last, codes if n < away else None) for n, child in enumerate(children))
        return csv_of([row for each in rows for row in each])

    system.at("2025-09-18T16:00")
    system.send(pupils(*children), parents(*children), calendar(MONDAY, date(2025, 12, 19)), file(MONDAY, THURSDAY))
    system.at("2025-09-19T09:20")
    system.send(csv_of(marks(Child(upn(900)), FRIDAY, FRIDAY)), urn="900003")
    return system.upload(file(FRIDAY, FRIDAY))


def daily_file(system: System, calls: list[Call], size: int, away: int) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """The calls of each function for such a file, and how many items of each kind are new or others than before."""
    key = uploaded(system, size, away)
    before = system.items("cases")
    calls.clear()
    system.drain()
    assert system.report(key)["files"][0]["accepted"] == 2 * size
    made: dict[str, Counter[str]] = {}
    for call in calls:
        made.setdefault(call.function, Counter())[f"{call.operation} {call.where.split('/')[0]}".strip()] += 1
    changed = Counter(item["sk"]["S"].partition("#")[0] for item in system.items("cases") if item not in before)
    return made, changed


@pytest.mark.parametrize("size", [50, 500])
def test_a_daily_file_makes_the_same_few_calls_however_many_pupils_the_school_has(
    watched: tuple[System, list[Call]], size: int
) -> None:
    made, changed = daily_file(*watched, size, away=0)
    assert not changed["CASE"] + changed["RETURN"]
    assert made == {"validate": VALIDATE, "thresholds": THRESHOLDS}
    assert (VALIDATE.total(), THRESHOLDS.total()) == (6, 8)


def test_a_daily_file_of_a_school_that_is_known_for_years_makes_the_same_calls(
    watched: tuple[System, list[Call]],
) -> None:
    long_known(watched[0])
    made, _ = daily_file(*watched, 50, away=0)
    assert made == {"validate": VALIDATE, "thresholds": THRESHOLDS}
    folded = {key.split("/")[2] for key in watched[0].objects("registers") if "urn=900001" in key}
    assert {"year=2020", "year=2021", "year=2022", "year=2025"} <= folded


def test_a_daily_file_opens_no_database(watched: tuple[System, list[Call]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process is spared what loading DuckDB takes, a tenth of its start (benchmarks.cold_start)."""

    def opened() -> None:
        raise AssertionError("a database was opened")

    system, _ = watched
    key = uploaded(system, 50, away=1)
    monkeypatch.setattr("attendance.engine._engine", opened)
    system.drain()
    assert system.report(key)["files"][0]["accepted"] == 100


@pytest.mark.parametrize("away", [1, 7])
def test_each_case_opened_is_one_write_and_one_event_and_each_return_found_one_write(
    watched: tuple[System, list[Call]], away: int
) -> None:
    made, changed = daily_file(*watched, 50, away)
    assert changed["CASE"] == away
    assert made["validate"] == VALIDATE
    added = Counter({"PutItem cases": changed["CASE"] + changed["RETURN"], "PutEvents": changed["CASE"]})
    assert made["thresholds"] == THRESHOLDS + added
