"""`attendance verify`: an issued notice holds, or what differs is named; whatever happened to the file, there is an answer."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from local.command import main
from local.run import replay
from local.synth import LOCAL_PREFIX
from tests.made_school import (
    FIRST_DAY,
    Child,
    away,
    calendar,
    csv_of,
    decisions,
    directory,
    marks,
    parents,
    pupils,
    settings,
    support,
    upn,
)
from tests.raised_system import System, raised

HERE, BEFORE, ELSEWHERE = "900001", "900002", "900003"
STAYED = Child(upn(1), parents=("P1", "P2"))
MOVED = Child(upn(2), "Otherwhile", "Balthasarina", row={"starting_day": "2025-09-29"})
LEFT = Child(MOVED.upn, MOVED.surname, MOVED.forename, row={"leaving_day": "2025-09-26", "deletion_ground": "f"})
ISSUED, WITHDRAWN = "2025-10-10", "2025-10-13"
AUTHORISE = {"on": ISSUED, "la": "886", "urn": HERE, "upn": STAYED.upn, "parent_id": "P1", "by": "o1",
             "action": "authorise_penalty_notice", "ground": "support_not_appropriate", "reason": "a holiday"}  # fmt: skip
DECISIONS = [
    AUTHORISE,
    AUTHORISE | {"parent_id": "P2"},
    AUTHORISE | {"upn": MOVED.upn},
    AUTHORISE | {"parent_id": "P2", "on": WITHDRAWN, "action": "withdraw", "ground": "ought_not"},
]
SCHOOL_DAYS = calendar(FIRST_DAY, date(2026, 2, 27))
STAYED_MARKS = marks(STAYED, FIRST_DAY, date(2025, 10, 10), away(date(2025, 9, 29), date(2025, 10, 3)))
MOVED_MARKS = marks(MOVED, date(2025, 9, 29), date(2025, 10, 10), away(date(2025, 9, 29), date(2025, 9, 30)))
LEFT_MARKS = marks(LEFT, FIRST_DAY, date(2025, 9, 26), away(date(2025, 9, 24), date(2025, 9, 26)))
TREE = {
    "schools.csv": directory({HERE: "886", BEFORE: "886", ELSEWHERE: "886"}),
    "886/settings.yaml": settings().encode(),
    "decisions.csv": decisions(DECISIONS),
    f"886/{HERE}/2025-10-09-pupils.csv": pupils(STAYED, MOVED),
    f"886/{HERE}/2025-10-09-parents.csv": parents(STAYED, MOVED),
    f"886/{HERE}/2025-10-09-support.csv": support(STAYED, date(2025, 9, 15), "engaged"),
    f"886/{HERE}/2025-10-09-calendar.csv": SCHOOL_DAYS,
    f"886/{HERE}/2025-10-10T0900-marks.csv": csv_of([*STAYED_MARKS, *MOVED_MARKS]),
    f"886/{BEFORE}/2025-10-09-pupils.csv": pupils(LEFT),
    f"886/{BEFORE}/2025-10-09-calendar.csv": SCHOOL_DAYS,
    f"886/{BEFORE}/2025-10-10-marks.csv": csv_of(LEFT_MARKS),
    f"886/{ELSEWHERE}/2025-10-10-pupils.csv": pupils(Child(upn(9))),
}
WORDS = STAYED.words | MOVED.words


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder


@dataclass(frozen=True)
class Issued:
    """What was issued, by whom it is about: `stayed`, `withdrawn`, `moved`."""

    tree: Path
    notices: Mapping[str, Path]


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Three notices of one school; one of them rests on another school's register, too, which came last."""
    tree, output = put(tmp_path_factory.mktemp("input"), TREE), tmp_path_factory.mktemp("output")
    replay(tree, output, as_at=date.fromisoformat(WITHDRAWN), progress=False)
    found = {}
    for path in (output / "authorities" / "886" / "notices").glob("*.json"):
        record = json.loads(path.read_bytes())
        withdrawn = (output / "authorities" / "886" / "withdrawals" / path.name).exists()
        name = "moved" if record["upn"] == MOVED.upn else "withdrawn" if withdrawn else "stayed"
        found[name] = path.with_suffix(".pdf")
    assert set(found) == {"stayed", "withdrawn", "moved"}
    return Issued(tree, found)


@pytest.fixture
def copy(issued: Issued, tmp_path: Path) -> Path:
    """A notice and its record in a folder of its own, to be tampered with."""
    for suffix in (".pdf", ".json"):
        shutil.copy(issued.notices["stayed"].with_suffix(suffix), tmp_path)
    return tmp_path / issued.notices["stayed"].name


