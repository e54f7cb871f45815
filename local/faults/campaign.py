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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from moto.sqs.models import Message, Queue, sqs_backends

from local.faults import typeset
from local.faults.calls import Call, Kind
from local.faults.invariants import broken
from local.faults.points import kinds_of
from local.faults.scenario import AUTHORITIES, LAST, Hands, Step, steps
from local.faults.stores import differences, meant
from local.faults.worker import another, going_wrong, instances
from local.functions import Function
from local.run import Doors
from local.template import ACCOUNT, REGION
from local.world import World, raise_world

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


class Ground:
    """A world raised once, from which each campaign is forked: nothing of one reaches another."""

    def __init__(self, world: World, hands: Hands, folder: Path) -> None:
        self._world, self._hands, self._folder = world, hands, folder
        self._played = count()
        said = self._result(*self._begin(None))
        self.plain: dict[str, str] = said["left"]
        """What the term leaves without anything going wrong."""
        self.wrong: tuple[str, ...] = tuple(said["wrong"])
        """What does not hold then; nothing, or no campaign says anything."""
        typeset.remember(bytes.fromhex(said["pages"]))

    def campaigns(self, seeds: Iterable[int], at_once: int = 2) -> Iterator[Campaign]:
        """Play seeds, each in a process of its own; the same seed is the same campaign."""
        running: list[tuple[int, int, Path]] = []
        for seed in seeds:
            if len(running) >= at_once:
                yield self._ended(*running.pop(0))
            running.append((seed, *self._begin(seed)))
        for each in running:
            yield self._ended(*each)

    def _ended(self, seed: int, child: int, says: Path) -> Campaign:
        said = self._result(child, says)
        wrong = said["wrong"]
        if seed % 2 == 0 and not wrong:
            wrong = differences(self.plain, said["left"])
        return Campaign(seed, said["happened"], tuple(wrong))

    def _begin(self, seed: int | None) -> tuple[int, Path]:
        says = self._folder / str(next(self._played))
        child = os.fork()
        if child:
            return child, says
        signal.alarm(SECONDS)
        try:
            said = _Played(seed, self._world, self._hands).play()
        except BaseException as problem:
            said = {
                "left": {},
                "happened": {},
                "wrong": [f"ended with {type(problem).__name__}: {problem}"],
                "pages": "",
            }
        says.write_text(json.dumps(said))
        os._exit(0)

    @staticmethod
    def _result(child: int, says: Path) -> dict[str, Any]:
        _, status = os.waitpid(child, 0)
        if status:
            return {"left": {}, "happened": {}, "wrong": [f"no end within {SECONDS} s"], "pages": ""}
        said: dict[str, Any] = json.loads(says.read_text())
        says.unlink()
        return said


@contextmanager
def ground() -> Iterator[Ground]:
    """Raise the world of the campaigns."""
    with tempfile.TemporaryDirectory() as folder, raise_world(AUTHORITIES) as world:
        hands = Hands(Doors.of(world))
        world.at(steps()[0].at)
        hands.ready()
        yield Ground(world, hands, Path(folder))


class _Played:
    """One campaign while it runs."""

    def __init__(self, seed: int | None, world: World, hands: Hands) -> None:
        self._world, self._hands = world, hands
        self._draw = random.Random(seed or 0)  # noqa: S311  a campaign, not a secret
        self._chances = chances(seed) if seed is not None else Chances(0, 0, 0)
        self._calm = seed is None
        self._happened: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._batches: list[list[str]] = []
        self._event: tuple[Function, Mapping[str, Any]] | None = None
        self._late: list[tuple[int, Queue, Message]] = []
        self._n = 0
        self._others = 0
        self._instances = instances(world)

    def play(self) -> dict[str, Any]:
        """Play the term and a quiet day; what is left, what happened, and what is wrong."""
        last = LAST + timedelta(days=3)
        with going_wrong(self._world, self._choose), self._counted():
            for self._n, step in enumerate(steps()):
                self._play(step)
            self._quiet(last)
        wrong = broken(self._world, self._hands.doors, last)
        pages = typeset.known().hex() if self._calm else ""
        return {"left": meant(self._world), "happened": self._happened, "wrong": wrong, "pages": pages}

    # ------------------------------------------------------------------ what happens

    def _play(self, step: Step) -> None:
        self._release(self._n)
        self._world.at(self._moment(step))
        if step.day_passes and self._draw.random() < self._chances.missed:
            times = self._draw.choice((0, 2))
            self._happened["schedule missed" if times == 0 else "schedule twice"] += 1
        else:
            times = 1
        for _ in range(times):
            step.do(self._hands)
        twice = self._draw.random() < self._chances.twice
        self._happened["steps delivered twice"] += twice
        self._world.drain(None if self._calm else self._draw, double=twice)

    def _moment(self, step: Step) -> datetime:
        """The time of a step, or what a clock says that is wrong by minutes, or by a day and more."""
        if self._draw.random() < self._chances.jump:
            self._happened["clock jumped"] += 1
            return step.at + timedelta(minutes=self._draw.choice((-50, -5, 7, 90, 600, 2000)))
        return step.at

    def _quiet(self, day: date) -> None:
        """A day on which nothing goes wrong: what was late arrives, the schedule fires."""
        self._chances = Chances(0, 0, 0)
        self._release(None)
        self._world.at(steps()[-1].at.replace(year=day.year, month=day.month, day=day.day))
        self._world.drain()
        for _ in range(2):  # the first carries out what is open, the second has written what follows from it
            self._world.day_passed()
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
