"""`attendance run`: a folder in, a folder out, as the contract says (design 5.3); the same whatever the order."""

import argparse
import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from attendance.law import PROVISIONS
from local import run as command
from local.inputs import BadInput, read_input
from tests.made_school import (
    FIRST_DAY,
    Child,
    away,
    calendar,
    csv_of,
    decisions,
    directory,
    letters,
    marks,
    parents,
    pupils,
    settings,
    support,
    upn,
)

HOLIDAYMAKER = Child(upn(1), parents=("P1", "P2"))
ILL = Child(upn(2), "Otherwhile", "Balthasarina")
LAST = date(2025, 10, 10)
WRONG = {"upn": ILL.upn, "date": "2025-10-10", "session": "AM", "code": "G1"}
WEEKS = csv_of(marks(HOLIDAYMAKER, FIRST_DAY, LAST, away(date(2025, 9, 29), date(2025, 10, 3))))
ILLNESS = csv_of([*marks(ILL, FIRST_DAY, date(2025, 10, 9), away(FIRST_DAY, date(2025, 9, 26), "I")), WRONG])
AUTHORISE = {"on": "2025-10-10", "la": "886", "urn": "900001", "upn": HOLIDAYMAKER.upn, "parent_id": "P1",
             "action": "authorise_penalty_notice", "ground": "support_not_appropriate", "by": "o1"}  # fmt: skip
DECISIONS = [
    AUTHORISE,
    AUTHORISE | {"parent_id": "P2", "by": "o2"},
    AUTHORISE | {"action": "fine_everyone"},
    AUTHORISE | {"on": "10/10/2025"},
    AUTHORISE | {"upn": ""},
    AUTHORISE | {"parent_id": "P2", "sessions": "2025-09-29/noon"},
    AUTHORISE | {"la": "Kent"},
    AUTHORISE | {"on": "2026-01-01"},
]
REFUSED_ROWS = {3: "o2 may not", 4: "action", 5: "on", 6: "upn", 7: "sessions", 8: "la"}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv"), body)
    return packed.getvalue()


def a_term(folder: Path) -> Path:
    return write(
        folder,
        {
            "886/900001/roll/pupils.csv": pupils(HOLIDAYMAKER, ILL),
            "886/900001/roll/parents.csv": parents(HOLIDAYMAKER, ILL),
            "886/900001/calendar.csv": calendar(FIRST_DAY, date(2026, 2, 27)),
            "886/900001/marks.csv": WEEKS,
            "886/900001/copies/2025-10-09 the same.csv": WEEKS,
            "886/900001/more.zip": zipped(ill=ILLNESS, menu=b"day,lunch\r\nMonday,soup\r\n"),
            "886/900001/2025-10-08-support.csv": support(ILL, date(2025, 9, 19), "engaged"),
            "886/settings.yaml": settings().encode(),
            "schools.csv": directory({"900001": "886"}),
            "decisions.csv": decisions(DECISIONS),
        },
    )


def attendance(*argv: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["run", *map(str, argv)])
    code: int = args.run(args)
    return code


