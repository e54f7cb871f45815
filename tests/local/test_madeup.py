"""The made-up INPUT trees: valid, the same every time, like the national mix, and peopled with nobody real."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random
from statistics import mean

import pytest

from attendance.ages import of_compulsory_age
from attendance.checking import CheckedFile, Place, check_file
from attendance.codes import CODES
from attendance.context import Known
from attendance.directory import Directory, read_directory
from attendance.identifiers import upn_problem
from attendance.sessions import HALVES, Session
from attendance.table import Table
from attendance.text import LONDON
from local.given import read_conduct, read_letters
from local.inputs import read_input
from local.madeup import Scale, casting, write_input
from local.madeup.marks import LEFT_OUT, PRESENT, SPELLS, _mix, _starts, draw
from local.madeup.schools import AUTHORITIES
from local.madeup.stories import STORIES
from local.madeup.terms import days_before, school_days, weekdays

SMALL = Scale(schools=6, pupils=12, school_days=25, seed=3)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("input")
    write_input(folder, SMALL)
    return folder


@pytest.fixture(scope="module")
def directory(tree: Path) -> Directory:
    return read_directory((tree / "schools.csv").read_bytes())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path, kind: str) -> Iterator[Path]:
    return iter(sorted(folder.glob(f"???/??????/*-{kind}.csv")))


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - made-up data


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checked(path: Path, directory: Directory, known: Known | None = None) -> CheckedFile:
    """The file as `validate` checks it, received at 18:00 on the day of its name."""
    urn, day = path.parent.name, date.fromisoformat(path.name[:10])
    place = Place(path.parent.parent.name, urn, directory.schools[urn], directory_known=True)
    received = datetime.combine(day, time(18), LONDON).astimezone(UTC)
    (file,) = check_file(path, path.name, place=place, received_at=received, known=known, now_day=day)
    return file


def test_the_same_scale_is_the_same_tree_and_another_seed_another(tree: Path, tmp_path: Path) -> None:
    write_input(tmp_path / "again", SMALL)
    write_input(tmp_path / "other", Scale(6, 12, 25, seed=4))

    assert contents(tmp_path / "again") == contents(tree)
    assert contents(tmp_path / "other") != contents(tree)


def test_a_longer_term_begins_like_a_shorter_one(tree: Path, tmp_path: Path) -> None:
    write_input(tmp_path, Scale(6, 12, 10, seed=3))

    shorter = {name: body for name, body in contents(tmp_path).items() if name.endswith("-attendance.csv")}
    assert len(shorter) == 6 * 10
    assert {name: contents(tree)[name] for name in shorter} == shorter


def test_an_input_tree_is_laid_out_as_run_reads_it(tree: Path) -> None:
    given = read_input(tree, as_at=None, schools=None)

    assert given.as_at == SMALL.days[-1] == date(2025, 10, 7)
    assert given.authorities == tuple(AUTHORITIES)
    assert given.bad_decisions == ()
    assert {decision.on for decision in given.decisions} <= {weekday for weekday, _ in weekdays()}
    assert {file.day for file in given.files if file.path.name.endswith("-attendance.csv")} == set(SMALL.days)


def test_the_schools_are_those_of_the_demonstration(directory: Directory) -> None:
    schools = sorted(directory.schools.values(), key=lambda school: school.urn)

    assert [(school.la, school.in_framework) for school in schools] == [
        ("886", True), ("886", True), ("886", True), ("926", True), ("926", True), ("926", False),
    ]  # fmt: skip
    assert all(school.low_age and school.high_age and school.address and school.head_name for school in schools)


def test_the_authorities_differ_in_what_their_codes_of_conduct_leave_to_them(tree: Path) -> None:
    (coast,), (fens,) = (read_conduct((tree / la / "settings.yaml").read_text("utf-8"), la) for la in AUTHORITIES)

    assert (coast.post.post_class, coast.referral, coast.notice_to_improve.school_days) == ("first", "not_required", 30)
    assert (fens.post.post_class, fens.referral, fens.notice_to_improve.school_days) == ("second", "required", 20)
    assert coast.returns != fens.returns
    assert {coast.name, fens.name} == set(AUTHORITIES.values())


@pytest.mark.parametrize("kind", ["pupils", "parents", "calendar", "support", "absences-expected"])
def test_what_the_schools_say_besides_marks_has_nothing_wrong(kind: str, tmp_path: Path) -> None:
    write_input(tmp_path, Scale(schools=6, pupils=12))
    directory = read_directory((tmp_path / "schools.csv").read_bytes())

    every = [checked(path, directory) for path in files(tmp_path, kind)]

    assert every
    assert {(file.kind, *file.counts) for file in every} == {(kind.replace("-", "_"),)}


def test_marks_agree_with_roll_and_calendar_but_for_the_mistakes_that_are_put_in(tmp_path: Path) -> None:
    write_input(tmp_path, Scale(schools=6, pupils=40, school_days=45, seed=2))
    directory = read_directory((tmp_path / "schools.csv").read_bytes())
    found: Counter[str] = Counter()
    for urn in directory.schools:
        sent = [row for path in sorted(tmp_path.glob(f"*/{urn}/*-pupils.csv")) for row in rows(path)]
        roll = {row["upn"]: {name: value or None for name, value in row.items()} for row in sent}
        (calendar,) = tmp_path.glob(f"*/{urn}/*-calendar.csv")
        known = Known(pupils=Table.of([*roll.values()]), calendar=Table.of(rows(calendar)))
        for path in sorted(tmp_path.glob(f"*/{urn}/*-attendance.csv"))[::9]:
            found.update(checked(path, directory, known).counts)

    put_in = {"CODE_WITHDRAWN", "CODE_UNKNOWN", "CODE_BLANK", "CODE_WRONG_SESSION", "DATE_FORMAT", "UPN_CHECK_LETTER"}
    assert found.keys() & put_in
    assert found.keys() <= put_in


def test_a_row_with_a_mistake_comes_right_the_next_day(tmp_path: Path) -> None:
    write_input(tmp_path, Scale(schools=1, pupils=120, school_days=25))
    directory = read_directory((tmp_path / "schools.csv").read_bytes())
    days = sorted(tmp_path.glob("*/*/*-attendance.csv"))
    bad = {path: file for path in days[:-1] if (file := checked(path, directory)).totals["error"]}

    assert bad
    for path in bad:
        day, following = path.name[:10], rows(days[days.index(path) + 1])
        resent = [row for row in following if row["date"] == day and not row.get("amendment_reason")]
        assert len(resent) == bad[path].totals["error"]


def test_every_upn_is_sound_and_of_one_pupil(tmp_path: Path) -> None:
    write_input(tmp_path, Scale(schools=7, pupils=1100, school_days=1))
    names = defaultdict(set)
    for path in files(tmp_path, "pupils"):
        for row in rows(path):
            assert upn_problem(row["upn"]) is None
            names[row["upn"]].add((row["surname"], row["forename"], row["date_of_birth"]))

    assert len(names) >= 7 * 1100
    assert all(len(name) == 1 for name in names.values())


def test_nobody_can_be_taken_for_a_real_person(tree: Path) -> None:
    """Postcodes of an area never issued, web addresses of .example, telephone numbers kept for drama (01632 960xxx)."""
    for kind in ("pupils", "parents"):
        for path in files(tree, kind):
            assert all(row["postcode"].startswith("ZZ99 ") for row in rows(path))
    for la in AUTHORITIES:
        (made,) = read_conduct((tree / la / "settings.yaml").read_text("utf-8"), la)
        assert re.fullmatch(r"01632 960\d{3}", made.contact.phone)
        assert made.contact.email.endswith(".example")
        assert re.fullmatch(r"https://[a-z-]+\.example/pay", made.payment.url)
    [path] = tree.glob("*/*-letters.yaml")
    (words,) = read_letters(path.read_text("utf-8"), path.name)
    assert re.fullmatch(r"01632 960\d{3}", words.phone)
    assert words.email.endswith(".example")


def test_names_are_as_hard_to_print_as_real_ones(tree: Path) -> None:
    names = {row[name] for path in files(tree, "pupils") for row in rows(path) for name in ("forename", "surname")}
    names |= {row[name] for path in files(tree, "parents") for row in rows(path) for name in ("forename", "surname")}

    assert any("'" in name for name in names)
    assert any(letter in "éëáñöüøłż" for name in names for letter in name.casefold())
    assert any("\u0600" <= letter <= "\u06ff" for name in names for letter in name)
    assert any(len(name) > 35 for name in names)


def test_pupils_have_the_age_of_their_year_group(tree: Path) -> None:
    for path in files(tree, "pupils"):
        for row in rows(path):
            born, year = date.fromisoformat(row["date_of_birth"]), row["year_group"]
            assert of_compulsory_age(born, date(2026, 6, 1)) or year == "R"
            age = 4 if year == "R" else int(year) + 4
            begun = 2024 if "" < row.get("leaving_day", "") < "2025-09-01" else 2025
            assert date(begun - age - 1, 9, 1) <= born <= date(begun - age, 8, 31)


def test_closed_days_have_the_mark_for_it_and_no_other(tmp_path: Path) -> None:
    write_input(tmp_path, Scale(schools=1, pupils=3, school_days=40))
    marks = defaultdict(set)
    for path in files(tmp_path, "attendance"):
        for row in rows(path):
            marks[row["date"]].add(row["code"] == "#")

    closed = {day.isoformat() for day, reason in weekdays() if reason and day < date(2025, 11, 1)}
    assert len(closed) == 2 + 5
    assert {day for day, which in marks.items() if True in which} == closed
    assert all(which == {True} for day, which in marks.items() if day in closed)


def test_every_code_of_the_national_mix_is_drawn_or_left_out_for_a_reason() -> None:
    in_mix = {row["code"] for row in _mix()}

    assert set(SPELLS) | LEFT_OUT == in_mix
    assert not set(SPELLS) & LEFT_OUT
    assert all(CODES[code].in_force(date(2025, 9, 3)) for code in SPELLS)


@pytest.mark.parametrize("phase", ["Primary", "Secondary", "Special"])
def test_over_many_pupils_the_marks_have_the_national_mix(phase: str) -> None:
    nationally = {row["code"]: int(row["sessions"]) for row in _mix() if row["phase"] == phase}
    days = school_days()
    drawn: Counter[str] = Counter()
    for seed in range(400):
        drawn.update(draw(dice(seed), phase, days).values())  # type: ignore[arg-type]

    for code in ("/", "\\", "I", "L", "O", "V"):
        share, expected = drawn[code] / drawn.total(), nationally[code] / sum(nationally.values())
        assert share == pytest.approx(expected, rel=0.2), code


def test_absence_is_clumped_and_is_that_of_few() -> None:
    pupils = [[*draw(dice(seed), "Secondary", school_days()).values()] for seed in range(300)]
    often = sorted((sum(code == "O" for code in marks) for marks in pupils), reverse=True)
    spells = [
        len(spell) for marks in pupils for spell in re.findall("I+", "".join(c if c == "I" else "." for c in marks))
    ]

    assert sum(often[:30]) > 0.4 * sum(often), "a tenth of the pupils have much of the unauthorised absence"
    assert mean(spells) > 2.5
    assert len(_starts("Secondary").codes) == len(SPELLS)


def test_a_mark_that_a_pupil_cannot_have_is_not_drawn() -> None:
    marks = {
        code for seed in range(60) for code in draw(dice(seed), "Special", school_days(), frozenset({"C2"})).values()
    }

    assert "C2" not in marks
    assert marks > {"C", "I", "O"}


def test_each_n_of_a_drawn_pupil_is_replaced_with_a_reason_in_time(tmp_path: Path) -> None:
    write_input(tmp_path, Scale(schools=1, pupils=150, school_days=40))
    entered, replaced = {}, {}
    for path in files(tmp_path, "attendance"):
        for row in rows(path):
            key = row["upn"], row["date"], row["session"]
            if row["code"] == "N":
                entered[key] = date.fromisoformat(row["date"])
            elif row.get("amendment_reason"):
                replaced[key] = date.fromisoformat(path.name[:10])

    days = school_days()
    early = {key: day for key, day in entered.items() if day < days[34]}
    assert early
    for key, day in early.items():
        assert 2 <= days.index(replaced[key]) - days.index(day) <= 4


def test_what_is_scripted_is_a_school_day_of_the_school_where_the_pupil_is() -> None:
    for cast in casting(Scale()):
        assert len({pupil.upn for _, _, pupil in cast.at}) == 1
        assert of_compulsory_age(cast.at[0][2].born, date(2025, 9, 3))
        for absent in cast.story.absent:
            for day in (absent.first, absent.last):
                assert day in {*days_before(), *school_days()}
                assert any(pupil.on_roll(day) for _, _, pupil in cast.at)
        for decided in cast.story.decided:
            assert decided.on.weekday() < 5
            assert decided.parent is None or len(cast.at[0][2].parents) == 2


def test_scripted_pupils_whose_school_is_not_there_are_left_out() -> None:
    assert len(casting(Scale(schools=6))) == len(STORIES)
    assert {school.urn for cast in casting(Scale(schools=1)) for school, _, _ in cast.at} == {"900001"}


def test_a_scripted_pupil_is_present_where_the_story_says_nothing(tree: Path) -> None:
    cast = next(each for each in casting(SMALL) if "Three holidays" in each.story.says)
    marks = {
        Session(date.fromisoformat(row["date"]), row["session"]): row["code"]
        for path in tree.glob("886/900001/*-attendance.csv")
        for row in rows(path)
        if row["upn"] == cast.upn and row["code"] != "#"
    }
    week = [date(2025, 9, 8 + n) for n in range(5)]
    october = [day for day in SMALL.days if day >= date(2025, 10, 6)]

    assert {session for session, code in marks.items() if code == "G"} == {
        Session(day, half) for day in week + october for half in HALVES
    }
    assert {session.half: code for session, code in marks.items() if code != "G"} == dict(PRESENT)


@pytest.mark.parametrize("scale", [{"schools": 0}, {"pupils": -1}, {"school_days": 0}, {"school_days": 191}])
def test_a_tree_that_the_made_up_year_cannot_hold_is_refused(scale: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 to 190 school days"):
        Scale(**scale)
