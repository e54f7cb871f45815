"""`attendance grant` stores what the API then goes by; `attendance openapi` prints what docs/openapi.json keeps."""

import argparse
from datetime import date
from pathlib import Path

import pytest

from aws.grants import Grant, Grants
from local import grant, openapi
from local.synth import LOCAL_PREFIX
from local.world import raise_world

KEPT = Path(__file__).parents[2] / "docs/openapi.json"


def run(*given: str) -> int:
    parser = argparse.ArgumentParser()
    grant.add_parser(parser.add_subparsers())
    args = parser.parse_args(["grant", *given])
    code: int = args.run(args)
    return code


def test_a_grant_is_stored_and_replaced_by_the_next() -> None:
    with raise_world(["886"]) as world:
        grants = Grants(world.dynamodb, world.names["grants"])
        assert run("a-client", "--vendor", "--school", "886/118001", "--school", "301/*", "--prefix", LOCAL_PREFIX) == 0
        assert grants.of("a-client") == Grant(kind="vendor", schools=("886/118001", "301/*"))
        assert run("a-client", "--officer", "886=o1", "--until", "2026-08-31", "--prefix", LOCAL_PREFIX) == 0
        assert grants.of("a-client") == Grant(kind="officer", officer={"886": "o1"}, until=date(2026, 8, 31))
        assert grants.of("another") is None


def test_without_a_prefix_nothing_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("a-client", "--office", "--school", "886/118001") == 0
    assert capsys.readouterr().out.startswith("Holds, not stored: a-client")


@pytest.mark.parametrize(
    "given",
    [
        ("--vendor",),
        ("--vendor", "--school", "886"),
        ("--vendor", "--school", "886/1180010"),
        ("--officer", "886"),
        ("--officer", "88=o1"),
        ("--officer", "886=o1", "--school", "886/118001"),
    ],
)
def test_what_is_no_grant_is_refused(given: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("a-client", *given) == 2
    assert "886/118001" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("acts_for", "sees", "grant"),
    [
        (True, True, Grant(kind="school", schools=("886/118001",))),
        (True, True, Grant(kind="vendor", schools=("886/*",))),
        (False, True, Grant(kind="officer", officer={"886": "o1"})),
        (False, False, Grant(kind="officer", officer={"301": "o1"})),
        (False, False, Grant(kind="vendor", schools=("301/*", "886/118002"))),
        (False, False, Grant(kind="vendor")),
    ],
)
def test_whom_a_grant_is_for(acts_for: bool, sees: bool, grant: Grant) -> None:
    assert (grant.acts_for("886", "118001"), grant.sees("886", "118001")) == (acts_for, sees)


def test_the_description_that_is_kept_is_that_of_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    openapi.add_parser(parser.add_subparsers())
    args = parser.parse_args(["openapi"])
    assert args.run(args) == 0
    assert capsys.readouterr().out == KEPT.read_text(encoding="utf-8"), "uv run attendance openapi > docs/openapi.json"
