"""Rows of every kind of extract: what is found, what is counted and shown, what is taken whatever else has arrived."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from extracts import CALENDAR, RECEIVED, check, triples
from hypothesis import given
from hypothesis import strategies as st
from tables import extract

from attendance.columns import in_order, stand_again
from attendance.context import Known
from attendance.engine import connect
from attendance.findings import SEVERITY
from attendance.identifiers import upn_check_letter, upn_problem
from attendance.rowchecks import NO_TIME, Valued, microseconds, time_value, times_of, upn_problems
from attendance.rows import COLUMNS
from attendance.table import Row, Table

NOTHING = Table.of(())


def test_every_code_that_rows_can_show_is_shown_somewhere_here() -> None:
    shown = {code for name in ("findings_alone", "findings_in_context") for _, _, code in extract(name)[1]}
    file_level = {code for code, severity in SEVERITY.items() if severity == "refused"}
    elsewhere = {
        "ROW_MALFORMED",
        "SESSION_HELD_BY_FEW",
        "ALREADY_RECEIVED",
        "ENCODING_WINDOWS_1252",
        "COLUMN_UNKNOWN",
        "DIRECTORY_MISSING",
        "CALENDAR_MISSING",
    }
    assert shown == SEVERITY.keys() - file_level - elsewhere


def test_a_check_whose_extract_was_never_sent_is_not_made() -> None:
    body = b"upn,date,session,code\nP801200005999,2025-10-27,AM,X\n"
    assert triples(check(body, known=Known())) == {(None, None, "CALENDAR_MISSING")}


@pytest.mark.parametrize(("on_roll", "expected"), [(10, set()), (11, {(2, "session", "SESSION_HELD_BY_FEW")})])
def test_held_by_fewer_than_one_in_ten(on_roll: int, expected: set[object]) -> None:
    pupils: list[Row] = [{"upn": f"other {n}", "starting_day": "2020-09-01"} for n in range(on_roll - 1)]
    pupils.append({"upn": "B801200005001", "starting_day": "2020-09-01"})
    known = Known(pupils=Table.of(pupils), calendar=NOTHING)
    assert triples(check(b"upn,date,session,code\nB801200005001,2025-10-13,AM,/\n", known=known)) == expected


def test_a_row_is_taken_or_left_out_whatever_else_has_arrived() -> None:
    body, _ = extract("findings_alone")
    alone, beside = check(body), check(body, known=Known(pupils=NOTHING, calendar=CALENDAR))
    assert alone.parts == beside.parts
    assert _of_severity(alone.counts, "error") == _of_severity(beside.counts, "error")


def _of_severity(counts: Mapping[str, int], severity: str) -> dict[str, int]:
    return {code: n for code, n in counts.items() if SEVERITY[code] == severity}


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        pytest.param(
            "upn,surname,forename,date_of_birth,address_1,postcode,starting_day,boarder,leaving_day",
            ["B801200005001,Made,,,,,2020-09-01,Yes,"],
            [],
            id="forename, birth date, address and postcode may be blank",
        ),
        pytest.param(
            "upn,surname,forename,date_of_birth,address_1,postcode,starting_day,boarder,leaving_day",
            ["B801200005001,,A,01/02/2015,1 Road,MU1 1AA,2020-09-31,perhaps,"],
            [
                "surname:VALUE_MISSING",
                "date_of_birth:DATE_FORMAT",
                "starting_day:VALUE_INVALID",
                "boarder:VALUE_INVALID",
            ],
            id="a surname, real days, flags",
        ),
        pytest.param(
            "upn,parent_id,surname,relationship,lives_with_pupil,address_1,postcode,email",
            ["B801200005001,,Made,mother,sometimes,,,"],
            ["parent_id:VALUE_MISSING", "lives_with_pupil:VALUE_INVALID"],
            id="a parent",
        ),
        pytest.param(
            "upn,date,kind,description,outcome",
            ["B801200005001,2025-10-01,chat,talked,Engaged"],
            ["kind:VALUE_INVALID"],
            id="a support row: choices, in any case of letters",
        ),
        pytest.param(
            "upn,from,until,evidence",
            ["B801200005001,2025-10-01,,note"],
            ["until:VALUE_MISSING"],
            id="an absence expected",
        ),
        pytest.param(
            "date,session,open,reason",
            ["2027-09-01,,no,INSET", "2025-10-01,EV,no,"],
            ["session:SESSION_UNKNOWN"],
            id="a calendar: a blank session is both, and it may reach further ahead than marks",
        ),
    ],
)
def test_other_kinds(header: str, rows: Sequence[str], expected: list[str]) -> None:
    last = len(rows) + 1
    checked = check("\n".join([header, *rows, ""]).encode())
    assert triples(checked) == {(last, field, code) for field, code in (each.split(":") for each in expected)}
    assert (checked.unchanged, checked.amended) == (None, None)


def test_two_rows_of_one_pupil_conflict_unless_taken_at_different_times() -> None:
    header = "upn,surname,forename,date_of_birth,address_1,postcode,starting_day,extracted_at\n"
    row = "B801200005001,{},A,2015-02-01,1 Road,MU1 1AA,2020-09-01,{}\n"
    twice = header + row.format("One", "2025-10-01T10:00:00") + row.format("Two", "2025-10-01T10:00:00")
    assert triples(check(twice.encode())) == {(2, None, "ROWS_CONFLICT"), (3, None, "ROWS_CONFLICT")}
    later = header + row.format("One", "2025-10-01T10:00:00") + row.format("Two", "2025-10-02T10:00:00")
    assert triples(check(later.encode())) == set()


@pytest.mark.parametrize("padded", ["B801200005001 ", " B801200005001", "B801200005001\t", '"B801200005001 "'])
@pytest.mark.parametrize(("second", "code"), [("O", "ROWS_CONFLICT"), ("/", "ROW_REPEATED")])
def test_spaces_around_a_upn_make_no_other_pupil_of_it(padded: str, second: str, code: str) -> None:
    body = f"upn,date,session,code\nB801200005001,2025-10-13,AM,/\n{padded},2025-10-13,AM,{second}\n"
    found = check(body.encode())
    assert code in found.counts
    assert found.accepted == (0 if code == "ROWS_CONFLICT" else 2)


def test_all_findings_are_counted_and_the_lowest_rows_listed() -> None:
    body = b"upn,date,session,code\n" + b"x,2025-10-13,AM,/\n" * 10_001
    checked = check(body)
    assert (checked.counts, checked.findings_left_out) == ({"UPN_FORMAT": 10_001}, 1)
    assert [each.row for each in checked.findings] == list(range(2, 10_002))


def test_a_value_is_shown_no_longer_than_it_helps() -> None:
    (finding,) = check(b"upn,date,session,code\n" + b"x" * 5000 + b",2025-10-13,AM,/\n").findings
    assert finding.value == "x" * 100


def test_every_declared_column_is_read() -> None:
    for kind, columns in COLUMNS.items():
        names = [column.name for column in columns]
        checked = check(f"{','.join(names)}\n{','.join('§' for _ in names)}\n".encode())
        assert checked.kind == kind
        assert "COLUMN_UNKNOWN" not in checked.counts
        restricted = [column.name for column in columns if column.reading != "text"]
        assert {each.field for each in checked.findings} == set(restricted)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("2025-10-13", "2025-10-12 23:00", id="a day is its midnight in London"),
        pytest.param("2025-10-13T09:05", "2025-10-13 08:05", id="without an offset it is London's, in summer"),
        pytest.param("2025-10-27 09:05:00", "2025-10-27 09:05", id="and in winter"),
        pytest.param("2025-10-13T09:05Z", "2025-10-13 09:05", id="UTC"),
        pytest.param("2025-10-13T09:05:00+0200", "2025-10-13 07:05", id="an offset without a colon"),
        pytest.param("2025-10-26T01:30", "2025-10-26 01:30", id="in the hour that comes twice it is the second"),
        pytest.param("2025-03-30T01:30", "2025-03-30 01:30", id="in the hour that is left out, as if the clocks stood"),
        pytest.param("2025-10-13T24:00", None, id="there is no hour 24 (RFC 3339)"),
        pytest.param("2025-10-13T9:05", None, id="two digits"),
        pytest.param("2025-02-30T09:05", None, id="no such day"),
        pytest.param("0001-01-01T00:00+01:00", None, id="before all days"),
    ],
)
def test_what_moment_a_time_says(written: str, expected: str | None) -> None:
    moment = time_value(written)
    assert (moment and f"{moment:%Y-%m-%d %H:%M}") == expected
    assert moment is None or moment.tzinfo is UTC


_SOME_TIMES = st.one_of(
    st.sampled_from(
        ["2025-10-13T09:05", "2025-10-13", "2025-10-13T09:05+02", "0001-01-01T00:30:00", "", "x" * 19, "é" * 19]
    ),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds")),
    st.from_regex(r"20[0-9]{2}-[019][0-9]-[0-3][0-9][T t][0-2][0-9][:;][0-9/][0-9][:+][0-9:][0-9Z]", fullmatch=True),
    st.text(max_size=20),
)


@given(st.lists(_SOME_TIMES, max_size=20))
def test_times_are_read_together_as_one_by_one(written: list[str]) -> None:
    moments = [time_value(each) for each in written]
    expected = [microseconds(each) if each else NO_TIME for each in moments]
    assert times_of(written).tolist() == expected


_SOME_UPNS = st.one_of(
    st.from_regex(r"[A-Z0-9][0-9]{11}[0-9A-Z]", fullmatch=True).map(
        lambda upn: upn_check_letter("A" + upn[1:12] + "B") + upn[1:12] + "B"
    ),
    st.from_regex(r"[A-Z0-9][0-9]{10}[0-9A][0-9A-Z]", fullmatch=True),
    st.integers(0, 10**12 - 1).map(lambda n: upn_check_letter(f"A{n:012}") + f"{n:012}"),
    st.sampled_from(["", "é" * 13, "A80120000000", "A8012000000000", "I801200000001"]),
)


@given(st.lists(_SOME_UPNS, max_size=20))
def test_upns_are_judged_together_as_one_by_one(upns: list[str]) -> None:
    assert upn_problems(upns) == {n: problem for n, upn in enumerate(upns) if (problem := upn_problem(upn))}


@given(st.lists(st.integers(0, 40), max_size=80))
def test_of_some_rows_only_the_values_that_they_have_are_left(which: list[int]) -> None:
    column = Valued(tuple(range(41)), np.array(which, np.uint8))
    rows = np.arange(len(which)) % 3 > 0
    left = column.of(rows, int(np.count_nonzero(rows)))
    assert [left.values[n] for n in left.which] == [n for n, is_left in zip(which, rows, strict=True) if is_left]
    assert list(left.values) == sorted({n for n, is_left in zip(which, rows, strict=True) if is_left})


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(1, 10_000))
def test_numbers_are_put_in_order_and_told_apart_whether_close_together_or_not(numbers: list[int], apart: int) -> None:
    each = np.array(numbers, np.int64) * apart
    assert in_order(each).tolist() == sorted(range(len(numbers)), key=lambda n: numbers[n])
    assert stand_again(each).tolist() == [numbers.count(number) > 1 for number in numbers]


def test_a_part_is_in_order_whatever_the_file_s(tmp_path: Path) -> None:
    """By pupil, day and session; an original before its amendment. Ten rows and ten thousand: the engine plans them differently."""
    for pupils in (3, 1000):
        upns = [_upn(n) for n in range(pupils)]
        rows = [f"{upn},2025-10-{day},{half},/," for day in ("14", "13") for half in ("PM", "AM") for upn in upns]
        rows = [row.replace("/", "\\") if "PM" in row else row for row in rows]
        rows.append(f"{upns[0]},2025-10-13,AM,O,2025-10-13T15:00")
        (part,) = check(("upn,date,session,code,recorded_at\n" + "\n".join(rows) + "\n").encode()).parts.values()
        path = tmp_path / f"{pupils}.parquet"
        path.write_bytes(part)
        with connect() as con:
            found = con.execute(f"SELECT upn, date, session, row FROM read_parquet('{path}')").fetchall()
        assert found == sorted(found)
        assert len(found) == len(rows)


def _upn(n: int) -> str:
    digits = f"A80120000{n:04d}"
    return upn_check_letter(digits) + digits[1:]


def test_received_at_is_the_moment_of_the_tables() -> None:
    assert f"{RECEIVED:%Y-%m-%d %H:%M %Z}" == "2025-11-03 18:00 UTC", "the tables of cases are written for this moment"
