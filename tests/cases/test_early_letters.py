"""Early letters: to whom one is due, at which number of sessions, and what keeps one back (WTISA, support first)."""

from collections.abc import Iterator, Mapping
from datetime import date

import pytest
from builders import LA, PUPIL, URN, counted, marked, school_of, sessions
from tables import cases

from attendance.cases import Case, Notice, Proposal
from attendance.due import EARLY_LETTER, LETTER_COLUMNS, Return
from attendance.early import KnownOfFamily, Written, early_letters
from attendance.facts import Persons, Verdict, people_known
from attendance.identifiers import person_id
from attendance.positions import Assessor
from attendance.sessions import monday
from attendance.standing import Carried, PupilHistory
from attendance.wording import SchoolLetters
from local.given import read_letters
from tests.made_school import letters

SECRET = b"made up"
[WORDS] = read_letters(letters(), "letters")


def earlier(text: str) -> Iterator[Written]:
    """Rows of earlier lists from `4 2025-10-07 p1; 7 2025-10-09 - held`."""
    for level, dated, parent, *held in (piece.split() for piece in filter(None, text.split("; "))):
        row = {"level": level, "parent_id": parent.replace("-", "")}
        since = f"{level} {parent}{' held' if held else ''}"
        due = Return(kind=EARLY_LETTER, urn=URN, upn=PUPIL, since=since, made_due_on=date.fromisoformat(dated), row=row)
        yield Written(due, date.fromisoformat(dated))


def case_in(state: str, settled_on: str = "") -> Case:
    return Case(
        id="c", la=LA, urn=URN, pupil="p", upn=PUPIL, n=1, state=state, opened_on=date(2025, 6, 2), met_at=None,
        provisional=False, weeks=(), considered=(), proposal=Proposal(route="support", ground=None, reason=""),
        settled_on=date.fromisoformat(settled_on) if settled_on else None,
    )  # type: ignore[arg-type]  # fmt: skip


def notice(issued_on: str, **more: str) -> Notice:
    given = {"kind": "penalty_notice", "standing": "stands", **more}
    return Notice(reference="r", la=LA, urn=URN, case="c", pupil="p", person="x", parent_id="p1", attempt=0,
                  issued_on=date.fromisoformat(issued_on), **given)  # type: ignore[arg-type]  # fmt: skip


def verdicts(said: Mapping[str, str]) -> Persons:
    return Persons(
        tuple(
            Verdict(*(person_id("p", URN, parent, SECRET) for parent in said[word].split("/")), same=word == "same")
            for word in ("same", "different")
            if word in said
        )
    )


def found(case: Mapping[str, str], words: SchoolLetters = WORDS) -> list[Return]:
    as_at = date.fromisoformat(case["as_at"])
    said = {word: value for word, _, value in (piece.partition("=") for piece in case["known"].split())}
    carried = []
    if there := said.get("elsewhere"):
        away = counted(f"{there} O", "100002")
        carried = [Carried("100002", LA, tuple(sorted({monday(each.session.day) for each in away})), away)]
    history = PupilHistory(used_by_case={"old": frozenset(sessions(said["used"]))}) if "used" in said else None
    view = school_of(case).view(marked(case["marks"]), as_at, history, carried)
    assessor = Assessor(view, as_at)
    known = KnownOfFamily(
        people=people_known("p", URN, view.roll.parents.get(PUPIL, ()), (), SECRET),
        persons=verdicts(said),
        cases=[case_in(s, said[s]) for s in ("gathering", "lapsed", "settled") if s in said],
        notices=[
            *(notice(said["notice"]) for _ in range("notice" in said)),
            *(notice(said["withdrawn"], standing="withdrawn") for _ in range("withdrawn" in said)),
            *(notice(said["improving"], kind="notice_to_improve", improvement="running") for _ in range("improving" in said)),
        ],
        written=tuple(earlier(case["written"])),
    )  # fmt: skip
    return list(early_letters(assessor, assessor.standing(PUPIL), words, known))


@pytest.mark.parametrize("case", cases("early_letters"))
def test_to_whom_an_early_letter_is_due(case: dict[str, str]) -> None:
    wanted = [] if case["letters"] == "none" else [each.partition(" held: ") for each in case["letters"].split("; ")]

    due = sorted(found(case), key=lambda each: each.row["parent_id"])

    assert [f"{each.row['parent_id'] or '-'} {each.row['level']}" for each in due] == [who for who, _, _ in wanted]
    for each, (_, held, why) in zip(due, wanted, strict=True):
        assert tuple(each.row) == LETTER_COLUMNS
        assert each.row["sessions"].count(";") + 1 == int(each.row["missed"])
        assert " N" not in each.row["sessions"]
        assert why in each.row["because"]
        assert bool(held) == bool(each.row["because"]) == bool(each.row["what_to_do"])
        assert bool(held) != bool(each.row["postcode"]), "an address stands only where a letter goes"
        assert each.since.endswith(" held") == bool(held)


FOUR = {
    "marks": "2025-10-06..2025-10-09 2025-10-10/AM O", "as_at": "2025-10-10", "known": "", "written": "", "school": "",
    "parents": "p1", "support": "",
}  # fmt: skip


def test_the_highest_level_is_of_those_for_which_the_school_gave_words() -> None:
    two = WORDS.model_copy(update={"letters": {level: WORDS.letters[level] for level in ("4", "7")}})

    assert [each.row["level"] for each in found(FOUR, two)] == ["7"], "nine sessions, and no words for nine"
    assert [each.row["level"] for each in found(FOUR)] == ["9"]


def test_no_key_holds_a_upn_or_a_parents_number() -> None:
    [due] = found(FOUR)

    assert PUPIL not in due.since
    assert "p1" not in due.since.split()
    assert "#" not in due.since
