"""`attendance explain`: one story over all schools, as it was known on a day; every line is a fact that the JSON has too."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from local import saying
from local.command import main
from local.explained import Explained
from tests.made_school import (
    Child,
    away,
    calendar,
    csv_of,
    directory,
    marks,
    parents,
    pupils,
    settings,
    support,
    upn,
)

MOVED, FINED, JOINED = Child(upn(1)), Child(upn(2)), Child(upn(3))
HERE, BEFORE, AFTER, FINING = "900001", "900002", "900003", "900004"


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder


def entered(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Each mark as the teacher enters it that day."""
    times = {"AM": "09:10", "PM": "13:20"}
    return [
        {**row, "recorded_at": f"{row['date']}T{times[row['session']]}:00", "recorded_by": "Ms Example"} for row in rows
    ]


@dataclass(frozen=True)
class Told:
    """What the command said, in text and in JSON."""

    text: str
    facts: dict[str, Any]

    @property
    def story(self) -> Explained:
        return Explained.model_validate(self.facts)

    def section(self, title: str) -> list[str]:
        """The lines under a title, long ones put together again; blank where there is no such section."""
        found = [block for block in self.text.split("\n\n") if block.startswith(f"{title}\n")]
        return unwrapped(found[0].split("\n")[1:]) if found else []


def unwrapped(lines: Sequence[str]) -> list[str]:
    """Lines as they were before they were wrapped: what goes on is two further in than the line it belongs to and begins small."""
    found: list[str] = []
    begun = 0
    for line in lines:
        within = len(line) - len(line.lstrip())
        if found and within == begun + 2 and len(found[-1]) + len(line.split()[0]) > 100:
            found[-1] += " " + line.strip()
        else:
            found.append(line.strip())
            begun = within
    return found


def explain(tree: Path, number: str, capsys: pytest.CaptureFixture[str], *more: str) -> Told:
    """Run the command once, in JSON; the text says the same facts and is made from them."""
    assert main(["explain", number, "--input", str(tree), "--format", "json", *more]) == 0
    facts = json.loads(capsys.readouterr().out)
    return Told(saying.text(Explained.model_validate(facts)), facts)


# ------------------------------------------------------------------ moved over the summer, one mark amended


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions in July at one school, six in September at another; then the first school amends a mark of July.

    All was sent in a week of September, so that little is replayed.
    """
    july = away(date(2025, 7, 10), date(2025, 7, 11), "O")
    autumn = away(date(2025, 9, 16), date(2025, 9, 18), "O")
    amended = {
        "upn": MOVED.upn, "date": "2025-07-11", "session": "PM", "code": "I", "recorded_at": "2025-09-24T16:00:00",
        "recorded_by": "Mr Placeholder", "amendment_reason": "Letter from the surgery",
    }  # fmt: skip
    left = Child(MOVED.upn, row={"leaving_day": "2025-07-18", "deletion_ground": "a"})
    came = Child(MOVED.upn, row={"starting_day": "2025-09-03"})
    return put(
        tmp_path_factory.mktemp("moved"),
        {
            "schools.csv": directory({BEFORE: "926", HERE: "886"}),
            "886/settings.yaml": settings().encode(),
            f"926/{BEFORE}/2025-09-19-pupils.csv": pupils(left),
            f"926/{BEFORE}/2025-09-19-calendar.csv": calendar(date(2025, 7, 7), date(2025, 7, 18)),
            f"926/{BEFORE}/2025-09-19-marks.csv": csv_of(entered(marks(left, date(2025, 7, 7), date(2025, 7, 18), july))),
            f"926/{BEFORE}/2025-09-24-marks.csv": csv_of([amended]),
            f"886/{HERE}/2025-09-19-pupils.csv": pupils(came),
            f"886/{HERE}/2025-09-19-parents.csv": parents(came),
            f"886/{HERE}/2025-09-19-calendar.csv": calendar(date(2025, 9, 3), date(2025, 12, 19)),
            f"886/{HERE}/2025-09-19-support.csv": support(came, date(2025, 9, 18), "ongoing"),
            f"886/{HERE}/2025-09-19-marks.csv": csv_of(entered(marks(came, date(2025, 9, 3), date(2025, 9, 24), autumn))),
        },
    )  # fmt: skip


WEEKS = """\
  [X] counts, (X) is used by a penalty notice, - no mark, . no session held, blank: not on the roll
  The last ten school weeks:
      week of     school    Mon      Tue      Wed      Thu      Fri      counted
    1 2025-07-07  900002     /  \\     /  \\     /  \\    [O][O]   [O]{pm}      {july}
    2 2025-07-14  900002     /  \\     /  \\     /  \\     /  \\     /  \\       0
    3 2025-09-01  900001                       /  \\     /  \\     /  \\       0
    4 2025-09-08  900001     /  \\     /  \\     /  \\     /  \\     /  \\       0
    5 2025-09-15  900001     /  \\    [O][O]   [O][O]   [O][O]    /  \\       6
    6 2025-09-22  900001     -  -     -  -     -  -     .  .     .  .       0
