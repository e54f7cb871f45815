"""The kit that vendors try a deployment with: every rule passes here, and a rule that is broken fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date

import pytest

from attendance import rowchecks
from attendance.findings import SEVERITY
from local.command import main
from local.conformance.cases import CODES_IN_FORCE, cases, not_tried
from local.door import ByDoor, server
from tests.asking import asking

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with asking() as api, server(0, type("Handler", (ByDoor,), {"door": api.door})) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        api.system.at("2025-11-25T18:00")  # later than all that the schools sent
        api.door.url = f"http://127.0.0.1:{listening.server_port}"  # what signed links begin with
        yield api.door.url
        listening.shutdown()


def conformance(capsys: pytest.CaptureFixture[str], *asked: str) -> tuple[int, dict[str, str], str]:
    code = main(["conformance", "--format", "json", *asked])
    out, err = capsys.readouterr()
    return code, {each["rule"]: each["result"] for each in json.loads(out)["rules"]} if out else {}, err


def test_every_finding_is_tried_or_said_not_to_be() -> None:
    tried = {case.rule for case in cases(date(2025, 11, 24), "900003")}
    assert tried | not_tried().keys() == SEVERITY.keys() | {CODES_IN_FORCE}
    assert not tried & not_tried().keys()


@pytest.mark.parametrize(
    "school", [["--school", "886/900003"], []], ids=["an empty school", "the demo's, which is none"]
)
def test_every_rule_passes_whatever_day_it_is_here(school: list[str], url: str) -> None:
    """In a process of its own, whose clock is not the world's: the day is the deployment's."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "local.command", "conformance", "--base-url", url, "--format", "json", *school],
        env={"PATH": os.environ["PATH"], "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    results = {each["rule"]: each for each in json.loads(done.stdout)["rules"]}
    assert [each for each in results.values() if each["result"] == "failed"] == []
    assert {rule for rule, each in results.items() if each["result"] == "not tried"} == set(not_tried())
    assert done.returncode == 0


def test_a_broken_rule_fails(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_CLIENT_SECRET", "made-up")
    monkeypatch.setattr(rowchecks, "upn_problem", lambda upn: None if len(upn) == 13 else "UPN_FORMAT")
    code, results, _ = conformance(capsys, "--base-url", url, "--school", "886/900003", "--client-id", "made-up-vendor")
    assert {rule for rule, result in results.items() if result == "failed"} == {"UPN_FORMAT", "UPN_CHECK_LETTER"}
    assert code == 1
    assert results["DAY_CLOSED"] == "not tried", "a client of one's own sends nothing unless told to"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(["--base-url", "http://127.0.0.1:9"], "does not answer", id="nobody there"),
        pytest.param(["--base-url", "https://attendance.example"], "Give --client-id", id="whose client?"),
        pytest.param(["--client-id", "nobody", "--school", "886/900003"], "gives no token", id="a client that is none"),
        pytest.param(
            ["--school", "301/900002", "--client-id", "school-900001"], "no grant for this school", id="not theirs"
        ),
    ],
)
def test_what_keeps_it_from_trying(
    asked: list[str], said: str, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_CLIENT_SECRET", "made-up")
    code, _, err = conformance(capsys, *(["--base-url", url] if "--base-url" not in asked else []), *asked)
    assert code == 2
    assert said in err
