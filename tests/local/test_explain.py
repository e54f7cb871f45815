"""`attendance explain`: the weeks, the sessions, the provision, what would change it; and only what was known by a day."""

import json
from datetime import date
from pathlib import Path

import pytest

from attendance.law import PROVISIONS
from local.command import main
from tests.made_school import (
    FIRST_DAY,
    Child,
    away,
    csv_of,
    decisions,
    directory,
    marks,
    parents,
    pupils,
    settings,
    upn,
)

CHILD = Child(upn(1))
LAST = date(2025, 9, 26)
HOLIDAY = away(date(2025, 9, 15), date(2025, 9, 19))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of one child: a week's holiday in the second, and a notice authorised the Monday after."""
    folder = tmp_path_factory.mktemp("input")
    files = {
        "schools.csv": directory({"900001": "886"}),
        "886/settings.yaml": settings().encode(),
        "886/900001/2025-09-01-pupils.csv": pupils(CHILD),
        "886/900001/2025-09-01-parents.csv": parents(CHILD),
        "886/900001/2025-09-19-marks.csv": csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 19), HOLIDAY)),
        "886/900001/2025-09-26-marks.csv": csv_of(marks(CHILD, date(2025, 9, 22), LAST)),
        "decisions.csv": decisions(
            [{"on": "2025-09-22", "la": "886", "urn": "900001", "upn": CHILD.upn, "parent_id": "P1", "by": "o1",
              "action": "authorise_penalty_notice", "ground": "support_not_appropriate", "reason": "A holiday in term."}]
        ),
    }  # fmt: skip
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder


def explained(tree: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["explain", CHILD.upn, "--input", str(tree), *more]) == 0
    return capsys.readouterr().out


def test_it_draws_the_weeks_and_names_sessions_provision_and_what_came_of_it(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = explained(tree, capsys)

    assert "The threshold is MET, at Fri 19 Sep 2025 PM." in said
    assert "2025-09-15  G  G " in said, "the week is drawn; its sessions are used by the notice and bracketed no more"
    assert PROVISIONS["threshold"].citation in said
    assert "10 sessions are used by" in said
    assert "authorise_penalty_notice by o1: done; reason given: A holiday in term." in said


def test_as_known_earlier_it_says_what_was_known_then(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(explained(tree, capsys, "--as-known", "2025-09-19", "--as-at", "2025-09-19", "--format", "json"))
    (school,) = told["schools"]

    assert school["known_at"] == "2025-09-19T17:00:00Z"
    assert (school["position"]["count"], school["position"]["met"], school["notices"]) == (10, True, [])


@pytest.mark.parametrize(
    ("number", "code", "because"),
    [
        (upn(2), 1, "no file mentions this pupil"),
        ("A801200005001", 2, "the check letter is wrong"),
        ("nobody", 2, "that is no UPN"),
    ],
)
def test_a_pupil_who_cannot_be_explained_is_said(
    tree: Path, capsys: pytest.CaptureFixture[str], number: str, code: int, because: str
) -> None:
    assert main(["explain", number, "--input", str(tree)]) == code, because
    assert capsys.readouterr().err
