"""Two workers with the message of one list, the other at any call of the first: each row is told in one file (design 4.5)."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from local.faults.calls import Call
from local.faults.worker import another, going_wrong, instances
from local.functions import Function
from tests.made_school import FIRST_DAY, Child, calendar, csv_of, marks, parents, pupils, upn
from tests.raised_system import System, raised

pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")]

CHILDREN = tuple(Child(upn(n), f"Rowley{n}", row={"starting_day": "2025-10-10"}) for n in range(1, 4))
DAY = date(2025, 10, 10)


def test_a_row_is_told_once_wherever_another_worker_comes_between() -> None:
    told = []
    for nth in count():
        came, files = _files_when_another_comes_at(nth)
        told.append(files)
        if not came:
            break
    plain = told[-1]
    assert [len(rows) for rows in plain.values()] == [1 + len(CHILDREN)], "one file: a header and a row each"
    assert len(told) > len(CHILDREN)
    assert told == [plain] * len(told)


def _files_when_another_comes_at(nth: int) -> tuple[bool, dict[str, list[bytes]]]:
    """Whether there was an nth call, at which another worker handled the same message whole, and the files that are left."""
    with raised() as system:
        held = _messages_of_new_pupils(system)
        calls, others = count(), instances(system.world)

        def between(_: Call) -> None:
            if next(calls) == nth:
                with another(system.world, others):
                    held[0][0].call(held[0][1])

        with going_wrong(system.world, between):
            for function, event in held:
                assert system.world.pump.call(function, event) == {"batchItemFailures": []}
        files = system.objects("authority-886")
        return next(calls) > nth, {key: files[key].splitlines() for key in files if key.endswith(".csv")}


def _messages_of_new_pupils(system: System) -> list[tuple[Function, Mapping[str, Any]]]:
    """Bring three new pupils onto a roll; the messages by which notices is told of it, held back."""
    held: list[tuple[Function, Mapping[str, Any]]] = []
    call = system.world.pump.call

    def hold(function: Function, event: Mapping[str, Any]) -> Any:
        if "new_pupil" not in str(event):
            return call(function, event)
        held.append((function, event))
        return {"batchItemFailures": []}

    system.at(f"{DAY}T18:00")
    with patch.object(system.world.pump, "call", hold):
        marked = [mark for child in CHILDREN for mark in marks(child, DAY, DAY)]
        system.send(pupils(*CHILDREN), parents(*CHILDREN), calendar(FIRST_DAY, DAY), csv_of(marked))
        system.day_passes()
    return held
