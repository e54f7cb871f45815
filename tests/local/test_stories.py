"""The demonstration shows what it says: every scripted pupil goes through the whole system and comes out as the story has it.

Nobody else is in the tree, and each school sends what it has when something happens, not every day: that is the same register.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from attendance.cases import Case
from local.inputs import Input
from local.madeup import Cast, Scale, casting, write_input
from local.run import Doors, Replayed, _items, replay

SCALE = Scale(pupils=0)

pytestmark = pytest.mark.stories  # a term replayed: a minute or two


@dataclass(frozen=True)
class Told:
    """What came of the stories."""

    done: Replayed
    cases: Mapping[str, list[Case]]
    """By UPN, oldest first."""

    def notices(self, upn: str) -> list[dict[str, Any]]:
        every = [json.loads(path.read_bytes()) for path in self.done.output.glob("authorities/*/notices/*.json")]
        return sorted(
            (each for each in every if each["upn"] == upn), key=lambda each: (each["issued_on"], each["parent_id"])
        )

    def returned(self, kind: str) -> dict[str, tuple[str, dict[str, str]]]:
        """The rows of all returns of a kind, with the name of the file, by UPN."""
        found = {}
        for path in self.done.output.glob(f"authorities/*/returns/{kind}-*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                found |= {row["upn"]: (path.stem, row) for row in csv.DictReader(file)}
        return found


def thin_out(tree: Path) -> None:
    """Let each school send its marks only on the days on which something of a story happens."""
    stories = casting(SCALE)
    for folder in tree.glob("*/??????"):
        here = [each.story for each in stories if any(school.urn == folder.name for school, _, _ in each.at)]
        matters = {SCALE.days[-1]}
        for story in here:
            matters |= {each.on for each in story.decided} | {each.last for each in story.absent}
            matters |= {each.on for each in story.amended} | {each.told for each in story.expected}
        waiting: list[dict[str, str]] = []
        for path in sorted(folder.glob("*-attendance.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                waiting += csv.DictReader(file)
            path.unlink()
            if date.fromisoformat(path.name[:10]) in matters and waiting:
                with path.open("w", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(
                        file, list(dict.fromkeys(name for row in waiting for name in row)), restval=""
                    )
                    writer.writeheader()
                    writer.writerows(waiting)
                waiting = []


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    tree, output = tmp_path_factory.mktemp("input"), tmp_path_factory.mktemp("output")
    write_input(tree, SCALE)
    thin_out(tree)
    cases = defaultdict(list)

    def look(doors: Doors, _: Input) -> None:
        for key, body in _items(doors):
            if key.startswith("CASE#") and (case := Case.model_validate_json(body)).state != "forgotten":
                cases[case.upn].append(case)

    done = replay(tree, output, progress=False, then=look)
    return Told(done, {upn: sorted(each, key=lambda case: (case.opened_on, case.la)) for upn, each in cases.items()})


def cast(beginning: str) -> Cast:
    (found,) = [each for each in casting(SCALE) if each.story.says.startswith(beginning)]
    return found


def states(told: Told, upn: str) -> list[tuple[str, str | None]]:
    return [(case.state, case.settled_by) for case in told.cases.get(upn, [])]


def test_every_row_is_accounted_for_and_nothing_is_wrong_but_the_n_that_nobody_replaced(told: Told) -> None:
    assert told.done.summary["balanced"]
    assert told.done.summary["findings"] == {"N_OVERDUE": 1}


def test_the_refusals_are_those_of_the_stories_with_their_provisions(told: Told) -> None:
    said = [each["because"] for each in told.done.summary["refused"]]

    assert [text.split(":")[0] for text in said] == [
        "the code of conduct asks for the school's referral first (refer)",
        "ADDRESS_PROTECTED",
        "the school is of no type in the national framework",
        "N_UNRESOLVED",
        "two penalty notices to this parent for this child count within three years",
        "b2 may not authorise_penalty_notice on 2025-11-17",
        "no support is recorded as not engaged with, declined or without effect",
    ]
    assert all(each["provision"] for each in told.done.summary["refused"])


def test_three_holidays_are_a_first_notice_to_each_parent_and_a_second_to_one(told: Told) -> None:
    upn = cast("Three holidays").upn
    notices = told.notices(upn)

    assert [(each["sequence"], each["amount_pence"], each["reduced_amount_pence"]) for each in notices] == [
        (1, 16000, 8000), (1, 16000, 8000), (2, 16000, None),
    ]  # fmt: skip
    assert notices[0]["sessions"] == notices[1]["sessions"]
    assert notices[0]["parent_id"] != notices[1]["parent_id"]
    assert notices[0]["reduced_until"] == "2025-10-07", "the payment of 6 October, day 20, is in time"
    assert states(told, upn) == [("settled", "penalty_notice"), ("settled", "penalty_notice"), ("gathering", None)]


def test_a_failed_improvement_period_is_followed_by_a_penalty_notice(told: Told) -> None:
    upn = cast("Support is declined").upn
    improve, penalty = told.notices(upn)

    assert (improve["kind"], improve["improvement_from"], improve["improvement_until"]) == (
        "notice_to_improve", "2025-09-23", "2025-10-20",
    )  # fmt: skip
    assert (penalty["kind"], penalty["ground"], penalty["post"]) == ("penalty_notice", "improvement_failed", "second")
    assert len(penalty["sessions"]) == 10 + 2 + 4 + 2
    assert states(told, upn) == [("settled", "penalty_notice")]


def test_a_kept_improvement_period_settles_the_case_without_a_penalty(told: Told) -> None:
    upn = cast("A notice to improve that works").upn

    assert [each["kind"] for each in told.notices(upn)] == ["notice_to_improve"]
    assert states(told, upn) == [("settled", "improved")]


@pytest.mark.parametrize("story", ["Code N replaced in time", "An amendment from U to I"])
def test_an_amendment_that_leaves_nine_sessions_lapses_the_case(story: str, told: Told) -> None:
    assert states(told, cast(story).upn) == [("lapsed", None)]
    assert told.notices(cast(story).upn) == []


def test_while_code_n_decides_the_case_is_provisional(told: Told) -> None:
    (case,) = told.cases[cast("Code N never replaced").upn]

    assert (case.state, case.provisional) == ("gathering", True)
    assert told.notices(case.upn) == []


def test_a_protected_address_is_not_printed_for_the_other_parent(told: Told) -> None:
    each = cast("A protected address")
    (notice,) = told.notices(each.upn)

    assert notice["parent_id"] == each.at[0][2].parent_ids[1]
    assert notice["issued_on"] == "2025-10-21"


@pytest.mark.parametrize(
    ("story", "issued"), [("A penalty notice withdrawn", "2025-09-29"), ("Someone without the right", "2025-11-18")]
)
def test_one_notice_is_issued_on_the_day_of_the_decision_that_was_allowed(story: str, issued: str, told: Told) -> None:
    (notice,) = told.notices(cast(story).upn)

    assert notice["issued_on"] == issued
    assert states(told, cast(story).upn) == [("settled", "penalty_notice")]


def test_support_comes_first(told: Told) -> None:
    (case,) = told.cases[cast("Support comes first").upn]

    assert (case.state, case.proposal.route) == ("gathering", "support")


def test_an_independent_school_has_no_case(told: Told) -> None:
    upn = cast("An independent school").upn

    assert told.cases.get(upn) is None
    assert told.notices(upn) == []


def test_a_threshold_met_across_two_schools_is_a_case_of_the_second_ones_authority(told: Told) -> None:
    (case,) = told.cases[cast("A move of school, and of authority: six").upn]

    assert (case.la, case.urn) == ("926", "900004")
    assert (str(case.met_at.date), case.met_at.session) == ("2025-10-21", "PM") if case.met_at else False
    assert len(case.considered) == 10


@pytest.mark.parametrize(
    ("kind", "story", "file", "says"),
    [
        ("sickness", "Fifteen school days", "sickness-900004-2025-10-17", {"days": "15", "basis": "counted"}),
        ("sickness", "A hospital letter", "sickness-900005-2025-11-05", {"days": "30", "basis": "expected"}),
        ("attendance", "Ten continuous days", "attendance-900002-2025-11-30", {"sessions": "20"}),
        ("new_pupil", "A pupil who starts", "new_pupil-900001-2025-10-06", {"starting_day": "2025-10-06"}),
        (
            "new_pupil",
            "A move of school, and of authority: six",
            "new_pupil-900004-2025-10-13",
            {"starting_day": "2025-10-13"},
        ),
        ("deletion", "A move of school, and of authority: six", "deletion-900001-2025-10-10", {"ground": "a"}),
        ("deletion", "Parents who write", "deletion-900005-2025-10-17", {"ground": "f"}),
    ],
)
def test_what_is_owed_by_regulation_13_is_returned(
    kind: str, story: str, file: str, says: dict[str, str], told: Told
) -> None:
    rows = told.returned(kind)
    name, row = rows[cast(story).upn]

    assert name == file
    assert row.items() >= says.items()


def test_nothing_else_is_returned(told: Told) -> None:
    assert told.done.summary["returns"] == {"attendance": 1, "deletion": 2, "new_pupil": 2, "sickness": 2}
