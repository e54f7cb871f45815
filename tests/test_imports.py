"""Arrows point one way (design 3): handlers ask the law and the doors, the doors know the law's words, the law knows nobody."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from infra import packages

ROOT = Path(__file__).parents[1]
FOLDERS = {
    **{name: ROOT / "functions" / name for name in ("attendance", "aws", "validate", "thresholds", "notices", "api")},
    **{name: ROOT / name for name in ("infra", "local", "web")},
}
MAY_IMPORT = {
    "attendance": {"attendance"},
    "aws": {"aws", "attendance"},
    "validate": {"validate", "aws", "attendance"},
    "thresholds": {"thresholds", "aws", "attendance"},
    "notices": {"notices", "aws", "attendance"},
    "api": {"api", "aws", "attendance"},
    "infra": {"infra", "attendance", "local", "web"},
    "web": {"web", "attendance"},
    "local": set(FOLDERS),
}
PURE = {"backports", "duckdb", "holidays", "numpy", "pydantic", "pydantic_core", "tzdata"}
"""All that the law may use beside Python itself: no client, no clock, no framework."""

MODULES = [(name, path) for name, folder in FOLDERS.items() for path in sorted(folder.rglob("*.py"))]
NAMED = [pytest.param(name, path, id=str(path.relative_to(ROOT))) for name, path in MODULES]
PURE_MODULES = [pytest.param(path, id=path.stem) for name, path in MODULES if name == "attendance"]


def imported(path: Path) -> Iterator[str]:
    """The top-level package of every import in a module, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by full name"
            yield (node.module or "").partition(".")[0]


def test_there_is_something_to_walk() -> None:
    assert {name for name, _ in MODULES} == set(FOLDERS)


@pytest.mark.parametrize(("name", "path"), NAMED)
def test_a_module_imports_only_what_its_arrow_points_to(name: str, path: Path) -> None:
    ours = set(imported(path)) & {*FOLDERS, "functions", "tests", "benchmarks"}
    assert ours <= MAY_IMPORT[name]


@pytest.mark.parametrize("path", PURE_MODULES)
def test_the_law_needs_no_more_than_python_and_what_counts(path: Path) -> None:
    assert set(imported(path)) - sys.stdlib_module_names - {"attendance"} <= PURE


@pytest.mark.parametrize("path", PURE_MODULES)
def test_the_law_asks_no_clock_and_no_environment(path: Path) -> None:
    """What day it is, a rule is told; the calls and modules by which it could find out are not in it."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    asked = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    assert not asked & {"now", "utcnow", "today", "getenv"}
    assert not set(imported(path)) & {"os", "time", "socket", "urllib", "http", "subprocess", "random", "logging"}


@pytest.mark.parametrize("path", PURE_MODULES)
def test_nothing_makes_numpy_load_its_masked_arrays(path: Path) -> None:
    """25 ms of a new process, for what `attendance.columns` asks without."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np":
            assert node.attr not in {"union1d", "intersect1d", "isin", "ma"}
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.unique":
            assert any((each.arg or "").startswith("return_in") for each in node.keywords), ast.unparse(node)


@pytest.mark.parametrize(("name", "path"), NAMED)
def test_no_module_is_named_after_nothing(name: str, path: Path) -> None:
    said = {*path.relative_to(ROOT).with_suffix("").parts}
    assert not {part.rstrip("s") for part in said} & {"util", "utilitie", "common", "helper", "manager", "misc"}


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, path in MODULES if name in {"infra", "attendance"}])
def test_only_the_doors_and_their_wiring_know_the_client_of_aws(name: str, path: Path) -> None:
    assert not set(imported(path)) & {"boto3", "botocore", "aws_lambda_powertools", "moto"}