type Verify = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs the command: exit code, what it printed, what it said on stderr. Neither names a child."""

    def run(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["verify", *map(str, argv)])
        said = capsys.readouterr()
        assert not [word for word in WORDS if word in said.out + said.err]
        return code, said.out, said.err

    return run


def told(out: str) -> dict[str, dict[str, Any]]:
    """The verdicts by the file's name."""
    assert out == json.dumps(json.loads(out), ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    return {Path(each["file"]).name: each for each in json.loads(out)["notices"]}


def fields(verdict: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(each["of"], each["field"]) for each in verdict["differences"]}


# ------------------------------------------------------------------ what was issued holds


def test_what_was_issued_holds_wherever_its_evidence_came_from(issued: Issued, verify: Verify) -> None:
    code, out, _ = verify(*issued.notices.values(), "--input", issued.tree)

    assert code == 0
    by_name = {text.split(".pdf")[0]: text.splitlines() for text in out.split("\n\n")}
    stayed, withdrawn, moved = (by_name[issued.notices[name].stem] for name in ("stayed", "withdrawn", "moved"))
    assert stayed == [
        f"{issued.notices['stayed'].name}: holds",
        f"  penalty notice {issued.notices['stayed'].stem} of Fri 10 Oct 2025, school 900001, on what was known on "
        "Fri 10 Oct 2025 09:00",
        "  yes  the file is byte for byte the one that was issued",
        "  yes  the data inside is that of the record",
        "  yes  5 parts received by then give the evidence again",
        "  yes  they are the parts that the registers and rolls were folded from",
        "  yes  the 10 sessions listed stand as they were entered",
    ]
    assert withdrawn[2:-1] == stayed[2:]
    assert withdrawn[-1] == "  note it was withdrawn on Mon 13 Oct 2025: it ought not to have been issued"
    assert moved[1].endswith("on what was known on Fri 10 Oct 2025 18:00"), "received by the school that was left"
    assert moved[4] == "  yes  8 parts received by then give the evidence again"


def test_without_parts_the_file_and_its_data_are_verified_and_the_rest_is_said_not_to_be(
    issued: Issued, verify: Verify
) -> None:
    code, out, err = verify(issued.notices["withdrawn"], "--format", "json")
    [verdict] = told(out).values()
    assert (code, err) == (0, "")
    assert (verdict["holds"], verdict["differences"], verdict["parts"]) == (True, [], None)
    assert verdict["withdrawn"] == {"withdrawn_on": WITHDRAWN, "ground": "ought_not", "reason": "a holiday"}
    assert "the evidence was not looked at: give --input or --prefix" in verify(issued.notices["stayed"])[1]


# ------------------------------------------------------------------ file and record


@pytest.mark.parametrize("offset", [0, 7, "notice.json", "xref", -700, -30, -1])
def test_one_byte_changed_anywhere_is_a_clear_no(copy: Path, verify: Verify, offset: int | str) -> None:
    body = bytearray(copy.read_bytes())
    body[body.rindex(offset.encode()) if isinstance(offset, str) else offset] ^= 0x15
    copy.write_bytes(body)
    code, out, err = verify(copy)
    assert (code, err) == (1, "")
    assert out.startswith(f"{copy.name}: DOES NOT HOLD\n")
    assert "  no   the file is not the one that was issued\n" in out


def test_what_is_no_pdf_any_more_gets_a_no_by_its_name(copy: Path, verify: Verify) -> None:
    copy.write_bytes(copy.read_bytes()[:2000])
    code, out, _ = verify(copy)
    assert code == 1
    assert "  no   the data inside cannot be read\n" in out


def test_a_notice_is_found_by_the_reference_inside_whatever_the_file_is_called(copy: Path, verify: Verify) -> None:
    renamed = copy.rename(copy.with_name("letter to the parent.pdf"))
    assert verify(renamed)[0] == 0


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("amount_pence", 8000, "amount_pence: 8000 in the record, 16000 inside"),
        ("pay_by", None, 'pay_by: nothing in the record, "2025-11-10" inside'),
        ("evidence_sha256", "0" * 64, 'evidence_sha256: "000'),
        ("register_sha256", "0" * 64, 'register_sha256: "000'),
        ("support", [], 'support: [] in the record, [{"date":"2025-09-15","outcome":"engaged"'),
    ],
)
def test_a_record_that_was_tampered_with_differs_from_the_data_inside(
    copy: Path, verify: Verify, field: str, value: object, line: str
) -> None:
    record = copy.with_suffix(".json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {field: value}))
    code, out, _ = verify(copy)
    assert code == 1
    assert "  yes  the file is byte for byte the one that was issued\n" in out
    assert f"  no   the data inside differs from the record in 1 field\n         {line}" in out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda pdf: pdf.unlink(), "there is no such file. Give the PDF"),
        (lambda pdf: pdf.with_suffix(".json").unlink(), "Put the one from notices/ of the authority's bucket beside"),
        (lambda pdf: pdf.with_suffix(".json").write_text("[]"), "Fetch notices/ and withdrawals/ anew"),
        (lambda pdf: pdf.with_suffix(".json").write_text("{}"), "Fetch notices/ and withdrawals/ anew"),
        (lambda pdf: pdf.with_suffix(".json").write_text("{"), "Fetch notices/ and withdrawals/ anew"),
    ],
    ids=["no-file", "no-record", "a-list", "empty", "no-json"],
)
def test_what_cannot_be_verified_says_what_to_do(
    copy: Path, verify: Verify, change: Callable[[Path], object], says: str
) -> None:
    change(copy)
    code, out, err = verify(copy)
    assert (code, out) == (2, "")
    assert err.startswith(f"{copy}: ")
    assert says in err