@dataclass(frozen=True)
class Ran:
    code: int
    input: Path
    output: Path
    out: str
    err: str

    def json(self, name: str) -> Any:
        return json.loads((self.output / name).read_bytes())

    @property
    def files(self) -> set[str]:
        return {str(path.relative_to(self.output)) for path in self.output.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Runs the command on the made-up term, once for each set of options."""
    done: dict[tuple[str, ...], Ran] = {}

    def ran(*options: str) -> Ran:
        if options not in done:
            input_ = a_term(tmp_path_factory.mktemp("input"))
            output = tmp_path_factory.mktemp("output")
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = attendance(input_, output, *options)
            done[options] = Ran(code, input_, output, out.getvalue(), err.getvalue())
        return done[options]

    return ran


@pytest.fixture
def ran(runs: Callable[..., Ran]) -> Ran:
    return runs()


# ------------------------------------------------------------------ OUTPUT


def test_output_is_laid_out_as_promised(ran: Ran) -> None:
    assert ran.code == 0
    uploads = [WEEKS, zipped(ill=ILLNESS, menu=b"day,lunch\r\nMonday,soup\r\n"), pupils(HOLIDAYMAKER, ILL)]
    uploads += [
        parents(HOLIDAYMAKER, ILL),
        calendar(FIRST_DAY, date(2026, 2, 27)),
        support(ILL, date(2025, 9, 19), "engaged"),
    ]
    reports = {f"reports/886/900001/{hashlib.sha256(body).hexdigest()[:32]}.json" for body in uploads}
    assert {name for name in ran.files if name.startswith("reports/")} == reports
    lists = {name for name in ran.files if name.startswith("authorities/886/told/")}
    assert lists == {
        "authorities/886/told/officer-900001-2025-10-09.csv",  # the case that opened
        "authorities/886/told/school-900001-2025-10-08.csv",  # marks missing five school days before
        "authorities/886/told/school-900001-2025-10-09.csv",
    }
    decided = {name for name in ran.files if name.startswith("authorities/886/decisions/")}
    assert len(decided) == 2, "one of them refused"
    documents = {name for name in ran.files if name.startswith("authorities/")} - lists - decided
    [record] = [name for name in documents if name.endswith(".json")]
    assert documents == {
        record,
        record.replace(".json", ".pdf"),
        "authorities/886/returns/sickness-900001-2025-09-26.csv",
        "authorities/886/returns/sickness-900001-2025-09-26.pdf",
    }
    assert record.startswith("authorities/886/notices/886")
    assert ran.files == reports | documents | lists | decided | {"positions/900001.json", "summary.json"}


def test_the_summary_is_the_contracts(ran: Ran) -> None:
    summary = ran.json("summary.json")
    refused = summary.pop("refused")
    assert summary == {
        "as_at": "2025-10-10",
        "files": 7,  # the archive has two members, the copy is no file of its own
        "rows": 50 + 49 + 1 + 2 + 3 + 125 + 1,
        "accepted": 50 + 48 + 2 + 3 + 125 + 1,
        "findings": summary["findings"],
        "pupils": 2,
        "met": 1,
        "cases": {"gathering": 0, "lapsed": 0, "settled": 1},
        "notices": {"notice_to_improve": 0, "penalty_first": 1, "penalty_second": 0},
        "returns": {"attendance": 0, "deletion": 0, "new_pupil": 0, "sickness": 1},
        "balanced": True,
    }
    assert summary["findings"]["CODE_UNKNOWN"] == summary["findings"]["FILE_KIND_UNKNOWN"] == 1
    assert "ALREADY_RECEIVED" not in summary["findings"]
    assert [each["row"] for each in refused] == sorted(REFUSED_ROWS)


def test_a_row_of_decisions_that_cannot_be_carried_out_is_listed_with_what_is_wrong(ran: Ran) -> None:
    refused = {each["row"]: each for each in ran.json("summary.json")["refused"]}
    for row, because in REFUSED_ROWS.items():
        assert because in refused[row]["because"]
        assert set(refused[row]) == {"row", "action", "because", "provision"}
        assert refused[row]["provision"]
    assert refused[4]["action"] == "fine_everyone"
    assert refused[3]["provision"] == PROVISIONS["authorised_officer"].citation
    assert "dated after 2025-10-10: 1 in decisions.csv" in ran.err


def test_all_json_is_written_alike(ran: Ran) -> None:
    for name in sorted(name for name in ran.files if name.endswith(".json")):
        text = (ran.output / name).read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, indent=2) + "\n"


def test_the_summary_goes_to_standard_output_and_progress_does_not(ran: Ran) -> None:
    assert ran.out == (ran.output / "summary.json").read_text(encoding="utf-8")


def test_nothing_that_is_printed_names_a_child(ran: Ran) -> None:
    words = HOLIDAYMAKER.words | ILL.words
    assert not [word for word in words if word in ran.out + ran.err]


def test_a_report_says_where_it_belongs_and_what_was_found_in_each_member(ran: Ran) -> None:
    archive = hashlib.sha256(zipped(ill=ILLNESS, menu=b"day,lunch\r\nMonday,soup\r\n")).hexdigest()
    report = ran.json(f"reports/886/900001/{archive[:32]}.json")
    assert set(report) == {"upload", "la", "urn", "received_at", "rules", "files"}
    assert (report["upload"], report["received_at"]) == (archive, "2025-10-10T17:00:00Z")
    fields = {
        "file",
        "kind",
        "rows",
        "accepted",
        "unchanged",
        "amended",
        "totals",
        "counts",
        "findings",
        "findings_left_out",
    }
    assert [set(file) for file in report["files"]] == [fields, fields]
    names = {file["file"]: (file["kind"], file["rows"], file["accepted"]) for file in report["files"]}
    assert names == {"more.zip/ill.csv": ("attendance", 49, 48), "more.zip/menu.csv": (None, 1, 0)}


def test_of_copies_the_report_is_that_of_the_first_received(ran: Ran) -> None:
    report = ran.json(f"reports/886/900001/{hashlib.sha256(WEEKS).hexdigest()[:32]}.json")
    assert report["received_at"] == "2025-10-09T17:00:00Z"
    assert "ALREADY_RECEIVED" not in report["files"][0]["counts"]


def test_positions_are_the_contracts(ran: Ran) -> None:
    positions = ran.json("positions/900001.json")
    assert (positions["urn"], positions["as_at"], positions["known_at"]) == (
        "900001",
        "2025-10-10",
        "2025-10-10T17:00:00Z",
    )
    assert [each["upn"] for each in positions["pupils"]] == sorted([HOLIDAYMAKER.upn, ILL.upn])
    by_upn = {each["upn"]: each for each in positions["pupils"]}
    fields = {
        "upn", "count", "window", "best", "met", "met_at", "provisional", "request_ready", "blockers", "flags", "to_go", "drops_on",
        "illness_days", "continuous_unauthorised_sessions", "possible", "attended", "authorised", "unauthorised", "persistent",
        "severe",
    }  # fmt: skip
    assert all(set(each) == fields for each in by_upn.values())
    fined, ill = by_upn[HOLIDAYMAKER.upn], by_upn[ILL.upn]
    assert (fined["count"], fined["to_go"], fined["met"]) == (0, 10, True), "its sessions are used by now"
    assert fined["met_at"] == {"date": "2025-10-03", "session": "PM"}
    assert (ill["illness_days"], ill["authorised"], ill["met"], ill["met_at"]) == (15, 30, False, None)


def test_the_return_names_the_pupil_and_nobody_else(ran: Ran) -> None:
    text = (ran.output / "authorities/886/returns/sickness-900001-2025-09-26.csv").read_text(encoding="utf-8")
    assert [row["upn"] for row in csv.DictReader(io.StringIO(text))] == [ILL.upn]


def test_the_input_is_left_as_it_was(ran: Ran, tmp_path: Path) -> None:
    def tree(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert tree(ran.input) == tree(a_term(tmp_path))


def test_shuffled_and_doubled_it_says_that_all_is_the_same(runs: Callable[..., Ran]) -> None:
    plain, other = runs(), runs("--shuffle", "7", "--double")
    assert other.code == 0
    same = {name for name in plain.files if not name.startswith("reports/")}
    assert f"The same: {len(same)} files are equal" in other.out
    for name in same:
        assert (other.output / name).read_bytes() == (plain.output / name).read_bytes()


def test_what_differs_between_two_orders_is_named_and_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def replayed(_: Path, output: Path, *, shuffle: int | None = None, **__: Any) -> command.Replayed:
        write(output, {"same": b"1", "reports/of.json": str(shuffle).encode(), "differs": str(shuffle).encode()})
        write(output, {"extra" if shuffle else "lost": b""})
        return command.Replayed(output, {})

    monkeypatch.setattr(command, "replay", replayed)
    assert attendance(tmp_path, tmp_path / "output", "--shuffle", "7") == 1
    said = capsys.readouterr().out
    assert "differs: differs\nextra: only in this order\nlost: only in the plain order\n" in said
    assert "same" not in said
    assert "reports" not in said


# ------------------------------------------------------------------ what is not given


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The same children without settings, without a directory, and a run that ends a day early."""
    input_ = write(
        tmp_path_factory.mktemp("bare"),
        {
            "886/900001/pupils.csv": pupils(HOLIDAYMAKER, ILL),
            "886/900001/parents.csv": parents(HOLIDAYMAKER, ILL),
            "886/900001/marks.csv": WEEKS,
            "886/900001/more.csv": ILLNESS,
            "decisions.csv": decisions([AUTHORISE | {"on": "2025-10-09"}]),
        },
    )
    left = {
        "summary.json": b"{}",
        "positions/999999.json": b"{}",
        "reports/old.json": b"{}",
        "letters/old.pdf": b"%PDF",
    }
    output = write(tmp_path_factory.mktemp("used before"), left)
    done = command.replay(input_, output, as_at=date(2025, 10, 9), progress=False)
    return Ran(0, input_, output, json.dumps(done.summary), "")


def test_without_settings_there_are_positions_cases_and_returns_but_no_document(bare: Ran) -> None:
    summary = bare.json("summary.json")
    assert summary["notices"] == {"notice_to_improve": 0, "penalty_first": 0, "penalty_second": 0}
    assert summary["cases"] == {"gathering": 1, "lapsed": 0, "settled": 0}
    assert summary["returns"]["sickness"] == 1
    [refused] = summary["refused"]
    assert refused["because"].startswith("SETTINGS_MISSING")
    [met] = [pupil for pupil in bare.json("positions/900001.json")["pupils"] if pupil["met"]]
    assert met["blockers"][0] == "SETTINGS_MISSING"
    assert met["request_ready"] is False


def test_without_a_directory_every_school_is_in_the_framework_and_told_so(bare: Ran) -> None:
    assert bare.json("summary.json")["findings"]["DIRECTORY_MISSING"] == 4
    assert bare.json("summary.json")["met"] == 1


def test_what_would_come_after_as_at_comes_on_as_at_and_counts_up_to_it(bare: Ran) -> None:
    report = bare.json(f"reports/886/900001/{hashlib.sha256(WEEKS).hexdigest()[:32]}.json")
    assert report["received_at"] == "2025-10-09T17:00:00Z"
    assert report["files"][0]["accepted"] == 50
    assert {pupil["possible"] for pupil in bare.json("positions/900001.json")["pupils"]} == {48}


def test_a_folder_that_is_no_output_of_ours_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    input_, output = a_term(tmp_path / "input"), tmp_path / "thesis"
    (output / "reports").mkdir(parents=True)
    (output / "reports" / "thesis.txt").write_text("years of work")

    assert attendance(input_, output) == 2
    assert "name a new or empty folder" in capsys.readouterr().err
    assert (output / "reports" / "thesis.txt").read_text() == "years of work"


def test_what_an_earlier_run_left_in_output_does_not_stay(bare: Ran) -> None:
    assert not {"positions/999999.json", "reports/old.json"} & bare.files


# ------------------------------------------------------------------ when a file is received

A_MARK = marks(ILL, FIRST_DAY, FIRST_DAY)
RECEIPTS = [
    ("its name, a day", "2025-11-03-week.csv", csv_of(A_MARK), "2025-11-03T18:00Z"),
    ("its name, a day in summer time", "2025-09-09 week.csv", csv_of(A_MARK), "2025-09-09T17:00Z"),
    ("its name, a time", "2025-11-03T0915-week.csv", csv_of(A_MARK), "2025-11-03T09:15Z"),
    ("a name that begins with no day", "2025-13-40-week.csv", csv_of(A_MARK), "2025-09-08T17:00Z"),
    ("a day further on in its name", "week-2025-11-03.csv", csv_of(A_MARK), "2025-09-08T17:00Z"),
    ("its latest mark", "week.csv", csv_of(marks(ILL, FIRST_DAY, LAST)), "2025-10-10T17:00Z"),
    ("its latest mark other than #", "week.csv",
     csv_of([*A_MARK, *marks(ILL, LAST, LAST, {LAST: "#"})]), "2025-09-08T17:00Z"),
    ("any mark, if there is no other than #", "week.csv", csv_of(marks(ILL, LAST, LAST, {LAST: "#"})), "2025-10-10T17:00Z"),
    ("a later time of recording", "week.csv",
     csv_of(marks(ILL, FIRST_DAY, FIRST_DAY, recorded_at="2025-09-10T12:34")), "2025-09-10T11:34Z"),
    ("not an earlier time of recording", "week.csv",
     csv_of(marks(ILL, FIRST_DAY, FIRST_DAY, recorded_at="2025-09-08T09:05")), "2025-09-08T17:00Z"),
    ("a later time of extraction", "week.csv",
     csv_of(marks(ILL, FIRST_DAY, FIRST_DAY, extracted_at="2025-09-08T19:00:00+00:00")), "2025-09-08T19:00Z"),
    ("its latest support row", "support.csv", support(ILL, date(2025, 9, 19), "engaged"), "2025-09-19T17:00Z"),
    ("nothing in it: the first day, at midnight", "pupils.csv", pupils(ILL), "2025-09-02T23:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "body", "expected"), [each[1:] for each in RECEIPTS], ids=[each[0] for each in RECEIPTS]
)
def test_a_file_is_received_at_the_time_of(name: str, body: bytes, expected: str, tmp_path: Path) -> None:
    first = csv_of(marks(ILL, date(2025, 9, 3), date(2025, 9, 3)))
    given = read_input(
        write(tmp_path, {f"886/900001/{name}": body, "886/900001/first.csv": first}),
        as_at=date(2026, 1, 1),
        schools=None,
    )
    [file] = [file for file in given.files if file.path.name == name]
    assert file.received_at == file.uncut_received_at == datetime.fromisoformat(expected)


def test_what_would_come_later_is_cut_to_as_at_and_remembers_when_it_would_have_come(tmp_path: Path) -> None:
    folder = write(tmp_path, {"886/900001/2026-02-02-week.csv": csv_of(A_MARK)})
    [file] = read_input(folder, as_at=date(2025, 9, 30), schools=None).files
    assert file.received_at == datetime(2025, 9, 30, 17, tzinfo=UTC)
    assert file.uncut_received_at == datetime(2026, 2, 2, 18, tzinfo=UTC)


def test_the_default_as_at_is_the_latest_mark_other_than_unknown(tmp_path: Path) -> None:
    body = csv_of([*A_MARK, *marks(ILL, LAST, LAST, {LAST: "#"})])
    folder = write(
        tmp_path, {"886/900001/a.csv": body, "886/900001/2025-12-01-support.csv": support(ILL, LAST, "engaged")}
    )
    assert read_input(folder, as_at=None, schools=None).as_at == FIRST_DAY


def test_folders_and_hidden_files_do_not_matter(tmp_path: Path) -> None:
    files = {
        "886/900001/deep/er/a.csv": b"x",
        "886/900001/.DS_Store": b"x",
        "886/notes/b.csv": b"x",
        "other/900001/c.csv": b"x",
    }
    given = read_input(write(tmp_path, files), as_at=LAST, schools=None)
    assert [file.path.name for file in given.files] == ["a.csv"]


# ------------------------------------------------------------------ early letters


def test_a_school_that_gave_its_words_gets_letters_the_same_in_any_order(tmp_path: Path) -> None:
    away_days = away(date(2025, 9, 29), date(2025, 9, 30), "O")
    amended = marks(HOLIDAYMAKER, date(2025, 9, 30), date(2025, 9, 30), away(date(2025, 9, 30), date(2025, 9, 30), "U"),
                    recorded_at="2025-10-03T19:00", amendment_reason="late", recorded_by="A")  # fmt: skip
    input_ = write(
        tmp_path / "input",
        {
            "886/900001/2025-10-03-pupils.csv": pupils(HOLIDAYMAKER),
            "886/900001/2025-10-03-parents.csv": parents(HOLIDAYMAKER),
            "886/900001/2025-10-03-marks.csv": csv_of(marks(HOLIDAYMAKER, FIRST_DAY, date(2025, 10, 3), away_days)),
            "886/900001/2025-10-04-amended.csv": csv_of(amended),
            "886/900001-letters.yaml": letters().encode(),
            "schools.csv": directory({"900001": "886"}),
        },
    )
    with redirect_stdout(io.StringIO()) as out:
        code = attendance(input_, tmp_path / "output", "--shuffle", 7, "--double")
    names = sorted(path.name for path in (tmp_path / "output" / "letters" / "886" / "900001").iterdir())
    summary = json.loads((tmp_path / "output" / "summary.json").read_bytes())

    assert code == 0, out.getvalue()
    assert [re.sub(r"-[0-9A-Z]{8}\.", "-REFERENCE.", name) for name in names] == [
        "900001-4-REFERENCE.pdf", "900001-4-REFERENCE.pdf", "early_letter-900001-2025-10-03.csv",
    ]  # fmt: skip
    assert set(summary["returns"]) == {"attendance", "deletion", "new_pupil", "sickness"}
    assert summary["files"] == 4, "the words of the letters are no extract"


# ------------------------------------------------------------------ what cannot be used

GOOD = {"886/900001/marks.csv": WEEKS}
BAD = [
    ("no such folder", None, "is not a folder"),
    ("no file of a school", {"readme.txt": b""}, "no file of a school"),
    ("no day to stand at", {"886/900001/pupils.csv": pupils(ILL)}, "--as-at"),
    ("decisions without a column", GOOD | {"decisions.csv": b"on,la\r\n"}, "lacks the column urn"),
    ("decisions that are not text", GOOD | {"decisions.csv": decisions([AUTHORISE]).replace(b"o1", b"Zo\xeb")}, "UTF-8"),
    ("an unreadable directory", GOOD | {"schools.csv": b"name\r\nA\r\n"}, "lacks the column"),
    ("settings outside the law", GOOD | {"886/settings.yaml": settings(retention_years="2").encode()},
     PROVISIONS["register_entry"].citation),
    ("settings that are not YAML", GOOD | {"settings/group.yaml": b"a: [\n"}, "settings/group.yaml"),
    ("settings that are not UTF-8", GOOD | {"settings/group.yaml": "name: é".encode("utf-16")}, "settings/group.yaml is not UTF-8"),
    ("words that are not UTF-8", GOOD | {"886/900001-letters.yaml": "phone: é".encode("latin-1")},
     "886/900001-letters.yaml is not UTF-8"),
    ("decisions that are not UTF-8", GOOD | {"decisions.csv": "é".encode("latin-1")}, "decisions.csv is not UTF-8"),
    ("two settings of one authority from one day",
     GOOD | {"886/settings.yaml": settings().encode(), "settings/group.yaml": settings().encode()}, "holds_from"),
    ("words that cannot be sent", GOOD | {"886/900001-letters.yaml": letters(support="['Dear {parent}']").encode()},
     "886/900001-letters.yaml, document 1: support.0"),
    ("words of a school that is none", GOOD | {"886/zoe-letters.yaml": letters().encode()}, "886/zoe-letters.yaml names no school"),
    ("words of one school from one day under two authorities",
     GOOD | {f"{la}/900001-letters.yaml": letters().encode() for la in ("886", "887")}, "two documents hold from"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "said"), [each[1:] for each in BAD], ids=[each[0] for each in BAD])
def test_what_cannot_be_used_is_said_at_once_and_exits_2(
    files: dict[str, bytes] | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "input", files) if files is not None else tmp_path / "nowhere"
    assert attendance(folder, tmp_path / "output") == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert not (tmp_path / "output").exists()


def test_a_directory_that_was_named_and_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--schools"):
        read_input(write(tmp_path, GOOD), as_at=None, schools=tmp_path / "gias.csv")
