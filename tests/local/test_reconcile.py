"""`attendance reconcile`, `rebuild`, `revalidate`: what is missing is named, what was lost comes again, other rules are told."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from local.command import main
from local.madeup import Scale, write_input
from local.synth import LOCAL_PREFIX
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1))
pytestmark = pytest.mark.operations
REBUILT = ("receipts", "parts", "registers", "positions")
type Break = Callable[[System], object]


@pytest.fixture
def system() -> Iterator[System]:
    """A school with a file of which one row is wrong, a holiday, a notice and a return."""
    with raised() as system:
        system.at("2025-10-06T18:00")
        absence = away(date(2025, 9, 29), date(2025, 10, 3), "G")
        rows = marks(CHILD, FIRST_DAY, date(2025, 10, 6), absence)
        wrong = {**rows[0], "date": "2025-10-06", "session": "AM", "code": "?"}
        roll = pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2025, 10, 24))
        system.send(*roll, csv_of([*rows, wrong]))
        given = {"ground": "support_not_appropriate", "reason": "a holiday"}
        assert system.decide(CHILD.upn, "authorise_penalty_notice", "P1", **given).outcome == "done"
        system.at("2025-10-31T18:30")
        for _ in range(2):  # the second writes what the first found due
            system.day_passes()
        yield system


def left(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[str]]]:
    """What the command says of the raised world as of a deployed system: its exit code, and what is left over of each balance."""
    capsys.readouterr()
    code = main(["reconcile", "--prefix", LOCAL_PREFIX, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["zero"] == (code == 0)
    return code, {each["name"]: each["left"] for each in told["balances"] if each["left"]}


def lose(bucket: str, holding: str) -> Break:
    def broken(system: System) -> None:
        [key, *_] = [key for key in system.bucket(bucket).keys("") if holding in key]
        system.world.s3.delete_object(Bucket=system.world.names[bucket], Key=key)

    return broken


def put(bucket: str, holding: str) -> Break:
    def broken(system: System) -> None:
        [key, *_] = [key for key in system.bucket(bucket).keys("") if holding in key]
        system.world.s3.put_object(Bucket=system.world.names[bucket], Key=key, Body=b"another")

    return broken


def forget(table: str, kind: str) -> Break:
    def broken(system: System) -> None:
        [item, *_] = [item for item in system.items(table) if item["sk"]["S"].startswith(kind)]
        system.world.dynamodb.delete_item(TableName=system.world.names[table], Key={"pk": item["pk"], "sk": item["sk"]})

    return broken


def test_an_ordinary_day_leaves_nothing_over(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert left(capsys) == (0, {})
    assert main(["reconcile", "--prefix", LOCAL_PREFIX]) == 0
    told = capsys.readouterr().out
    assert told.endswith("All balances are zero.\n")
    assert not any(word in told for word in CHILD.words)
    assert system.objects("authority-886"), "there is something to be balanced"


def test_a_file_sent_twice_is_balanced_though_a_row_of_it_is_wrong(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    [body] = [body for body in system.objects("uploads").values() if b",?" in body]
    [again] = system.send(body)
    assert "ALREADY_RECEIVED" in again["files"][0]["counts"]
    assert left(capsys) == (0, {})


@pytest.mark.parametrize(
    ("broken", "balance"),
    [
        (lose("reports", "upload-"), "uploads answered"),
        (lose("parts", "/year="), "receipts and their parts"),
        (lose("receipts", "/"), "receipts and their parts"),
        (lose("registers", "/year="), "registers that are the fold of their parts"),
        (lose("registers", "/year="), "accepted entries in a register"),
        (forget("cases", "CASE#"), "thresholds met with a case"),
        (lambda system: system.record(CHILD.upn, "no_action", reason="settled"), "decisions with an outcome"),
        (forget("cases", "STEP#"), "decisions and their records"),
        (lose("authority-886", "decisions/"), "decisions and their records"),
        (forget("cases", "NOTICE#"), "steps with what they made"),
        (forget("cases", "NOTICE#"), "documents and their reservations"),
        (lose("authority-886", "notices/"), "documents and their reservations"),
        (put("authority-886", ".pdf"), "documents that are those of their record"),
        (forget("history", "NOTICE#"), "notices and the history"),
        (lose("authority-886", ".csv"), "files of returns and their rows"),
    ],
)
def test_what_is_missing_is_named(
    system: System, broken: Break, balance: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(system)
    code, found = left(capsys)
    assert code == 1
    assert found[balance]
    assert not any(word in json.dumps(found) for word in CHILD.words)


def test_a_deployment_that_is_not_there_is_told_with_what_to_do(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("reconcile", "rebuild"):
        assert main([command, "--prefix", "nowhere"]) == 2
        assert "Check --prefix nowhere" in capsys.readouterr().err
    assert main(["rebuild", "--prefix", LOCAL_PREFIX, "--school", "886/999999"]) == 2
    assert "nothing was sent" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["reconcile", "rebuild", "revalidate"])
def test_what_would_be_ignored_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--prefix", LOCAL_PREFIX, "--as-at", "2025-10-31"]) == 2
    assert "leave it out" in capsys.readouterr().err
    if command == "rebuild":
        assert main([command, str(tmp_path), "--school", "886/900001"]) == 2
        assert "--school goes with --prefix" in capsys.readouterr().err


def test_a_deployed_system_that_lost_all_that_follows_from_its_uploads_gets_it_again(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: system.objects(name) for name in REBUILT}
    assert all(before.values())
    for name in REBUILT:
        for key in before[name]:
            system.world.s3.delete_object(Bucket=system.world.names[name], Key=key)
    assert main(["rebuild", "--prefix", LOCAL_PREFIX]) == 0
    assert "4 uploads of 1 schools were sent" in capsys.readouterr().out
    system.drain()
    assert {name: system.objects(name) for name in REBUILT} == before
    assert left(capsys) == (0, {})


def test_sent_again_where_nothing_was_lost_nothing_changes(system: System) -> None:
    before = {name: system.objects(name) for name in (*REBUILT, "reports", "authority-886")}
    assert main(["rebuild", "--prefix", LOCAL_PREFIX, "--school", "886/900001"]) == 0
    system.drain()
    assert {name: system.objects(name) for name in before} == before


def revalidated(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    code = main(["revalidate", "--prefix", LOCAL_PREFIX, "--format", "json", *given])
    told = json.loads(capsys.readouterr().out)
    return code, told["differences"]


def test_by_the_same_rules_nothing_differs_though_the_roll_came_since(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    before = system.everything()
    system.at("2026-11-03T18:00")
    assert revalidated(capsys) == (0, [])
    assert revalidated(capsys, "--school", "886/900001") == (0, [])
    assert main(["revalidate", "--prefix", LOCAL_PREFIX, "--school", "886/999999"]) == 2
    assert "nothing was checked" in capsys.readouterr().err
    assert system.everything() == before


def test_what_other_rules_once_let_pass_is_listed_and_not_applied(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    [key] = [key for key, body in system.objects("reports").items() if b"CODE_UNKNOWN" in body]
    report = json.loads(system.objects("reports")[key])
    report["rules"] = "of long ago"
    report["files"][0]["counts"] = {"CODE_OTHER": 2}
    system.world.s3.put_object(Bucket=system.world.names["reports"], Key=key, Body=json.dumps(report).encode())
    before = system.everything()

    code, [found] = revalidated(capsys)
    assert code == 1
    assert (found["upload"], found["rules"]) == (key.removesuffix(".json"), "of long ago")
    assert found["then"]["CODE_OTHER"] == 2
    assert found["now"]["CODE_UNKNOWN"] == 1
    assert system.everything() == before


def test_a_replayed_folder_is_balanced_and_rebuilt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_input(tmp_path / "input", Scale(1, 3, 12, 1))
    assert main(["reconcile", str(tmp_path / "input")]) == 0
    assert capsys.readouterr().out.endswith("All balances are zero.\n")
    assert main(["rebuild", str(tmp_path / "input"), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] == []
    assert set(told["objects"]) == set(REBUILT)
    assert min(told["objects"].values()) > 0
    assert main(["rebuild", str(tmp_path / "nothing")]) == 2
    assert main(["revalidate", str(tmp_path / "input")]) == 0
    assert "0 differ" in capsys.readouterr().out