@pytest.mark.parametrize("name", ["letter.pdf", "886K7Q2M9XD0.pdf"])
def test_what_is_no_notice_of_ours_is_not_taken_for_one(tmp_path: Path, verify: Verify, name: str) -> None:
    (tmp_path / name).write_bytes(b"%PDF-1.7 and no more")
    code, out, err = verify(tmp_path / name)
    assert (code, out) == (2, "")
    assert "this is no notice of ours" in err


def test_of_several_files_each_gets_its_answer(issued: Issued, copy: Path, verify: Verify) -> None:
    copy.write_bytes(copy.read_bytes() + b" ")
    code, out, err = verify(issued.notices["moved"], copy, copy.with_name("none.pdf"), "--format", "json")
    assert code == 2
    assert [verdict["holds"] for verdict in told(out).values()] == [True, False]
    assert "none.pdf: there is no such file" in err


# ------------------------------------------------------------------ the parts of an INPUT


def test_what_was_amended_since_and_what_was_lost_is_named(issued: Issued, tmp_path: Path, verify: Verify) -> None:
    """The pupil who stayed is amended, twice; of the one who moved, the former school's calendar is lost."""
    amended = {"upn": STAYED.upn, "date": "2025-09-29", "session": "PM", "code": "I", "recorded_by": "A Clerk",
               "recorded_at": "2025-10-20T12:00", "amendment_reason": "Letter from the surgery"}  # fmt: skip
    confirmed = amended | {"session": "AM", "code": "G", "amendment_reason": "Asked again"}
    tree = put(tmp_path, TREE | {f"886/{HERE}/2025-10-20-marks.csv": csv_of([amended, confirmed])})
    (tree / "886" / BEFORE / "2025-10-09-calendar.csv").unlink()

    names = ("stayed", "moved")
    code, out, _ = verify(*(issued.notices[name] for name in names), "--input", tree)
    assert code == 1
    stayed, moved = (text.splitlines() for text in out.split("\n\n"))
    assert stayed[0].endswith(": DOES NOT HOLD")
    assert stayed[4:] == [
        "  yes  5 parts received by then give the evidence again",
        "  yes  they are the parts that the registers and rolls were folded from",
        "  no   1 of 10 sessions listed do not stand as they were entered",
        "         Mon 29 Sep 2025 PM: G then, I now, entered Mon 20 Oct 2025 12:00 by A Clerk, "
        "received Mon 20 Oct 2025 18:00; reason: Letter from the surgery",
        "         Mon 29 Sep 2025 AM: G as before, G now, entered Mon 20 Oct 2025 12:00 by A Clerk, "
        "received Mon 20 Oct 2025 18:00; reason: Asked again",
    ]
    assert moved[4] == "  yes  7 parts received by then give the evidence again"
    assert moved[5].startswith("  no   they are not the parts that the registers and rolls were folded from")
    assert moved[8:] == ["  yes  the 10 sessions listed stand as they were entered"]