CLIENT = {"boto3", "botocore", "s3transfer", "urllib3", "certifi", "jmespath", "dateutil", "six", "backports"}
"""backports: registers are packed by Zstandard, which urllib3 loads wherever it is installed."""
MODELS = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
STARTS_WITH = {
    "validate": {*CLIENT, *MODELS, "aws_lambda_powertools", "numpy"},
    "thresholds": {*CLIENT, *MODELS, "aws_lambda_powertools", "numpy"},
    "notices": {*CLIENT, *MODELS, "aws_lambda_powertools", "numpy"},
    "api": {*CLIENT, *MODELS, "aws_lambda_powertools"},
}
"""All that is imported before a function's first message, beside Python and our own: another is paid for with every cold start."""
SLOW = {
    "aws_xray_sdk", "aws_lambda_powertools.utilities.parser", "aws_lambda_powertools.utilities.idempotency",
    "numpy.testing", "numpy.f2py", "holidays.countries",
}  # fmt: skip
"""Parts of these that nothing here needs, and that cost a tenth of a second or more."""


LATER = {
    "thresholds": {"attendance.rows", "attendance.statistics"},
    "notices": {
        "attendance.pictures", "attendance.rows", "attendance.statistics", "notices.court", "notices.letters",
        "notices.meetings", "notices.packs", "notices.returned", "notices.schedules",
    },
    "api": {
        "api.checked", "api.explained", "attendance.checking", "attendance.context", "attendance.decisions",
        "attendance.positions", "attendance.reading", "attendance.roll", "aws.registers",
    },
}  # fmt: skip
"""Ours that a function needs for few of its messages."""


def printed(program: str) -> list[str]:
    """The words that a program prints in a new process."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "functions"), "AWS_DEFAULT_REGION": "eu-west-2"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize("name", STARTS_WITH)
def test_a_function_starts_with_nothing_that_it_does_not_need(name: str) -> None:
    loaded = printed(f"import sys, {name}.handler; print(*sys.modules)")
    theirs = {module.partition(".")[0] for module in loaded} - sys.stdlib_module_names - {"attendance", "aws", name}
    python = {each for each in theirs if each.startswith("_") or each == "cython_runtime"}
    assert theirs - python == STARTS_WITH[name]
    assert not {slow for slow in SLOW for module in loaded if module == slow or module.startswith(f"{slow}.")}
    assert not LATER.get(name, set()) & set(loaded)


@pytest.mark.parametrize("name", STARTS_WITH)
def test_a_function_builds_no_model_before_a_message_needs_it(name: str) -> None:
    built = printed(
        f"import gc, {name}.handler; from pydantic import BaseModel;"
        "print(*{each.__module__ for each in gc.get_objects() if isinstance(each, type(BaseModel))"
        " and each.__pydantic_complete__})"
    )
    assert not {module for module in built if module.partition(".")[0] in {"attendance", "aws", name}}


@pytest.mark.parametrize("name", STARTS_WITH)
def test_no_field_of_a_model_is_annotated_by_a_text(name: str) -> None:
    """As `from __future__ import annotations` makes of every one: pydantic compiles each again, a third of what a model takes."""
    quoted = printed(
        f"import gc, {name}.handler; from pydantic import BaseModel;"
        "print(*{each.__module__ for each in gc.get_objects() if isinstance(each, type(BaseModel))"
        " and any(isinstance(said, str) for said in each.__dict__.get('__annotations__', {}).values())})"
    )
    assert not {module for module in quoted if module.partition(".")[0] in {"attendance", "aws", name}}


def test_every_call_of_a_function_is_of_an_operation_that_its_package_describes() -> None:
    """What of these services our sources name, as a method or in a text (a paginator, a link), is one of them."""
    session = botocore.session.Session()
    operations = {
        xform_name(operation): operation
        for service in packages.SERVICES
        for operation in session.get_service_model(service).operation_names
    }
    named: set[object] = set()
    for name in STARTS_WITH.keys() | {"aws"}:
        for path in FOLDERS[name].rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                named.add(
                    node.attr
                    if isinstance(node, ast.Attribute)
                    else node.value
                    if isinstance(node, ast.Constant)
                    else None
                )
    called = {operations[each] for each in operations.keys() & named}
    assert {operation for described in packages.SERVICES.values() for operation in described} == {*called, "HeadBucket"}


def test_no_package_of_a_function_is_used_by_another() -> None:
    """Four functions, four packages: what two of them need lies in `attendance` or `aws`."""
    handlers = {"validate", "thresholds", "notices", "api"}
    for name in handlers:
        used = {each for path in FOLDERS[name].rglob("*.py") for each in imported(path)}
        assert not used & (handlers - {name})
