"""What each key of a code of conduct asks, and how the three codes of docs/codes-of-conduct differ on the same facts."""

from datetime import date
from pathlib import Path

import pytest
from stories import Story, agrees
from tables import cases

from attendance.settings import Settings, in_force
from local.given import read_conduct

CODES = {
    path.stem: read_conduct(path.read_text(encoding="utf-8"), path.name)
    for path in sorted((Path(__file__).parents[2] / "docs" / "codes-of-conduct").glob("*.yaml"))
}


def told() -> list[object]:
    """The stories of the table as pytest parameters: the rows of one code and name, in their order."""
    rows: dict[tuple[str, str], list[dict[str, str]]] = {}
    for case in cases("conduct"):
        (row,) = case.values  # type: ignore[attr-defined]
        rows.setdefault((row["code"], row["story"]), []).append(row)
    return [pytest.param(code, steps, id=f"{code}: {story}") for (code, story), steps in rows.items()]


@pytest.mark.parametrize(("code", "rows"), told())
def test_what_a_code_of_conduct_asks(code: str, rows: list[dict[str, str]]) -> None:
    story = Story()
    for row in rows:
        if code != "usual":
            story.settings = of_the_day(code, row["on"])
        agrees(story, story.step(row), row)


def of_the_day(code: str, day: str) -> Settings:
    """The settings of a code that hold on a day, for the last of its authorities as for the first."""
    first, *_, last = (CODES[code][0].authorities[0], *CODES[code][0].authorities)
    settings = in_force(CODES[code], last, date.fromisoformat(day))
    assert settings == in_force(CODES[code], first, date.fromisoformat(day))
    assert settings
    return settings


def test_there_are_three_codes_each_with_two_dates() -> None:
    assert set(CODES) == {"school-issues", "authority-issues", "joint-code"}
    assert {len(settings) for settings in CODES.values()} == {2}
    assert {code: len(settings[0].authorities) for code, settings in CODES.items()} == {
        "school-issues": 1,
        "authority-issues": 1,
        "joint-code": 3,
    }


@pytest.mark.parametrize(
    ("key", "school_issues", "authority_issues", "joint_code"),
    [
        ("notice_to_improve.issued_by", "school", "authority", "authority"),
        ("notice_to_improve.school_days", 30, 30, 15),
        ("notice_to_improve.required", False, True, False),
        ("notice_to_improve.for_holiday", "never", "allowed", "repeat"),
        ("penalty_notice.early_after_school_days", None, 15, None),
        ("penalty_notice.holiday_continuous_sessions", None, None, 10),
        ("penalty_notice.consultation_for", ("O", "U"), (), ()),
        ("penalty_notice.below_threshold", "not_allowed", "allowed", "not_allowed"),
        ("penalty_notice.recipients", "each_parent", "each_parent", "one_parent"),
        ("penalty_notice.not_while", (), (), ("early_help",)),
        ("penalty_notice.name", "Penalty Notice", "Fixed Penalty Notice", "Penalty Notice"),
        ("asks_within.unit", "school_days", "weeks", "working_days"),
        ("asks_within.from_", "return_to_school", "detection", "return_to_school"),
        ("certificate.unit", "sessions", "school_years", "sessions"),
        ("referral", "not_required", "not_required", "required"),
        ("payment.ways", ("online",), ("online", "phone"), ("online",)),
        ("returns.sickness", "half_termly", "termly", "monthly"),
        ("returns_per_illness", "one_return", "one_return", "each_period"),
        ("illness_half_days", "days", "days", "halves"),
        ("post.post_class", "first", "second", "first"),
    ],
)
def test_the_codes_differ_where_they_are_meant_to(
    key: str, school_issues: object, authority_issues: object, joint_code: object
) -> None:
    def of(code: str) -> object:
        value: object = CODES[code][0]
        for name in key.split("."):
            value = getattr(value, name)
        return value

    assert (of("school-issues"), of("authority-issues"), of("joint-code")) == (
        school_issues,
        authority_issues,
        joint_code,
    )
    assert len({school_issues, authority_issues, joint_code}) > 1