"""


def test_before_the_amendment_was_known_the_threshold_is_met_across_the_summer(
    moved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = explain(moved, MOVED.upn, capsys, "--as-at", "2025-09-24", "--as-known", "2025-09-23")

    assert told.text.startswith(
        textwrap.dedent(f"""\
        Pupil {MOVED.upn}, as at Wed 24 Sep 2025, as known on Tue 23 Sep 2025
        Only what was received and decided by the end of Tue 23 Sep 2025 is used.
        The last file used was received on Fri 19 Sep 2025 18:00.

        Schools
          900002 Made-up School 900002, authority 926 (Norfolk): from Tue 1 Sep 2020 to Fri 18 Jul 2025
          900001 Made-up School 900001, authority 886 (Kent): from Wed 3 Sep 2025
          The answer is that of school 900001; what counts at the others is carried over to it.

        The answer
          The threshold is MET, at Thu 18 Sep 2025 PM.
          That session is school 900001's, so the case is one of authority 886 (Kent).
          10 sessions count in the last ten school weeks: 4 at school 900002, 6 at school 900001. 10 are needed.
        """)
    )
    assert WEEKS.format(pm="[O]", july=4).rstrip() in told.text
    assert told.section("Amendments") == []
    assert told.section("The sessions that count")[3] == (
        "Fri 11 Jul 2025 PM: O, school 900002, entered Fri 11 Jul 2025 13:20 by Ms Example, received Fri 19 Sep 2025 18:00"
    )
    assert "Case 1 of authority 886, school 900001: opened Fri 19 Sep 2025, still open" in told.section("Cases")
    assert "prosecute by Sat 10 Jan 2026: proceedings for its first session must begin by that day" in told.section(
        "Cases"
    )
    assert told.section("What would change it")[-2:] == [
        "A school's request for a notice is in time until Fri 3 Oct 2025.",
        "Nothing stands in the way of a decision; an officer decides, and support comes first where it is appropriate.",
    ]
    assert [line.split(": ")[0] for line in told.section("Who was told")] == [
        "Fri 19 Sep 2025, the officers of authority 886",
        "Fri 19 Sep 2025, school 900001",
    ]


def test_once_it_is_known_who_amended_what_when_and_why_is_said_and_that_the_case_lapsed(
    moved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = explain(moved, MOVED.upn, capsys, "--as-at", "2025-09-24")

    assert told.section("The answer") == [
        "The threshold is NOT met.",
        "9 sessions count in the last ten school weeks: 3 at school 900002, 6 at school 900001. 10 are needed.",
    ]
    assert WEEKS.format(pm=" I ", july=3).rstrip() in told.text
    assert told.section("Amendments") == [
        "Fri 11 Jul 2025 PM, school 900002: O to I; it was unauthorised absence and is so no longer",
        "original O, entered Fri 11 Jul 2025 13:20 by Ms Example, received Fri 19 Sep 2025 18:00",
        "amended to I, entered Wed 24 Sep 2025 16:00 by Mr Placeholder, received Wed 24 Sep 2025 18:00; reason: Letter from "
        "the surgery",
    ]
    assert told.section("Cases") == [
        "Case 1 of authority 886, school 900001: opened Fri 19 Sep 2025, lapsed Wed 24 Sep 2025",
        "the threshold is no longer met without Fri 11 Jul 2025 PM (see Amendments): 9 of its sessions still count. It "
        "stays on record, counts as never having considered anything, and has nothing to prosecute.",
    ]
    assert "1 more countable session in the last ten school weeks would meet it." in told.section(
        "What would change it"
    )
    assert told.facts["changes"] == told.section("What would change it")
