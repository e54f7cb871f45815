"""An authority's code of conduct as settings: what is lawful holds, what is not is refused with its provision."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from attendance.rows import COLUMNS
from attendance.settings import Action, Settings, SettingsRefused, SupportKind, in_force
from local.given import read_conduct

KENT = """
authorities: ["886"]                 # one, or a group
holds_from: 2025-09-01
name: Made-up County Council
address: [County Hall, 1 Made-up Street, Madeup, MU1 1AA]
contact: {phone: "01632 960000", email: attendance@madeup.example}
payment: {url: "https://madeup.example/pay", instalments: false}
officers:
  - {id: o1, name: Alex Madeup, office: Attendance officer, may: [all], from: 2025-09-01}
  - {id: o2, name: Sam Madeup, office: Clerk, may: [served, record_payment], from: 2025-10-01, until: 2025-12-31}
referral: not_required
notice_to_improve: {issued_by: authority, mode: on_authorisation, school_days: 30, means: No further unauthorised absence}
post: {class: first, when: same_day}
request_deadline_school_days: 10
returns: {attendance: monthly, sickness: termly, new_pupil: at_once, deletion: at_once}
illness_half_days: days
retention_years: 7
overrides: []
"""


def one(text: str = KENT) -> Settings:
    (settings,) = read_conduct(text, "886/settings.yaml")
    return settings


def changed(path: str, value: object) -> str:
    document: dict[str, Any] = deepcopy(yaml.safe_load(KENT))
    *parents, key = path.split(".")
    inner = document
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[key] = value
    return yaml.safe_dump(document)


def test_the_settings_of_the_design_hold_as_written() -> None:
    settings = one()

    assert settings.authorities == ("886",)
    assert settings.holds_from == date(2025, 9, 1)
    assert settings.address == ("County Hall", "1 Made-up Street", "Madeup", "MU1 1AA")
    assert (settings.post.post_class, settings.post.when) == ("first", "same_day")
    assert settings.notice_to_improve.school_days == 30
    assert settings.returns.sickness == "termly"


def test_what_is_left_out_is_the_mildest_choice() -> None:
    brief = "".join(line + "\n" for line in KENT.splitlines() if not line.startswith(("referral", "notice", "post:")))

    assert one(brief) == one(), "a notice to improve on authorisation, first-class post, no referral"


@pytest.mark.parametrize("days", [15, 30])
def test_three_weeks_and_six_weeks_are_lawful(days: int) -> None:
    assert one(changed("notice_to_improve.school_days", days)).notice_to_improve.school_days == days


@pytest.mark.parametrize("days", [10, 40])
def test_another_period_holds_with_a_reason_and_who_approved_it(days: int) -> None:
    document = yaml.safe_load(changed("notice_to_improve.school_days", days))
    override = {"key": "notice_to_improve.school_days", "reason": "Our schools", "approved_by": "The cabinet"}

    assert one(yaml.safe_dump(document | {"overrides": [override]})).notice_to_improve.school_days == days


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("penalty_notice.holiday_continuous_sessions", 10, id="as many as the threshold"),
        pytest.param("penalty_notice.early_after_school_days", 29, id="one day before the end of thirty"),
        pytest.param("penalty_notice.early_after_school_days", 1, id="after the first day"),
        pytest.param("penalty_notice.name", "EDUCATION PENALTY NOTICE", id="whatever its case"),
        pytest.param("certificate.last", 10, id="as many sessions as the threshold"),
        pytest.param("certificate", {"last": 1, "unit": "school_years"}, id="the present school year alone"),
        pytest.param("payment", {"url": "https://a.example", "ways": ["online", "post"]}, id="online and by post"),
        pytest.param("returns.sickness", "half_termly", id="six times a year"),
        pytest.param("response_working_days", 1, id="the next working day"),
    ],
)
def test_what_is_just_inside_the_law_holds(path: str, value: object) -> None:
    assert one(changed(path, value))


def test_a_looser_rule_for_holidays_holds_with_a_reason_and_who_approved_it() -> None:
    key = "penalty_notice.holiday_continuous_sessions"
    override = {"key": key, "reason": "Our schools", "approved_by": "The cabinet"}
    document = yaml.safe_load(changed(key, 6)) | {"overrides": [override]}

    assert one(yaml.safe_dump(document)).penalty_notice.holiday_continuous_sessions == 6


def test_the_time_for_a_request_is_said_once() -> None:
    short = yaml.safe_load(KENT)
    long = yaml.safe_load(changed("request", {"within": 2, "unit": "weeks", "from": "detection"}))

    with pytest.raises(SettingsRefused, match=r"request: the time for a request is said twice.*SI 2007/1867"):
        read_conduct(yaml.safe_dump(long), "886/settings.yaml")
    del long["request_deadline_school_days"]
    asked = one(yaml.safe_dump(long)).asks_within
    assert (asked.within, asked.unit, asked.from_) == (2, "weeks", "detection")
    asked = one(yaml.safe_dump(short | {"request_deadline_school_days": 15})).asks_within
    assert (asked.within, asked.unit, asked.from_) == (15, "school_days", "return_to_school")


def test_the_kinds_of_support_are_those_of_the_extract() -> None:
    (kind,) = (column for column in COLUMNS["support"] if column.name == "kind")
    assert get_args(SupportKind.__value__) == kind.choices


def test_every_problem_is_named_at_once() -> None:
    document = yaml.safe_load(changed("notice_to_improve.school_days", 40)) | {"retention_years": 1}

    with pytest.raises(SettingsRefused) as refusal:
        read_conduct(yaml.safe_dump(document), "886/settings.yaml")

    assert [problem.key for problem in refusal.value.problems] == ["notice_to_improve.school_days", "retention_years"]


@pytest.mark.parametrize(
    ("by", "day", "action", "allowed"),
    [
        pytest.param("o1", date(2025, 9, 1), "authorise_penalty_notice", True, id="all means all, from the first day"),
        pytest.param("o1", date(2025, 8, 31), "authorise_penalty_notice", False, id="not the day before"),
        pytest.param("o2", date(2025, 10, 1), "served", True, id="a right that is given"),
        pytest.param("o2", date(2025, 10, 1), "authorise_penalty_notice", False, id="a right that is not"),
        pytest.param("o2", date(2025, 12, 31), "served", True, id="until the last day"),
        pytest.param("o2", date(2026, 1, 1), "served", False, id="not the day after"),
        pytest.param("o3", date(2025, 10, 1), "served", False, id="nobody of that id"),
        pytest.param("", date(2025, 10, 1), "served", False, id="a decision without a name"),
    ],
)
def test_only_a_named_officer_with_the_right_decides(by: str, day: date, action: Action, allowed: bool) -> None:
    officer = one().officer(by, day, action)

    assert (officer.id if officer else None) == (by if allowed else None)


def test_the_actions_are_those_of_decisions_csv() -> None:
    assert set(get_args(Action)) == {
        *("refer", "issue_notice_to_improve", "authorise_penalty_notice", "end_improvement", "served", "returned"),
        *("record_payment", "withdraw", "release_sessions", "record_prosecution", "record_elsewhere"),
        *("record_intervention", "prepare_document"),
        *("parent_same", "parent_different", "no_action"),
    }


def test_a_page_to_pay_on_may_be_of_a_place_whose_name_has_an_amount_in_it() -> None:
    [loaded] = read_conduct(KENT.replace("madeup.example/pay", "paramount.example/pay"), "886/settings.yaml")
    assert "paramount" in loaded.payment.url


def test_of_several_settings_the_last_begun_holds() -> None:
    later = KENT.replace("2025-09-01\nname", "2026-01-01\nname").replace("school_days: 30", "school_days: 20")
    settings = read_conduct(f"{later}---{KENT}", "886/settings.yaml")

    assert [each.holds_from for each in settings] == [date(2025, 9, 1), date(2026, 1, 1)]
    held = [in_force(settings, "886", day) for day in (date(2025, 8, 31), date(2025, 12, 31), date(2026, 1, 1))]
    assert [each and each.notice_to_improve.school_days for each in held] == [None, 30, 20]
    assert in_force(settings, "887", date(2026, 1, 1)) is None


def test_a_group_of_authorities_shares_settings() -> None:
    group = read_conduct(changed("authorities", ["888", "889", "890"]), "settings/joint.yaml")

    assert {la: in_force(group, la, date(2025, 9, 1)) for la in ("888", "889", "890")} == dict.fromkeys(
        ("888", "889", "890"), group[0]
    )


def test_two_settings_from_one_day_are_refused_in_one_file_and_in_two() -> None:
    with pytest.raises(SettingsRefused, match="two settings of authority 886 hold from 2025-09-01"):
        read_conduct(f"{KENT}---{KENT}", "886/settings.yaml")
    with pytest.raises(SettingsRefused, match="two settings of authority 886"):
        in_force([one(), one(changed("referral", "required"))], "886", date(2025, 9, 1))


def test_a_code_without_quotes_means_the_same() -> None:
    assert one(changed("authorities", [886])) == one()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "no settings", id="an empty file"),
        pytest.param("# only a comment\n---\n", "no settings", id="nothing but comments"),
        pytest.param("just words", "object", id="no keys"),
        pytest.param("- a\n- list", "object", id="a list"),
        pytest.param("a: [1", "886/settings.yaml", id="broken YAML"),
        pytest.param(KENT + "referral: required\n", "referral is said twice", id="a key said twice"),
        pytest.param("a: !!python/object:os.system {}", "886/settings.yaml", id="an object of Python"),
        pytest.param("? [a, b]\n: c", "886/settings.yaml", id="a key that is no text"),
        pytest.param("2025-09-01: c", "is no key", id="a key that is a date"),
        pytest.param("a: &a [*a]", "886/settings.yaml", id="an alias inside what it names"),
        pytest.param("a: " + "[" * 2000, "nested too deeply", id="lists in lists in lists"),
        pytest.param("holds_from: 2025-02-30", "day is out of range", id="a day that there is not"),
        pytest.param("name: \x00", "886/settings.yaml", id="a control character"),
    ],
)
def test_what_is_no_settings_file_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(SettingsRefused, match=why):
        read_conduct(text, "886/settings.yaml")


def test_the_version_names_the_content_and_not_the_layout() -> None:
    layout = yaml.safe_dump(yaml.safe_load(KENT))

    assert one(layout).version == one().version
    assert len(one().version) == 16
    assert one(changed("retention_years", 8)).version != one().version


def test_a_key_that_came_later_names_settings_anew_only_where_it_says_something() -> None:
    """The version stands in every record: settings that nobody touched keep the one they had before the key was there."""
    before = "6a2b7cb3abc20ad6"

    assert one().version == before
    assert one(changed("penalty_notice.panel", False)).version == before
    assert one(changed("penalty_notice.panel", True)).version != before


DOCUMENTED = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the settings as the file names it: post.class, officers.from."""
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        inner = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
        models = [each for each in inner if issubclass(each, BaseModel)]
        if not models:
            yield key
        for each in models:
            yield from keys(each, f"{key}.")


@pytest.mark.parametrize("key", list(keys(Settings)))
def test_every_key_is_documented(key: str) -> None:
    assert f"`{key}`" in DOCUMENTED


WRITTEN = [
    piece
    for piece in re.findall(r"`([a-z_]+: [^`]+)`", DOCUMENTED.split("## A code found in practice")[1])
    if "..." not in piece
]


@pytest.mark.parametrize("piece", WRITTEN)
def test_what_a_code_found_in_practice_says_is_written_as_shown(piece: str) -> None:
    document = yaml.safe_load(KENT)
    for key, value in yaml.safe_load(piece).items():
        if key == "request":
            del document["request_deadline_school_days"]
        document[key] = document.get(key, {}) | value if isinstance(value, dict) else value

    assert one(yaml.safe_dump(document))


def test_the_documented_example_holds() -> None:
    example = DOCUMENTED.split("```yaml")[1].split("```")[0]

    assert one(example).name == "Made-up County Council"
