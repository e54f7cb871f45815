"""The law can be walked both ways: figure to rule to provision to code to case, and back from every row of every table."""

import importlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from tables import CASES, read

from attendance.law import FIGURES, PROVISIONS
from local.law import Case, read_cases

ROOT = Path(__file__).parents[1]
LAW = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
TABLES = sorted(path.stem for path in CASES.glob("*.csv"))

GOLDEN = {
    f"{kind}{n}" for kind, last in {"T": 16, "L": 14, "N": 5, "R": 8, "PA": 1}.items() for n in range(1, last + 1)
}
GOLDEN |= {"T9b", "L1b", "L1c"}
"""The golden cases of the law (law.md section 9)."""
EDGES = {
    name: (status, re.findall(r"\[(\w+)\.csv\]", tested))
    for name, status, tested in re.findall(
        r"^\| (E\d+) \| [^|]* \| ([^|]*) \| (?:[^|]*) \|(.*)\|$", LAW.replace("\\|", " "), re.MULTILINE
    )
}
"""The edge cases of docs/law.md: how far each is handled, and the tables said to show it."""

PENDING: tuple[str, ...] = ()
"""Golden cases that the code cannot play yet; a case that is played must be taken off."""
UNUSED: tuple[str, ...] = ()
"""Figures that no rule asks yet; one that is used must be taken off."""


@cache
def every() -> Sequence[Case]:
    return read_cases()


@cache
def covering(name: str) -> frozenset[str]:
    """The tables with a row that covers a golden or edge case."""
    return frozenset(case.table for case in every() if name in case.covers)


# --- From the tables to the law ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_every_row_names_its_rule_and_says_why(table: str) -> None:
    assert list(read(table)[0])[-3:] == ["covers", "provision", "because"]
    for case in (case for case in every() if case.table == table):
        assert case.provision in PROVISIONS, case
        assert case.because.strip(), case
        assert not case.because.endswith("."), case
        assert set(case.covers) <= GOLDEN | EDGES.keys(), case


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_run_by_a_test_beside_it(table: str) -> None:
    assert any(f'("{table}")' in path.read_text(encoding="utf-8") for path in CASES.glob("test_*.py"))


@pytest.mark.parametrize("table", [table for table in TABLES if "outcome" in read(table)[0]])
def test_a_refusal_shows_the_rule_that_it_cites(table: str) -> None:
    for row in read(table):
        if row["outcome"].startswith("refused:"):
            assert row["outcome"] == f"refused:{row['provision']}", row["because"]


def test_there_are_cases_enough() -> None:
    assert len(every()) >= 200


# --- From the law to the tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", PROVISIONS)
def test_every_rule_is_shown_by_a_case(rule: str) -> None:
    assert any(case.provision == rule for case in every())


def test_every_golden_case_is_played() -> None:
    assert {name for name in GOLDEN if not covering(name)} == set(PENDING)


def test_the_page_has_every_edge_case() -> None:
    assert list(EDGES) == [f"E{n}" for n in range(1, 71)]


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_case_is_played_where_the_page_says(edge: str) -> None:
    status, tables = EDGES[edge]
    assert set(tables) <= covering(edge), "the page names a table without such a row"
    assert covering(edge) or status != "handled", f"{edge} is handled: a row of a table must show it"


# --- From the law to the code --------------------------------------------------------------------------------------------


def found(place: str) -> ModuleType | None:
    """The module of a dotted place in the code, if every name of it is there."""
    names = place.split(".")
    module = importlib.import_module(".".join(names[:2]))
    at: object = module
    for name in names[2:]:
        fields = getattr(at, "__dataclass_fields__", {}) | getattr(at, "model_fields", {})
        if name not in fields and not hasattr(at, name):
            return None
        at = fields.get(name) or getattr(at, name)
    return module


@pytest.mark.parametrize("key", PROVISIONS)
def test_every_rule_says_how_sure_it_is_and_where_it_is_carried_out(key: str) -> None:
    rule = PROVISIONS[key]

    assert rule.labels
    assert rule.where
    for place in rule.where:
        assert (ROOT / place).is_file() if "/" in place else found(place), place


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_source_a_rule_and_a_place_that_asks_it(name: str) -> None:
    figure, plain = FIGURES[name], name.partition("[")[0]

    assert figure.labels
    assert figure.rule in PROVISIONS
    assert bool(figure.where) == (name not in UNUSED)
    for place in figure.where:
        module = found(place)
        assert module, place
        assert plain in vars(module) or f"law.{plain}" in Path(str(module.__file__)).read_text("utf-8"), place


@pytest.mark.parametrize("name", UNUSED)
def test_a_figure_that_is_used_says_where(name: str) -> None:
    sources = (path.read_text("utf-8") for path in (ROOT / "functions").rglob("*.py") if path.stem != "law")
    assert not any(name in source for source in sources), f"{name} is used: say where"


@pytest.mark.parametrize(
    "place", sorted(set(re.findall(r"`((?:attendance|aws|notices|thresholds|validate)\.[\w.]+)`", LAW)))
)
def test_every_place_that_the_page_of_the_law_names_is_in_the_code(place: str) -> None:
    assert found(place)