@pytest.mark.parametrize(
    ("files", "options", "says"),
    [
        ({}, (), "There is no file of a school in"),
        (
            {f"886/{ELSEWHERE}/marks.csv": csv_of(marks(Child(upn(9)), FIRST_DAY, FIRST_DAY))},
            (),
            "mentions the pupil of",
        ),
        (TREE, ("--as-at", "2025-10-09"), "was issued after --as-at 2025-10-09: give the day on which its run ended"),
    ],
    ids=["empty", "another", "too-early"],
)
def test_an_input_that_cannot_be_that_of_the_notice_says_what_to_do(
    issued: Issued, tmp_path: Path, verify: Verify, files: Mapping[str, bytes], options: tuple[str, ...], says: str
) -> None:
    code, out, err = verify(issued.notices["stayed"], "--input", put(tmp_path, files), *options)
    assert (code, out) == (2, "")
    assert says in err


def test_a_day_to_end_on_needs_something_to_replay(issued: Issued, verify: Verify) -> None:
    code, _, err = verify(issued.notices["stayed"], "--as-at", ISSUED)
    assert (code, err) == (2, "--as-at says when a replay of INPUT ends: give --input, too.\n")


# ------------------------------------------------------------------ a deployed system


def test_a_deployed_system_answers_from_its_buckets(tmp_path: Path, verify: Verify) -> None:
    """One world after another thing happened to it: issued, amended, a part altered, a part destroyed, a part lost."""
    with raised({HERE: "886", BEFORE: "886"}) as system:
        pdf = issue_in(system, tmp_path)

        def answer() -> tuple[int, dict[str, Any]]:
            code, out, _ = verify(pdf, "--prefix", LOCAL_PREFIX, "--format", "json")
            return code, told(out)[pdf.name]

        code, verdict = answer()
        assert (code, verdict["parts"], verdict["differences"], verdict["changes"]) == (0, 7, [], [])

        system.at("2025-10-20T18:00")
        system.send(
            csv_of(marks(LEFT, date(2025, 9, 26), date(2025, 9, 26), recorded_at="2025-10-20T12:00", recorded_by="A",
                         amendment_reason="was there")), urn=BEFORE,
        )  # fmt: skip
        code, verdict = answer()
        assert (code, verdict["differences"]) == (1, [])
        assert [(each["date"], each["code_then"], each["code_now"]) for each in verdict["changes"]] == [
            ("2025-09-26", "G", "/"), ("2025-09-26", "G", "\\"),
        ]  # fmt: skip

        parts = system.bucket("parts")
        old = [key for key in parts.keys(f"la=886/urn={BEFORE}/year=2025/") if "20251020" not in key]
        new = list(parts.keys(f"la=886/urn={HERE}/year=2025/"))
        sound, other = parts.get(old[0]), parts.get(new[0])

        def damage(body: bytes) -> None:
            parts.s3.put_object(Bucket=parts.name, Key=old[0], Body=body)

        assert sound
        assert other
        damage(other.body)
        code, verdict = answer()
        assert (code, fields(verdict)) == (1, {("evidence", "evidence_sha256")})
        assert {each["code_now"] for each in verdict["changes"]} >= {None}, "there is no entry any more"

        damage(b"PAR1 and no more")
        code, verdict = answer()
        assert (code, fields(verdict), verdict["changes"]) == (1, {("evidence", "evidence_sha256")}, [])

        damage(sound.body)
        parts.s3.delete_object(Bucket=parts.name, Key=old[0])
        code, verdict = answer()
        assert (code, fields(verdict)) == (
            1, {("evidence", "evidence_sha256"), ("register", "register_sha256")},
        )  # fmt: skip

        code, _, err = verify(pdf, "--prefix", "another-deployment")
        assert code == 2
        assert "Check --prefix another-deployment" in err


def issue_in(system: System, folder: Path) -> Path:
    """A notice for the pupil who moved, as an officer downloads it."""
    system.at("2025-10-10T09:00")
    for name, body in TREE.items():
        if f"/{HERE}/" in name and "support" not in name:
            system.upload(body)
    system.drain()
    system.at("2025-10-10T10:00")
    for name, body in TREE.items():
        if f"/{BEFORE}/" in name:
            system.upload(body, BEFORE)
    system.drain()
    given = {name: AUTHORISE[name] for name in ("ground", "reason")}
    step = system.decide(MOVED.upn, "authorise_penalty_notice", "P1", **given)
    assert step.outcome == "done"
    pdf = folder / f"{step.reference}.pdf"
    pdf.write_bytes(system.objects("authority-886")[f"notices/{pdf.name}"])
    return pdf


def test_without_credentials_it_is_said_that_there_are_none(
    issued: Issued, verify: Verify, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    code, out, err = verify(issued.notices["stayed"], "--prefix", "attendance-dev")
    assert (code, out) == (2, "")
    assert "Unable to locate credentials" in err
    assert "your AWS credentials" in err
