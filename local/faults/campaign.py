"""Random campaigns: the same term with many things going wrong at once, drawn from a seed; then a quiet day, and what must hold.

Two sorts, by turns. In one, nothing changes the day of anything (faults, messages twice and in any order, two workers at once), and
what is left in the end is compared with what an undisturbed term leaves. In the other, messages also come days late, the clock
jumps and the schedule misses days: then what is left may differ, and the invariants decide (`invariants.py`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from moto.sqs.models import Message, Queue, sqs_backends

from local.faults.calls import Call, Kind
from local.faults.invariants import broken
from local.faults.points import kinds_of
from local.faults.scenario import AUTHORITIES, LAST, Hands, Step, steps
from local.faults.stores import differences, meant
from local.faults.worker import another, going_wrong, instances
from local.functions import Function
from local.run import Doors
from local.template import ACCOUNT, REGION
from local.world import raise_world

SECONDS: Final = 900
"""After which a campaign that has not ended is taken to hang."""
MOST_FAULTS: Final = 3
"""Faults within the deliveries of one message: fewer than the times after which it is a dead letter, with the batch it is in."""


@dataclass(frozen=True)
class Chances:
    """How often each thing goes wrong."""

    fault: float
    """For each call of a function."""
    another: float
    """That another worker has its turn while a call is under way."""
    twice: float
    """That all messages of a step are handed over until they succeeded twice."""
    late: float = 0
    """For each message: that it comes at a later step."""
    missed: float = 0
    """For each day of the schedule: that it does not fire, or fires twice."""
    jump: float = 0
    """For each step: that the clock jumps."""


@dataclass
class Campaign:
    """What became of one seed."""

    seed: int
    happened: dict[str, int] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


def chances(seed: int) -> Chances:
    """What may go wrong under a seed: odd ones change days."""
    draw = random.Random(seed)  # noqa: S311  a campaign, not a secret
    fault, other, twice = draw.choice((0.002, 0.005, 0.01)), draw.choice((0, 0.01, 0.03)), draw.choice((0, 0.3))
    if seed % 2 == 0:
        return Chances(fault, other, twice)
    return Chances(fault, other, twice, late=draw.choice((0, 0.05, 0.15)), missed=draw.choice((0.2, 0.5)), jump=0.1)


def undisturbed() -> dict[str, str]:
    """What the term leaves without anything going wrong."""
    return json.loads(_aside(None)["left"])  # type: ignore[no-any-return]


def campaign(seed: int, plain: Mapping[str, str]) -> Campaign:
    """Play one seed in a process of its own; the same seed is the same campaign."""
    found = _aside(seed)
    wrong = list(json.loads(found["wrong"]))
    if seed % 2 == 0 and not wrong:
        wrong = differences(plain, json.loads(found["left"]))
    return Campaign(seed, json.loads(found["happened"]), tuple(wrong))


def _aside(seed: int | None) -> dict[str, str]:
    """Play in a process of its own, begun before anything else was: nothing of one campaign reaches another."""
    with tempfile.TemporaryDirectory() as folder:
        says = Path(folder, "says")
        child = os.fork()
        if not child:
            signal.alarm(SECONDS)
            try:
                says.write_text(json.dumps(_Played(seed).play()))
            except BaseException as problem:
                said = f"ended with {type(problem).__name__}: {problem}"
                says.write_text(json.dumps({"left": "{}", "happened": "{}", "wrong": json.dumps([said])}))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            return {"left": "{}", "happened": "{}", "wrong": json.dumps([f"no end within {SECONDS} s"])}
        found: dict[str, str] = json.loads(says.read_text())
        return found


class _Played:
    """One campaign while it runs."""

    def __init__(self, seed: int | None) -> None:
        self._draw = random.Random(seed or 0)  # noqa: S311  a campaign, not a secret
        self._chances = chances(seed) if seed is not None else Chances(0, 0, 0)
        self._calm = seed is None
        self._happened: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._batches: list[list[str]] = []
        self._late: list[tuple[int, Queue, Message]] = []
        self._n = 0
        self._others = 0
        self._ahead = timedelta()

    def play(self) -> dict[str, str]:
        """Play the term and a quiet day; what is left, what happened, and what is wrong."""
        told: list[str] = []
        with raise_world(AUTHORITIES) as world:
            hands = Hands(Doors.of(world))
            world.at(steps()[0].at)
            hands.ready()
            self._world, self._instances = world, instances(world)
            with going_wrong(world, self._choose, told.append, lambda: None), self._counted():
                for self._n, step in enumerate(steps()):
                    self._play(hands, step)
                self._quiet(LAST + timedelta(days=3), hands)
            left = meant(world)
            wrong = broken(world, hands.doors, LAST + timedelta(days=3))
        return {"left": json.dumps(left), "happened": json.dumps(self._happened), "wrong": json.dumps(wrong)}

    # ------------------------------------------------------------------ what happens

    def _play(self, hands: Hands, step: Step) -> None:
        self._release(self._n)
        self._world.at(self._moment(step))
        if step.day_passes and self._draw.random() < self._chances.missed:
            times = self._draw.choice((0, 2))
            self._happened["schedule missed" if times == 0 else "schedule twice"] += 1
        else:
            times = 1
        for _ in range(times):
            step.do(hands)
        twice = self._draw.random() < self._chances.twice
        self._happened["steps delivered twice"] += twice
        self._world.drain(None if self._calm else self._draw, double=twice)

    def _moment(self, step: Step) -> datetime:
        """The time of a step; where the clock jumped ahead, no step goes back behind it by more than an hour."""
        if self._draw.random() < self._chances.jump:
            self._ahead = timedelta(minutes=self._draw.choice((-50, -5, 7, 90, 600, 2000)))
            self._happened["clock jumped"] += 1
            return step.at + self._ahead
        return step.at

    def _quiet(self, day: Any, hands: Hands) -> None:
        """A day on which nothing goes wrong: what was late arrives, the schedule fires."""
        self._chances = Chances(0, 0, 0)
        self._release(None)
        self._world.at(steps()[-1].at.replace(year=day.year, month=day.month, day=day.day))
        self._world.drain()
        for _ in range(2):  # the first carries out what is open, the second has written what follows from it
            hands.doors.world.day_passed()
            self._world.drain()

    # ------------------------------------------------------------------ what goes wrong

    def _choose(self, call: Call) -> Kind | None:
        if self._others == 0 and self._draw.random() < self._chances.another:
            self._another_worker()
        if self._draw.random() >= self._chances.fault:
            return None
        batch = self._batches[-1] if self._batches else []
        if any(self._faults[message] >= MOST_FAULTS for message in batch):
            return None
        for message in batch:
            self._faults[message] += 1
        kind = self._draw.choice(kinds_of(call))
        self._happened[kind] += 1
        return kind

    def _another_worker(self) -> None:
        """While a function waits for its call, another instance takes what waits, or the same messages once more."""
        self._others += 1
        try:
            with another(self._world, self._instances):
                if self._draw.random() < 0.3 and self._event is not None:
                    self._happened["the same messages at once"] += 1
                    function, event = self._event
                    with suppress(Exception):  # nobody listens to the answer of a delivery that came too late
                        self._world.pump.call(function, event)
                elif self._world.pump.work(self._draw):
                    self._happened["another worker"] += 1
        finally:
            self._others -= 1

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """While it lasts: which messages are with a function, and which come late."""
        call = self._world.pump.call
        self._event: tuple[Function, Mapping[str, Any]] | None = None

        def counted(function: Function, event: Mapping[str, Any]) -> Any:
            self._batches.append([record["messageId"] for record in event["Records"]])
            before, self._event = self._event, (function, event)
            try:
                return call(function, event)
            finally:
                self._event = before
                self._batches.pop()
                self._withhold()

        with patch.object(self._world.pump, "call", counted):
            yield

    def _withhold(self) -> None:
        """Take messages out of their queues until a later step; of a message group, all that follow too."""
        if not self._chances.late:
            return
        for queue in sqs_backends[ACCOUNT][REGION].queues.values():
            for message in list(queue._messages):
                if queue.dead_letter_queue is None or queue.fifo_queue:
                    continue  # a group keeps its order
                if self._draw.random() < self._chances.late:
                    queue._messages.remove(message)
                    self._late.append((self._n + self._draw.randint(1, 6), queue, message))
                    self._happened["messages late"] += 1

    def _release(self, n: int | None) -> None:
        """Put back the messages whose step has come (None: all)."""
        due = [each for each in self._late if n is None or each[0] <= n]
        self._late = [each for each in self._late if each not in due]
        for _, queue, message in due:
            queue._messages.append(message)
