"""`attendance restore`: tables that are gone come again from uploads and decisions, item by item; what stands is compared."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from attendance.text import LONDON
from local.causes import Left, documents_of, items_of, read_causes
from local.command import main
from local.faults.scenario import AUTHORITIES, Hands, steps
from local.inputs import days
from local.madeup import Scale, write_input
from local.reconciling import Stores
from local.restore import played, put_back
from local.run import SCHEDULED_AT, Doors
from local.synth import LOCAL_PREFIX
from local.world import raise_world

pytestmark = pytest.mark.operations


@pytest.fixture(scope="class")
def term() -> Iterator[tuple[Doors, Left]]:
    """The term of the faults (a move, a second notice, payment, withdrawals, papers, returns) with every day's schedule, and
    what its causes leave when they are played again.
    """
    with raise_world(AUTHORITIES) as world:
        hands = Hands(Doors.of(world))
        happening = [(step.at, step.do) for step in steps() if not step.day_passes]
        world.at(steps()[0].at)
        hands.ready()
        first, last = happening[0][0], happening[-1][0] + timedelta(days=3)
        daily = days(first.astimezone(LONDON).date(), last.astimezone(LONDON).date())
        happening += [
            (datetime.combine(day, SCHEDULED_AT, LONDON), lambda h: h.doors.world.day_passed()) for day in daily
        ]
        for at, do in sorted(happening, key=lambda each: each[0]):
            if at >= first:
                world.at(at)
                do(hands)
                world.drain()
        assert not world.dead_letters()
        causes = read_causes(Stores.of(hands.doors), datetime.now(UTC))
        yield hands.doors, played(causes)


class TestATerm:
    def test_comes_again_item_by_item_and_its_documents_are_the_same(self, term: tuple[Doors, Left]) -> None:
        doors, left = term
        stores = Stores.of(doors)
        before = items_of(stores)
        kinds = {sk.partition("#")[0] for _, sk in before["cases"]}
        assert {"CASE", "STEP", "NOTICE", "RETURN", "INTERVENTION", "CARRIED", "SCHOOL"} <= kinds
        assert len(documents_of(stores)) > 50
        for table, name in (("cases", stores.cases.cases_table), ("history", stores.cases.history_table)):
            for pk, sk in before[table]:
                doors.world.dynamodb.delete_item(TableName=name, Key={"pk": {"S": pk}, "sk": {"S": sk}})
        found = put_back(stores, left)
        assert found.differences == ()
        assert found.put == {table: len(items) for table, items in before.items()}
        assert items_of(stores) == before

    def test_that_stands_is_not_touched_and_what_differs_is_told(self, term: tuple[Doors, Left]) -> None:
        doors, left = term
        stores = Stores.of(doors)
        before = items_of(stores)
        [gone, other, *_] = sorted(key for key in before["cases"] if key[1].startswith("CASE#"))
        extra = {"pk": {"S": "886#NOBODY"}, "sk": {"S": "CASE#0001"}, "body": {"S": "{}"}}
        changed = {**before["cases"][other], "body": {"S": "{}"}}
        table = stores.cases.cases_table
        doors.world.dynamodb.delete_item(TableName=table, Key={"pk": {"S": gone[0]}, "sk": {"S": gone[1]}})
        for item in (changed, extra):
            doors.world.dynamodb.put_item(TableName=table, Item=item)
        pdf = next(key for la, key in documents_of(stores) if la == "886" and key.startswith("notices/"))
        doors.world.s3.delete_object(Bucket=stores.documents["886"].name, Key=pdf)

        found = put_back(stores, left)
        after = items_of(stores)["cases"]
        assert found.put == {"cases": 1, "history": 0}
        assert after[gone] == before["cases"][gone]
        assert after[other] == changed, "what is there stays, right or wrong: a person looks"
        assert set(found.differences) == {
            f"cases {' '.join(other)}: differs",
            "cases 886#NOBODY CASE#0001: does not follow from the uploads and decisions",
            f"authority 886 {pdf}: is gone",
        }


def test_the_command_loses_and_restores_a_replayed_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_input(tmp_path / "input", Scale(1, 3, 12, 1))
    assert main(["restore", str(tmp_path / "input"), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] == []
    assert told["put"]["cases"] > 10
    assert told["stood"] == {"cases": 0, "history": 0}


def test_where_there_is_nothing_to_restore_from_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with raise_world(AUTHORITIES) as world:
        world.at(datetime.combine(datetime(2025, 10, 6, tzinfo=UTC).date(), time(18), LONDON))
        assert main(["restore", "--prefix", LOCAL_PREFIX]) == 2
        assert "nothing to restore from" in capsys.readouterr().err
        assert main(["restore", "--prefix", "nowhere"]) == 2
        assert "Check --prefix nowhere" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "nothing")]) == 2
