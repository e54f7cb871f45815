"""`attendance law`: every rule and figure with its provision, how sure we are, where it is carried out and where it is tested."""

import argparse
import csv
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from attendance.law import FIGURES, PROVISIONS, Figure
from attendance.text import pretty_json

TABLES: Final = Path(__file__).parents[1] / "tests" / "cases"
LABELS: Final = {"V": "the text was read", "C": "secondary sources agree", "U": "unverified, or our own reading"}
_WIDTH: Final = 100


@dataclass(frozen=True)
class Case:
    """A row of a table of cases: where it stands, what it covers, and why it is so."""

    table: str
    row: int
    covers: tuple[str, ...]
    provision: str
    because: str


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `law` to the command."""
    parser = commands.add_parser(
        "law",
        help="print the rules and figures of the law, with their provisions, places in the code and tests",
        description="Every rule and every figure of the law that the code applies: what it says, the provision it rests "
        "on, how sure we are of it ([V] the text was read, [C] secondary sources agree, [U] unverified or our own "
        "reading), where in the code it is carried out, and how many cases of which table of tests/cases show it. "
        "With KEY: that one in full, with its cases and why each is so.",
        epilog="examples: attendance law | attendance law limit | attendance law PAY_DAYS | attendance law --format json. "
        "Exit code 2: there is no rule or figure of that name. docs/law.md has the readings adopted and the edge cases.",
    )
    parser.add_argument(
        "key", nargs="?", metavar="KEY", help="one rule (limit) or figure (PAY_DAYS), as the list names it"
    )
    parser.add_argument("--format", choices=[*_WRITTEN], default="text", help="default: text")
    parser.set_defaults(run=print_law)


def print_law(args: argparse.Namespace) -> int:
    """Print the law, or one rule or figure of it; exit code 2 for what is neither."""
    if args.key is not None and args.key not in {*PROVISIONS, *FIGURES}:
        written = {name.lower(): name for name in [*PROVISIONS, *FIGURES]}
        near = get_close_matches(args.key.lower(), written, n=1)
        advice = f"did you mean {written[near[0]]}?" if near else "`attendance law` prints them all."
        print(f"attendance law: {args.key!r} is no rule and no figure; {advice}", file=sys.stderr)
        return 2
    if not TABLES.is_dir():
        print("attendance law: no tests/cases beside this code, so nothing is said of tests.", file=sys.stderr)
    sys.stdout.write(_WRITTEN[args.format](args.key))
    return 0


def read_cases() -> list[Case]:
    """Every row of every table of cases, by table and row (the header is row 1); none where there are no tables."""
    found = []
    for path in sorted(TABLES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                covers = tuple((row.get("covers") or "").split())
                found.append(Case(path.stem, number, covers, row.get("provision") or "", row.get("because") or ""))
    return found


def tables_of(rule: str, cases: Sequence[Case]) -> Mapping[str, int]:
    """How many rows of which tables show a rule."""
    return dict(sorted(Counter(case.table for case in cases if case.provision == rule).items()))


def figures_of(rule: str) -> list[str]:
    """The figures that belong to a rule."""
    return [name for name, figure in FIGURES.items() if figure.rule == rule]


def since(figure: Figure[Any]) -> str:
    """What a figure was, from when: `3 from 2006-09-01; 6 from 2024-08-19`."""
    return "; ".join(
        f"{_value(value)} {'always' if start == date.min else f'from {start}'}"
        for start, value in sorted(figure.values.items())
    )


# --- The tables of docs/law.md -------------------------------------------------------------------------------------------


def rules_table() -> str:
    """The rules as a table of docs/law.md."""
    cases = read_cases()
    rows = [
        (f"`{key}`", rule.says, rule.source, _places(rule.where), _linked(tables_of(key, cases)))
        for key, rule in PROVISIONS.items()
    ]
    return _table(("key", "the rule", "provision", "in the code", "tested"), rows)


def figures_table() -> str:
    """The figures as a table of docs/law.md."""
    rows = [
        (f"`{name}`", since(each), each.unit, each.source, f"`{each.rule}`", _places(each.where))
        for name, each in FIGURES.items()
    ]
    return _table(("figure", "value, from", "unit", "source", "rule", "in the code"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _places(where: Sequence[str]) -> str:
    return ", ".join(f"`{place}`" for place in where) or "not used yet"


def _linked(tables: Mapping[str, int]) -> str:
    return ", ".join(f"[{table}.csv](../tests/cases/{table}.csv)" for table in tables)


# --- What is printed -----------------------------------------------------------------------------------------------------


def _markdown(key: str | None) -> str:
    if key is None:
        return f"{rules_table()}\n\n{figures_table()}\n"
    facts, cases = _facts(key), _cases_of(key)
    listed = [f"- {case.table} {case.row}{_covering(case)}: {case.because}" for case in cases]
    return "\n".join([f"## {key}", "", *(f"- {name}: {said}" for name, said in facts.items()), "", *listed]) + "\n"


def _text(key: str | None) -> str:
    if key is not None:
        return "".join(_one(key))
    cases = read_cases()
    labels = ", ".join(f"{label} {says}" for label, says in LABELS.items())
    parts = [f"{len(PROVISIONS)} rules, {len(FIGURES)} figures, {len(cases)} cases. How sure we are: {labels}.\n"]
    parts += ["\nRULES\n", *(_entry(key, cases) for key in PROVISIONS)]
    parts += ["\nFIGURES\n", *(_entry(key, cases) for key in FIGURES)]
    return "".join(parts)


def _entry(key: str, cases: Sequence[Case]) -> str:
    """One rule or figure in the list."""
    each = PROVISIONS.get(key) or FIGURES[key]
    says = PROVISIONS[key].says if key in PROVISIONS else f"{since(FIGURES[key])}: {FIGURES[key].unit}."
    of_rule = "" if key in PROVISIONS else f"{_rule_of(key)}: "
    lines = [
        says,
        each.source,
        f"code:  {', '.join(each.where) or 'not used yet'}",
        f"cases: {of_rule}{_counted(tables_of(_rule_of(key), cases))}",
    ]
    wrapped = (textwrap.fill(line, _WIDTH, initial_indent="    ", subsequent_indent="      ") for line in lines)
    return f"\n{key}  [{' '.join(each.labels)}]\n" + "".join(f"{line}\n" for line in wrapped)


def _one(key: str) -> Iterator[str]:
    """One rule or figure in full."""
    facts, cases = _facts(key), _cases_of(key)
    width = max(map(len, facts))
    for name, said in facts.items():
        yield textwrap.fill(f"{name:<{width}}  {said}", _WIDTH, subsequent_indent=" " * (width + 2)) + "\n"
    table = ""
    for case in cases:
        if case.table != table:
            table = case.table
            yield f"\ntests/cases/{table}.csv\n"
        yield f"  {case.row:>4}  {case.because}{_covering(case)}\n"


def _facts(key: str) -> dict[str, str]:
    """All there is to know of one rule or figure, in words; its cases aside."""
    tables = _counted(tables_of(_rule_of(key), read_cases()))
    if key in PROVISIONS:
        rule = PROVISIONS[key]
        return {
            "rule": key, "says": rule.says, "provision": rule.source, "certainty": _sure(rule.labels),
            "figures": ", ".join(figures_of(key)) or "none", "code": ", ".join(rule.where), "cases": tables,
        }  # fmt: skip
    figure = FIGURES[key]
    return {
        "figure": key, "value": since(figure), "unit": figure.unit, "source": figure.source,
        "certainty": _sure(figure.labels), "rule": f"{figure.rule}: {PROVISIONS[figure.rule].says}",
        "code": ", ".join(figure.where) or "not used yet", "cases": f"of its rule: {tables}",
    }  # fmt: skip


def _json(key: str | None) -> str:
    cases = read_cases()
    if key is None:
        return pretty_json(
            {
                "rules": [_rule(each, cases) for each in PROVISIONS],
                "figures": [_figure(each, cases) for each in FIGURES],
            }
        )
    found = _rule(key, cases) if key in PROVISIONS else _figure(key, cases)
    listed = [
        {"table": case.table, "row": case.row, "covers": case.covers, "because": case.because}
        for case in _cases_of(key)
    ]
    return pretty_json(found | {"cases": listed})


def _rule(key: str, cases: Sequence[Case]) -> dict[str, object]:
    rule = PROVISIONS[key]
    return {
        "rule": key, "says": rule.says, "source": rule.source, "citation": rule.citation, "labels": rule.labels,
        "figures": figures_of(key), "where": rule.where, "tables": tables_of(key, cases),
    }  # fmt: skip


def _figure(key: str, cases: Sequence[Case]) -> dict[str, object]:
    figure = FIGURES[key]
    values = [
        {
            "from": None if start == date.min else start.isoformat(),
            "value": sorted(value, key=int) if isinstance(value, frozenset) else value,
        }
        for start, value in sorted(figure.values.items())
    ]
    return {
        "figure": key, "values": values, "unit": figure.unit, "source": figure.source, "labels": figure.labels,
        "rule": figure.rule, "where": figure.where, "tables": tables_of(figure.rule, cases),
    }  # fmt: skip


_WRITTEN: Final = {"text": _text, "json": _json, "markdown": _markdown}


def _rule_of(key: str) -> str:
    return key if key in PROVISIONS else FIGURES[key].rule


def _cases_of(key: str) -> list[Case]:
    return [case for case in read_cases() if case.provision == _rule_of(key)]


def _counted(tables: Mapping[str, int]) -> str:
    if not TABLES.is_dir():
        return "not known, there is no tests/cases here"
    return ", ".join(f"{table} {rows}" for table, rows in tables.items()) or "none"


def _covering(case: Case) -> str:
    return f" ({' '.join(case.covers)})" if case.covers else ""


def _sure(labels: Sequence[str]) -> str:
    return ", ".join(f"{label} {LABELS[label]}" for label in labels)


def _value(value: object) -> str:
    match value:
        case frozenset():
            return " ".join(sorted(value, key=int))
        case tuple():
            return " ".join("/".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in value)
        case _:
            return str(value)
