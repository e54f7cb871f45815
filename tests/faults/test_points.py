"""The enumeration of fault points: a fault that is planted is found, and no door is passed by."""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.buckets import Bucket
from local.faults.calls import Call, Kind
from local.faults.points import Points
from local.faults.scenario import AUTHORITIES, LAST, Hands, steps
from local.reconciling import Stores, reconcile
from local.run import Doors
from local.world import raise_world

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def conflicts(_: int, call: Call) -> tuple[Kind, ...]:
    return ("conflict",) if call.conditional and "/year" in call.where else ()


def differences_with(monkeypatch: pytest.MonkeyPatch, put: Any) -> list[str]:
    monkeypatch.setattr(Bucket, "_put", put)
    found = Points(lambda _: True, lambda: None, of=steps()[1:2], kinds=conflicts).run()
    assert found.tried["conflict"] > 0
    return [what for difference in found.differences for what in difference.what]


def test_a_fault_that_is_planted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that takes a conflict for "stands there already": the entries of a part are lost, and the campaign says so."""
    as_it_is = Bucket._put

    def careless(self: Bucket, *given: Any) -> bool:
        try:
            return as_it_is(self, *given)
        except ClientError:
            return False

    assert differences_with(monkeypatch, as_it_is) == []
    lost = differences_with(monkeypatch, careless)
    assert [what for what in lost if what.startswith("parts/") and what.endswith(": missing")]


NOT_OF_FUNCTIONS = {
    "published.put",  # what an operator does
    "registers.received", "registers.as_known",  # what `verify` and `reconcile` read
    # What the API reads and records; what it leaves half done, the same request sent again finishes (test_api_officer.py).
    "buckets.folders", "buckets.page", "buckets.said", "cases.case", "cases.cases_at", "cases.decide_on", "cases.number",
    "cases.queue", "grants.asked", "grants.give", "grants.of", "registers.roll", "schools.of",
}  # fmt: skip


def doors() -> set[str]:
    """Every public function of `aws` that itself makes a call, or goes through a door that does."""
    found = set()
    for path in sorted(Path(inspect.getfile(import_module("aws"))).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                says = ast.unparse(node)
                if any(word in says for word in CALLS):
                    found.add(f"{path.stem}.{node.name}")
    return found


CALLS = (
    "self.s3.", "self.dynamodb.", "self.sqs.", "self.events.", "secrets.get", "self._put", "self._write(", "self._get(",
    "self._partition(", "self._query(", "self._returns(", "self._of(", "published.texts", "together(",
    "self.parts.", "self.registers.get(",
    "self.registers.keys(", "self.registers.replace(",
    "registers.read(", "self._put_new(", "self._put_if(",
)  # fmt: skip


@pytest.mark.faults
def test_the_term_takes_every_door_and_each_call_is_a_point() -> None:
    found = Points(lambda _: False, lambda: None).run()
    assert doors() - found.doors - NOT_OF_FUNCTIONS == set()
    assert found.calls == found.sent + found.stopped
    assert found.stopped == 1, "one reservation expires"


@pytest.mark.faults
def test_the_term_writes_every_kind_of_file() -> None:
    with raise_world(AUTHORITIES) as world:
        hands = Hands(Doors.of(world))
        world.at(steps()[0].at)
        hands.ready()
        for step in steps():
            world.at(step.at)
            step.do(hands)
            world.drain()
        stores = Stores.of(hands.doors)
        found = {key.split("/")[0] for bucket in stores.documents.values() for key in bucket.keys("")}
        assert found == {
            "decisions", "notices", "schedules", "withdrawals", "papers", "reminders", "returns", "told", "packs"
        }  # fmt: skip
        assert {"letters", "told"} <= {key.split("/")[2] for key in stores.reports.keys("")}
        assert reconcile(stores, LAST).left == ()
