"""Rows of every kind of extract: what is found, what is counted and shown, what is taken whatever else has arrived."""

from collections.abc import Mapping, Sequence

import pytest
from extracts import CALENDAR, RECEIVED, check, triples
from tables import extract

from attendance.context import Known
from attendance.findings import SEVERITY
from attendance.rows import COLUMNS


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
    pupils = [{"upn": f"other {n}", "starting_day": "2020-09-01"} for n in range(on_roll - 1)]
    known = Known(pupils=[{"upn": "B801200005001", "starting_day": "2020-09-01"}, *pupils], calendar=())
    assert triples(check(b"upn,date,session,code\nB801200005001,2025-10-13,AM,/\n", known=known)) == expected


def test_a_row_is_taken_or_left_out_whatever_else_has_arrived() -> None:
    body, _ = extract("findings_alone")
    alone, beside = check(body), check(body, known=Known(pupils=(), calendar=CALENDAR))
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


def test_received_at_is_the_moment_of_the_tables() -> None:
    assert f"{RECEIVED:%Y-%m-%d %H:%M %Z}" == "2025-11-03 18:00 UTC", "the tables of cases are written for this moment"
