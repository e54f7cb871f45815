"""README, changelog and the pages of docs/ hold to the code (what docs/law.md says of the law: test_law_traced.py)."""

import argparse
import importlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from attendance.asked import BLOCKER_REMEDY
from attendance.facts import Decision
from attendance.law import FIGURES
from attendance.rows import COLUMNS
from attendance.settings import Action
from attendance.standing import HARD_BLOCKERS, SOFT_BLOCKERS
from local.check import check
from local.command import COMMANDS
from local.demo import SCALE
from local.faults.__main__ import arguments as faults_arguments
from local.madeup import casting, write_input

ROOT = Path(__file__).parents[1]
README, CHANGELOG, LAW, DECISIONS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "CHANGELOG.md", "docs/law.md", "docs/decisions.md")
)
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


def rows(page: str, heading: str) -> Iterator[list[str]]:
    """The cells of every table row below a heading, up to the next heading of its rank; without the tables' heads."""
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = section.splitlines()
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and lines[number + 1].startswith("| ---")
        if line.startswith("| ") and not line.startswith("| ---") and not is_head:
            yield [cell.strip() for cell in line.strip("| ").split(" | ")]


# --- Commands, links, files ----------------------------------------------------------------------------------------------


def commands(page: Path) -> Iterator[list[str]]:
    """Every `uv run ...` in the code blocks of a page, split as a shell would."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for block in (block for language, block in fences if language in {"", "sh"}):
        for line in block.splitlines():
            if line.startswith("uv run "):
                words = shlex.split(line, comments=True)[2:]
                yield words[: words.index(">")] if ">" in words else words


COMMAND_LINES = [
    pytest.param(words, id=f"{page.name}: {' '.join(words)}") for page in PAGES for words in commands(page)
]


@pytest.mark.parametrize("words", COMMAND_LINES)
def test_every_command_on_a_page_is_taken(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    match words:
        case ["attendance", name, *_]:
            parser = argparse.ArgumentParser()
            importlib.import_module(COMMANDS[name]).add_parser(parser.add_subparsers())
            try:
                parser.parse_args(words[1:])
            except SystemExit:
                pytest.fail(capsys.readouterr().err)
        case ["attendance-faults", *given]:
            try:
                faults_arguments().parse_args(given)
            except SystemExit:
                pytest.fail(capsys.readouterr().err)
        case ["python", "-m", module, *_] | ["--group", "bench", "python", "-m", module, *_]:
            assert importlib.util.find_spec(module)
        case [program, *_]:
            assert program in {"pytest", "npx", "pre-commit"}


def test_the_readme_shows_every_command_of_ours() -> None:
    shown = {words[1] for words in commands(ROOT / "README.md") if words[0] == "attendance"}
    assert shown == set(COMMANDS)


def test_what_the_readme_does_with_the_demonstration_can_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its files are there, the first has a row to put right, and the pupil to be explained is one of the stories."""
    write_input(tmp_path, SCALE)
    named = re.findall(r"demo-output/input/(\S+\.csv)", README)
    explained = re.findall(r"attendance explain (\S+)", README)

    assert named
    assert all((tmp_path / path).is_file() for path in named)
    assert check(argparse.Namespace(
        files=[tmp_path / named[0]], pupils=None, schools=None, urn=None, format="text", as_at=date(2025, 12, 31)
    )) == 1  # fmt: skip
    assert "What to do" in capsys.readouterr().out
    assert set(explained) <= {each.upn for each in casting(SCALE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_page_is_found_from_the_readme() -> None:
    linked = set(re.findall(r"\]\(([^)#]+\.md)\)", README))
    assert {path.relative_to(ROOT).as_posix() for path in PAGES} - {"README.md"} == linked


def test_the_readme_names_the_extracts_and_the_columns_they_must_have() -> None:
    written = {row[0].strip("`"): row[2].strip("`").split(", ") for row in rows(README, "What a school sends")}
    required = {kind: [column.name for column in columns if column.required] for kind, columns in COLUMNS.items()}
    assert written == required


def test_ci_runs_what_the_readme_tells_a_newcomer_to_run() -> None:
    ci = ROOT / ".ci/run"
    assert os.access(ci, os.X_OK)
    for command in ("uv run pytest", "uv run pytest tests/documents", "uv run attendance demo"):
        assert f"{command} " in README
        assert command in ci.read_text(encoding="utf-8")


def test_every_test_is_in_the_default_run_or_a_step_of_ci() -> None:
    """Only tests/documents is left to its own step: a new folder of tests must say where it runs."""
    default = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    run = {path for pattern in (*default["testpaths"], "tests/documents") for path in ROOT.glob(pattern)}
    for test in (ROOT / "tests").rglob("test_*.py"):
        assert run & {test, *test.parents}, test
    assert "tests/documents" not in default["testpaths"]


@pytest.mark.skipif(shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a checkout")
def test_no_file_carries_a_path_of_the_machine_it_was_written_on() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    homes = re.compile(r"(?<![\w.~{}-])/(?:work|farm|root|home|Users)/\w")
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        text = path.read_text(encoding="utf-8", errors="ignore") if path.is_file() else ""
        if homes.search(text) or f"{ROOT}/" in text:
            found.append(name)
    assert not found


# --- The law -------------------------------------------------------------------------------------------------------------


def test_every_edge_case_is_handled_and_tested_or_says_what_is_missing() -> None:
    cases = list(rows(LAW, "Edge cases"))
    assert [case[0] for case in cases] == [f"E{n}" for n in range(1, 71)]
    for name, _, status, says, *tested in cases:
        assert status in {"handled", "partly", "not yet"}, name
        assert says, name
        assert status != "handled" or "](" in "".join(tested), f"{name} is handled: where is it tested?"


def test_the_changelog_says_which_rules_begin_on_which_day() -> None:
    begun = {start.isoformat() for figure in FIGURES.values() for start in figure.values if start != date.min}
    assert begun == set(re.findall(r"^\| (\d{4}-\d\d-\d\d) \|", CHANGELOG, re.MULTILINE))


def test_the_page_of_the_input_names_every_action_column_and_blocker() -> None:
    page = (ROOT / "docs" / "input.md").read_text(encoding="utf-8")
    named = {
        cell.strip() for line in page.splitlines() if line.startswith("|") for cell in line.split("|")[1].split(",")
    }
    plain = {name.strip("`") for name in named}

    assert set(get_args(Action)) <= plain
    assert set(Decision.model_fields) - {"id", "row"} <= plain
    assert set(HARD_BLOCKERS) | set(SOFT_BLOCKERS) <= plain
    for blocker, remedy in BLOCKER_REMEDY.items():
        if blocker != "N_UNRESOLVED":
            assert f"| {'hard' if blocker in HARD_BLOCKERS else 'soft'} | {remedy} |" in page, blocker


def test_every_decision_has_its_date_reason_and_what_would_change_it() -> None:
    decisions = DECISIONS.split("\n## ")[1:]
    assert decisions
    for decision in decisions:
        assert re.match(r"\d{4}-\d\d-\d\d: \S", decision)
        assert re.findall(r"^\*\*([^*]+)\.\*\*", decision, re.MULTILINE) == ["What", "Why", "What would change it"], (
            decision
        )
