"""`attendance check`, as a school's office would call it."""

import csv
import io
import json
from pathlib import Path

import pytest

from local.command import main

EXTRACT = """upn,date,session,code,note
B801200005001,2025-10-13,AM,/,=1+1
B801200005001,2025-10-13,PM,@,

B801200005001,2025-10-14
B801200005001,2025-10-14,PM,\\,"two
lines"
"""


@pytest.fixture
def extract(tmp_path: Path) -> str:
    path = tmp_path / "marks.csv"
    path.write_text(EXTRACT)
    return str(path)


def _run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["check", *args])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_json_is_the_contract(extract: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, extract, "--format", "json", "--as-at", "2025-11-03")
    (file,) = json.loads(out)["files"]
    assert (code, err) == (1, "")
    assert out == json.dumps(json.loads(out), ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    assert set(file) == {
        *("file", "kind", "rows", "accepted", "unchanged", "amended"),
        *("totals", "counts", "findings", "findings_left_out"),
    }
    assert {
        name: file[name] for name in ("file", "kind", "rows", "accepted", "unchanged", "amended", "totals", "counts")
    } == {
        "file": "marks.csv",
        "kind": "attendance",
        "rows": 4,
        "accepted": 2,
        "unchanged": None,
        "amended": None,
        "totals": {"refused": 0, "error": 2, "warning": 0, "advice": 0},
        "counts": {"CODE_UNKNOWN": 1, "ROW_MALFORMED": 1},
    }
    assert [set(each) for each in file["findings"]] == [{"code", "severity", "row", "field", "value", "message"}] * 2


def test_text_says_what_to_do(extract: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, extract, "--as-at", "2025-11-03")
    assert code == 1
    assert "marks.csv: attendance, 4 rows, 2 accepted" in out
    assert "row 3, code '@'" in out
    assert "correct the rows with errors" in out


def test_csv_is_the_schools_own_file_with_two_more_columns(extract: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, extract, "--format", "csv", "--as-at", "2025-11-03")
    header, *rows = csv.reader(io.StringIO(out))
    assert code == 1
    assert header == ["upn", "date", "session", "code", "note", "problem", "what to do"]
    assert [row[:6] for row in rows] == [
        ["B801200005001", "2025-10-13", "AM", "/", "'=1+1", ""],
        ["B801200005001", "2025-10-13", "PM", "'@", "", "CODE_UNKNOWN"],
        ["", "", "", "", "", ""],
        ["B801200005001", "2025-10-14", "", "", "", "ROW_MALFORMED"],
        ["B801200005001", "2025-10-14", "PM", "\\", "two\nlines", ""],
    ]
    assert "This is no attendance code" in rows[1][6]


def test_csv_of_ndjson(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "marks.ndjson"
    path.write_text('{"upn":"B801200005001","date":"2025-10-13","session":"AM","code":"?"}\nnonsense\n')
    _, out, _ = _run(capsys, str(path), "--format", "csv", "--as-at", "2025-11-03")
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["code", "date", "session", "upn", "problem", "what to do"]
    assert [row[4] for row in rows[1:]] == ["CODE_UNKNOWN", "ROW_MALFORMED"]


def test_with_a_roll(extract: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roll = tmp_path / "pupils.csv"
    header = "upn,surname,forename,date_of_birth,address_1,postcode,starting_day\n"
    roll.write_text(header + "Q801200005002,Made,Up,2015-01-01,1 Road,MU1 1AA,2020-09-01\n")
    _, out, _ = _run(capsys, extract, "--pupils", str(roll), "--format", "json", "--as-at", "2025-11-03")
    assert json.loads(out)["files"][0]["counts"]["PUPIL_UNKNOWN"] == 2
    code, _, err = _run(capsys, extract, "--pupils", extract)
    assert code == 2
    assert "not a pupils extract" in err


def test_with_a_directory(extract: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schools = tmp_path / "schools.csv"
    schools.write_text("URN,LA (code),EstablishmentName\n100001,886,Made-up School\n")
    assert _run(capsys, extract, "--schools", str(schools), "--urn", "100001")[0] == 1
    code, out, _ = _run(capsys, extract, "--schools", str(schools), "--urn", "100002")
    assert code == 2
    assert "SCHOOL_UNKNOWN" in out
    code, _, err = _run(capsys, extract, "--urn", "100002")
    assert code == 2
    assert "given together" in err


def test_exit_codes(extract: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "good.csv"
    good.write_text("upn,date,session,code\nB801200005001,2025-10-13,AM,/\n")
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert _run(capsys, str(good))[0] == 0
    assert _run(capsys, str(good), extract)[0] == 1
    assert _run(capsys, str(good), extract, str(empty))[0] == 2
    code, out, err = _run(capsys, str(tmp_path / "none.csv"))
    assert (code, out) == (2, "")
    assert "there is no such file" in err


def test_every_format_answers_a_refused_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    for form in ("text", "json", "csv"):
        code, out, _ = _run(capsys, str(path), "--format", form)
        assert code == 2
        assert "FILE_UNREADABLE" in out
