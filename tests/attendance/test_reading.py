"""Whatever bytes arrive, the answer is clear: rows numbered as the school counts them, or a refusal; never a traceback."""

import csv
import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from extracts import check, check_all, triples
from hypothesis import example, given
from hypothesis import strategies as st

from attendance import reading, unpacking
from attendance.checking import Place, receipt_hints
from attendance.directory import read_directory
from attendance.findings import RefusedError

HEADER = b"upn,date,session,code\n"
GOOD = HEADER + b"B801200005001,2025-10-13,AM,/\nB801200005001,2025-10-13,PM,\\\n"
BAD_CODE = b"B801200005001,2025-10-14,AM,@\n"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return out.getvalue()


def symlink() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.csv")
    info.external_attr = 0o120777 << 16
    return info


def encrypted() -> bytes:
    body = bytearray(zipped(("a.csv", GOOD)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + offset] |= 1
    return bytes(body)


REFUSED = [
    ("nothing", b"", "FILE_EMPTY"),
    ("blank lines only", b"\r\n \n\t\n", "FILE_EMPTY"),
    ("a byte order mark only", b"\xef\xbb\xbf", "FILE_EMPTY"),
    ("a header only", HEADER, "FILE_EMPTY"),
    ("a header and blank rows", HEADER + b"\n,,,\n", "FILE_EMPTY"),
    ("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "FILE_UNREADABLE"),
    ("an old Excel workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "FILE_UNREADABLE"),
    (
        "an Excel workbook",
        zipped(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<x/>")),
        "FILE_UNREADABLE",
    ),
    ("text with a NUL in it", GOOD + b"B8012\x0000005001,2025-10-14,AM,/\n", "FILE_UNREADABLE"),
    ("control characters", b"upn,code\n" + bytes(range(1, 9)) * 20, "FILE_UNREADABLE"),
    ("a line without end", b"upn,date,session,code\n" + b"x" * 1_000_001, "FILE_UNREADABLE"),
    ("the same with a quote", b'upn,date,session,"code"\n' + b"x" * 1_000_001, "FILE_UNREADABLE"),
    ("UTF-16 with its mark", GOOD.decode().encode("utf-16"), "ENCODING_UNKNOWN"),
    ("UTF-16 without", GOOD.decode().encode("utf-16-le"), "ENCODING_UNKNOWN"),
    ("neither UTF-8 nor Windows-1252", GOOD + b"\x81\n", "ENCODING_UNKNOWN"),
    ("gzip that breaks off", gzip.compress(GOOD * 100)[:-12], "FILE_TRUNCATED"),
    ("gzip that is damaged", gzip.compress(GOOD)[:-8] + bytes(8), "FILE_UNREADABLE"),
    ("a ZIP that breaks off", zipped(("a.csv", GOOD))[:-30], "FILE_TRUNCATED"),
    ("an empty ZIP", zipped(), "FILE_EMPTY"),
    ("a quoted value that never ends", GOOD + b'"B801200005001,2025-10-14,AM,/\n' + GOOD, "FILE_TRUNCATED"),
    ("one that swallows much", GOOD + b'"' + b"B801200005001,2025-10-14,AM,/\n" * 9000 + b'"\n', "FILE_TRUNCATED"),
    ("a last line without end and too short", GOOD + b"B801200005001,2025-10-1", "FILE_TRUNCATED"),
    ("the same with a quote", GOOD + b'"B801200005001",2025-10-1', "FILE_TRUNCATED"),
    ("the middle of a letter", GOOD + b"B801200005001,2025-10-14,AM,\xc3", "FILE_TRUNCATED"),
    ("NDJSON that breaks off", b'{"upn":"B801200005001","code":"/"}\n{"upn":"B80', "FILE_TRUNCATED"),
    ("columns of no kind", b"name,colour\na,b\n", "FILE_KIND_UNKNOWN"),
    ("a list of contents that begins before the file", b"PK\x03\x04" + zipped(("a.csv", GOOD))[30:], "ARCHIVE_UNSAFE"),
    ("a path upwards", zipped(("../a.csv", GOOD)), "ARCHIVE_UNSAFE"),
    ("a path upwards the Windows way", zipped(("x\\..\\..\\a.csv", GOOD)), "ARCHIVE_UNSAFE"),
    ("an absolute path", zipped(("/etc/a.csv", GOOD)), "ARCHIVE_UNSAFE"),
    ("a drive", zipped(("C:a.csv", GOOD)), "ARCHIVE_UNSAFE"),
    ("a symbolic link", zipped((symlink(), b"/etc/passwd")), "ARCHIVE_UNSAFE"),
    ("an encrypted file", encrypted(), "ARCHIVE_UNSAFE"),
    ("an archive in an archive", zipped(("a.zip", zipped(("a.csv", GOOD)))), "ARCHIVE_UNSAFE"),
    ("hidden in gzip", zipped(("a.csv.gz", gzip.compress(zipped(("a.csv", GOOD))))), "ARCHIVE_UNSAFE"),
    ("gzip in gzip", gzip.compress(gzip.compress(GOOD)), "ARCHIVE_UNSAFE"),
]


@pytest.mark.parametrize(("body", "code"), [pytest.param(body, code, id=name) for name, body, code in REFUSED])
def test_refused(body: bytes, code: str) -> None:
    (checked,) = check_all(body)
    assert [(each.code, each.row) for each in checked.findings] == [(code, None)]
    assert checked.refused
    assert (checked.accepted, checked.parts) == (0, {})


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_BYTES", 5000)
    large = HEADER + b"B801200005001,2025-10-13,AM,/\n" * 500
    for body in (large, gzip.compress(large)):
        assert check(body).counts == {"FILE_TOO_LARGE": 1}
    files = check_all(zipped(("large.csv", large), ("good.csv", GOOD), ("large.gz", gzip.compress(large))), "term.zip")
    assert [(each.file, list(each.counts)) for each in files] == [
        ("term.zip/good.csv", []),
        ("term.zip/large.csv", ["FILE_TOO_LARGE"]),
        ("term.zip/large.gz", ["FILE_TOO_LARGE"]),
    ]


@pytest.mark.parametrize("junk", [b"@\n", b"\n", b"B801200005001,2025-10-13,AM,/\n", b'"@"\n'])
def test_too_many_rows_of_whatever_kind(junk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 50)
    assert check(HEADER + junk * 51).counts == {"FILE_TOO_LARGE": 1}
    assert "FILE_TOO_LARGE" not in check(HEADER + junk * 50).counts


def test_more_different_values_than_a_register_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_VALUES", 40_000)
    rows = [f"{n},2025-10-13,AM,/" for n in range(50_000)]
    for body in ("\n".join(rows), '"x",y,z,w\n' + "\n".join(rows)):
        (finding,) = check(HEADER + body.encode()).findings
        assert (finding.code, "40,000 different values" in finding.message) == ("FILE_TOO_LARGE", True)


def test_an_archive_of_more_than_can_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_MOST_IN_ARCHIVE", 2 * len(GOOD))
    assert check(zipped(*((f"{n}.csv", GOOD) for n in range(3)))).counts == {"ARCHIVE_UNSAFE": 1}


def test_the_members_of_a_zip_are_taken_or_refused_one_by_one() -> None:
    body = zipped(
        ("b/two.csv.gz", gzip.compress(GOOD)),
        ("a.csv", b""),
        ("__MACOSX/._a.csv", b"\x00"),
        ("c.csv", BAD_CODE),
        ("d/", b""),
    )
    assert [(each.file, each.accepted, list(each.counts)) for each in check_all(body, "term.zip")] == [
        ("term.zip/a.csv", 0, ["FILE_EMPTY"]),
        ("term.zip/b/two.csv.gz", 2, []),
        ("term.zip/c.csv", 0, ["FILE_KIND_UNKNOWN"]),
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(GOOD, id="plain"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="byte order mark"),
        pytest.param(GOOD.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(GOOD.replace(b"\n", b"\r"), id="CR"),
        pytest.param(GOOD.rstrip(), id="the last line has no end but all its values"),
        pytest.param(GOOD.replace(b"B801200005001", b'"B801200005001"'), id="quoted"),
        pytest.param(
            GOOD.replace(b"upn,date,session,code", b" UPN ,Date,Session,Code"), id="names in capitals, with spaces"
        ),
        pytest.param(b"\n\n" + GOOD, id="blank lines before the header do not count"),
        pytest.param(gzip.compress(GOOD), id="gzip"),
        pytest.param(gzip.compress(GOOD[:40]) + gzip.compress(GOOD[40:]), id="gzip in two members"),
    ],
)
def test_the_same_rows_however_written(body: bytes) -> None:
    checked = check(body)
    assert (checked.rows, checked.accepted, triples(checked)) == (2, 2, set())


def test_the_upload_is_named_by_its_plain_bytes_and_its_part_by_nothing_else() -> None:
    plain, packed = check(GOOD), check(gzip.compress(GOOD), "other name.gz")
    assert plain.upload == packed.upload
    assert plain.parts == packed.parts


def test_row_numbers_are_those_of_a_spreadsheet() -> None:
    body = b"upn,date,session,code,note\n\n" + GOOD[len(HEADER) :].replace(b"\n", b",\n") + b",,,,\nshort,row\n\n"
    body += BAD_CODE.replace(b"\n", b",\n") + b"one,two,many,values,in,here\n"
    assert triples(check(body)) == {(6, None, "ROW_MALFORMED"), (8, "code", "CODE_UNKNOWN"), (9, None, "ROW_MALFORMED")}
    quoted = body.replace(b",\n", b',"a note\nof two lines"\n', 1)
    assert triples(check(quoted)) == triples(check(body)), "a line break inside quotes is no new row"


def test_a_stray_quote_costs_its_own_row() -> None:
    body = GOOD + b'"B801200005001"x,2025-10-14,AM,/\n' + BAD_CODE
    assert triples(check(body)) == {(4, None, "ROW_MALFORMED"), (5, "code", "CODE_UNKNOWN")}


def test_windows_1252_is_taken_with_advice() -> None:
    body = b"upn,date,session,code,note\nB801200005001,2025-10-13,AM,B,caf\xe9\n"
    for each in (body, body.replace(b"caf\xe9", b'"caf\xe9"')):
        checked = check(each)
        assert triples(checked) == {(None, None, "ENCODING_WINDOWS_1252")}
        assert checked.parts.keys() == {"2025"}


def test_ndjson() -> None:
    rows = [
        {"upn": "B801200005001", "date": "2025-10-13", "session": "AM", "code": "/", "minutes_late": None},
        {"code": "\\", "session": "PM", "date": "2025-10-13", "upn": "B801200005001", "extra": 1},
        {"upn": "B801200005001", "date": "2025-10-14", "session": "AM", "code": "L", "minutes_late": 5},
    ]
    lines = [json.dumps(row) for row in rows]
    lines[1:1] = [
        "",
        "[1]",
        '{"upn": {"a": 1}}',
        '{"upn": "a", "upn": "b"}',
        "{" * 5000,
        '{"upn": "\\ud800"}',
        '{"upn": "\\u0000"}',
    ]
    checked = check("\n".join(lines).encode())
    assert triples(checked) == {(row, None, "ROW_MALFORMED") for row in range(3, 9)} | {
        (None, "extra", "COLUMN_UNKNOWN")
    }
    assert (checked.rows, checked.accepted) == (9, 3)


def test_what_a_header_says() -> None:
    assert triples(check(b"upn,date,session,code,code\nx,x,x,x,x\n")) == {(1, "code", "HEADER_DUPLICATE")}
    assert triples(check(b"upn,date,session\nx,x,x\n")) == {(1, "code", "COLUMN_MISSING")}
    assert triples(
        check(GOOD.replace(b"code\n", b"code,room\n").replace(b"/\n", b"/,\n").replace(b"\\\n", b"\\,\n"))
    ) == {(1, "room", "COLUMN_UNKNOWN")}
    (finding,) = check(GOOD.replace(b",", b";")).findings
    assert finding.code == "FILE_KIND_UNKNOWN"
    assert "semicolons" in finding.message


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("date,session,open", "calendar"),
        ("upn,from,until,evidence", "absences_expected"),
        ("upn,date,kind,description,outcome,parent_id", "support"),
        ("upn,parent_id,date_of_birth", "parents"),
        ("upn,relationship", "parents"),
        ("upn,date,session", "attendance"),
        ("upn,code", "attendance"),
        ("upn,starting_day", "pupils"),
        ("upn,date_of_birth", "pupils"),
        ("upn,surname", None),
    ],
)
def test_the_header_says_what_a_file_is(header: str, kind: str | None) -> None:
    assert check(f"{header}\n{header}\n".encode()).kind == kind


def test_the_school_of_the_key() -> None:
    directory = read_directory(b"URN,LA (code),EstablishmentName\n100001,886,Made-up School\n")
    school = directory.schools["100001"]
    assert check(GOOD, place=Place("886", "100001", school, directory_known=True)).counts == {}
    assert check(GOOD, place=Place("886", "100009", None, directory_known=True)).counts == {"SCHOOL_UNKNOWN": 1}
    assert check(GOOD, place=Place("887", "100001", school, directory_known=True)).counts == {"SCHOOL_WRONG": 1}
    assert check(GOOD, place=Place("886", "100001")).counts == {"DIRECTORY_MISSING": 1}


def test_hints_date_a_file_without_checking_it(tmp_path: Path) -> None:
    marks = b"upn,date,session,code,recorded_at\nx,2025-10-13,AM,O,\nx,2025-10-20,AM,#,\nx,2025-10-14,AM,?,2025-10-14T23:30:00\n"
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(("a.csv", marks), ("b.csv", b"upn,date,outcome\nx,2025-11-01,engaged\n"), ("c.csv", b"")))
    hints = receipt_hints(path)
    assert str(hints.latest_marked) == "2025-10-14"
    assert str(hints.latest_any) == "2025-10-20"
    assert str(hints.latest_support) == "2025-11-01"
    assert str(hints.latest_time) == "2025-10-14 22:30:00+00:00", "a time without offset is London's"


# --- Against Python's csv, the slow and obvious reader ----------------------------------------------------------------------

_VALUES = st.text(st.sampled_from('ab é,"\n\t;'), max_size=4)
_RECORDS = st.lists(st.one_of(st.just([]), st.lists(_VALUES, min_size=2, max_size=4)), max_size=12)


@given(_RECORDS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.booleans())
@example([["a", "b", "c"], [], ["a"], ["", " ", ""], ["x", "y", "z"]], "\n", csv.QUOTE_MINIMAL, True)
def test_every_record_comes_out_with_its_number(records: list[list[str]], end: str, quoting: int, ends: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=quoting)
    writer.writerow(["upn", "code", "note"])
    writer.writerows(records)
    text = out.getvalue() if ends else out.getvalue() + "x,y,z"
    expected, malformed = {}, []
    for row, values in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
        if row == 1 or not any(value.strip(" \t\n") for value in values):
            continue
        if len(values) == 3:
            expected[row] = tuple(value or None for value in values)
        else:
            malformed.append(row)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.csv")
        path.write_bytes(text.encode())
        table = reading.read_table(path)
    columns = [table.columns[name] for name in ("upn", "code", "note")] if len(table.row) else []
    found = {int(row): tuple(column.at(n) or None for column in columns) for n, row in enumerate(table.row)}
    assert found == expected
    assert table.malformed_row.tolist() == malformed
    assert table.rows == len(expected) + len(malformed)


def test_quotes_around_whole_values_cost_no_reading_value_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many systems put every value in quotes, and a note has a comma: a year of it would take ten times as long."""
    header, *lines = (GOOD + BAD_CODE).splitlines()
    quoted = [b'"' + line.replace(b",", b'","') + b'"' for line in (header, *lines)]
    quoted.append(b'"B801200005001","2025-10-15",AM,"/, late, 5 minutes"')
    body = b"\n".join([*quoted, b""])
    with monkeypatch.context() as patched:
        patched.setattr(reading, "_read_lines", raising)
        expected = triples(check(body))
    assert (5, "code", "CODE_UNKNOWN") in expected
    monkeypatch.setattr(reading, "_read_quoted", None)
    assert triples(check(body)) == triples(check(body.replace(b"\n", b"\r\n"))) == expected


def raising(*_: object) -> None:
    raise reading._QuotesMeanSomething


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    body = HEADER + b"B801200005001,2025-10-13,AM,/\n\nshort\n" * 20 + BAD_CODE
    whole = triples(check(body))
    for size in (16, 37, 64):
        monkeypatch.setattr(reading, "_CHUNK", size)
        assert triples(check(body)) == whole
        assert triples(check(body.replace(b"\n", b"\r\n"))) == whole


_BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from(
            [*(bytes([n]) for n in b',"\n\r;{}[]\\/ -0Z\xff\xe9\x00'), HEADER, GOOD, b'"upn":', b"2025-10-13"]
        )
    ).map(b"".join),
    st.binary(max_size=60).map(lambda tail: zipped(("a.csv", GOOD))[: len(tail) * 3] + tail),
    st.binary(max_size=60).map(lambda tail: gzip.compress(GOOD)[: len(tail) * 2] + tail),
)


@given(_BYTES)
def test_no_bytes_whatever_raise(body: bytes) -> None:
    for checked in check_all(body):
        assert checked.refused or checked.rows >= checked.accepted
        assert sum(checked.totals.values()) == sum(checked.counts.values()) >= len(checked.findings)


def test_a_refusal_carries_its_finding(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"")
    with pytest.raises(RefusedError, match="FILE_EMPTY") as raised:
        reading.survey(path)
    assert raised.value.finding.severity == "refused"
