"""Settings outside the law are refused: which key, by which provision, and what to do (law.md N5; design 7)."""

from typing import Any

import pytest
import yaml
from stories import CONDUCT
from tables import cases

from attendance.law import PROVISIONS
from attendance.settings import SettingsRefused
from local.given import read_conduct


def changed(path: str, value: object) -> str:
    """The made-up code of conduct with one key set."""
    document: dict[str, Any] = yaml.safe_load(CONDUCT)
    *parents, key = path.split(".")
    inner = document
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[key] = value
    return yaml.safe_dump(document)


@pytest.mark.parametrize("case", cases("settings_refused"))
def test_settings_outside_the_law_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read_conduct(changed(case["path"], yaml.safe_load(case["value"])), "886/settings.yaml")

    (problem, *_) = refusal.value.problems
    assert problem.key == case["key"]
    assert problem.provision == PROVISIONS[case["provision"]].citation
    assert problem.remedy
    assert all(
        part in str(refusal.value) for part in ("886/settings.yaml", problem.key, problem.provision, problem.remedy)
    )
