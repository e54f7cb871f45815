"""Every call of the term as a fault point: for each, and each way in which it can go wrong, what is left is the same.

The term is played once without a fault. At each call that a function is about to make, the process forks: the child lets this one
call go wrong, lets the messages come back until nothing waits, and says what is stored then; the parent goes on without the
fault. If both store the same at the end of the step, all later steps are the same, for a step sees nothing but what is stored and
the clock (`to_the_end` plays them all the same: the tests do it for a sample).
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unittest.mock import patch

from attendance import engine
from local.faults.calls import ALWAYS, Call, Kind
from local.faults.scenario import AUTHORITIES, Hands, Step, midnight_after, steps
from local.faults.stores import differences, stored
from local.faults.worker import going_wrong
from local.run import Doors
from local.world import raise_world

SECONDS: Final = 600
"""After which a child that has not ended is taken to hang."""

_READS: Final = frozenset({"GetObject", "ListObjectsV2", "GetItem", "Query", "GetSecretValue"})


@dataclass(frozen=True)
class Difference:
    """A fault after which something else is stored than without it."""

    point: int
    kind: Kind
    step: str
    call: str
    what: tuple[str, ...]


@dataclass
class Enumerated:
    """What the enumeration found."""

    calls: int = 0
    """AWS calls of the term without a fault: the fault points."""
    sent: int = 0
    """Requests that the functions sent in it, counted where they go out."""
    stopped: int = 0
    """Calls that are not made because the term itself stops the function there."""
    tried: Counter[str] = field(default_factory=Counter)
    """Faults injected, by kind."""
    points: int = 0
    """Fault points at which something was injected."""
    doors: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class _Child:
    point: int
    kind: Kind
    call: Call
    says: Path


def kinds_of(call: Call) -> tuple[Kind, ...]:
    """What can go wrong with a call: a read changes nothing, so that losing its answer is no more than being late."""
    if call.operation in _READS:
        return tuple(kind for kind in ALWAYS if kind not in {"lost", "killed_after"})
    return (*ALWAYS, "conflict") if call.conditional else ALWAYS


class _Folders:
    """Temporary folders stay until no child needs them: a child shares those that a function had open when it forked."""

    def __init__(self) -> None:
        self._left: list[str] = []
        self._shared: frozenset[str] = frozenset()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While it lasts, a temporary folder that is done with is only noted."""
        with patch.object(tempfile.TemporaryDirectory, "_rmtree", staticmethod(self._note)):
            yield
        self.remove()

    def _note(self, name: str, **_: object) -> None:
        self._left.append(name)

    def forked(self) -> None:
        """In a child: what is there by now is the parent's."""
        self._shared = frozenset(os.listdir(tempfile.gettempdir()))
        self._left = []

    def remove(self) -> None:
        """Remove those that are done with and not shared."""
        for name in self._left:
            if Path(name).name not in self._shared:
                shutil.rmtree(name, ignore_errors=True)
        self._left.clear()


class Points:
    """The enumeration: `chosen` says which points are tried, and `each` is told of every one passed."""

    def __init__(
        self,
        chosen: Callable[[int], bool],
        each: Callable[[], None],
        *,
        of: tuple[Step, ...] | None = None,
        kinds: Callable[[int, Call], tuple[Kind, ...]] = lambda _, call: kinds_of(call),
        at_once: int = 2,
        to_the_end: bool = False,
    ) -> None:
        self.found = Enumerated()
        self._steps = of or steps()
        self._chosen, self._each, self._kinds = chosen, each, kinds
        self._at_once, self._to_the_end = at_once, to_the_end
        self._is: _Child | None = None  # in a child: what it is to find out
        self._running: dict[int, _Child] = {}
        self._ended: list[tuple[_Child, bool]] = []
        self._told: list[str] = []
        self._step = self._steps[0]
        self._stopped = False
        self._left = _Folders()

    def run(self) -> Enumerated:
        """Play the term, with children at each point."""
        with (
            tempfile.TemporaryDirectory() as folder,
            raise_world(AUTHORITIES) as world,
            _one_thread(),
            self._left.kept(),
        ):
            self._folder, self._world = Path(folder), world
            hands = Hands(Doors.of(world))
            world.at(self._steps[0].at)
            hands.ready()
            with going_wrong(world, self._choose, told=self._told.append, sent=self._sent, died=self._died):
                for step in self._steps:
                    self._step, self._stopped = step, False
                    world.at(step.at)
                    step.do(hands)
                    self._work()
                    if not self._to_the_end:
                        self._settle()
                if self._to_the_end:
                    self._settle()
            if dead := world.dead_letters():  # a term that fails by itself would hide in every comparison
                raise RuntimeError(f"without any fault there are dead letters: {', '.join(dead)}")
        return self.found

    def _work(self) -> None:
        """Let the functions work until nothing waits; whoever is a child by then says what it found."""
        try:
            self._world.drain()
        except BaseException as problem:
            if self._is is None:
                raise
            self._say(self._is, {"ended with": type(problem).__name__})
        if self._is is not None and (not self._to_the_end or self._step is self._steps[-1]):
            self._say(self._is, stored(self._world, self._told))

    def _say(self, child: _Child, what: dict[str, str]) -> None:
        """In a child: leave what was found, and end."""
        self._left.remove()
        child.says.write_text(json.dumps(what))
        os._exit(0)

    def _settle(self) -> None:
        """Compare what the children of this step left with what is stored without a fault."""
        while self._running:
            self._wait()
        here = stored(self._world, self._told)
        for child, ended in self._ended:
            there = json.loads(child.says.read_text()) if ended else {"ended with": "no end"}
            child.says.unlink(missing_ok=True)
            if what := differences(here, there):
                found = Difference(child.point, child.kind, self._step.what, str(child.call), tuple(what))
                self.found.differences.append(found)
        self._ended.clear()
        self._left.remove()

    def _wait(self) -> None:
        pid, status = os.wait()
        self._ended.append((self._running.pop(pid), status == 0))

    def _choose(self, call: Call) -> Kind | None:
        stop = self._stops(call)
        if self._is is not None:
            return stop
        point = self.found.calls
        self.found.calls += 1
        self.found.doors |= call.doors
        if self._chosen(point):
            self.found.points += 1
            for kind in self._kinds(point, call):
                if self._fork(_Child(point, kind, call, self._folder / f"{point}-{kind}")):
                    self._stopped = self._stopped and not stop
                    return kind
                self.found.tried[kind] += 1
        self._each()
        return stop

    def _stops(self, call: Call) -> Kind | None:
        """What the step itself lets go wrong, once: it is a part of the term."""
        if not self._stopped and self._step.stops_at in call.doors:
            self._stopped = True
            self.found.stopped += 1
            return "killed"
        return None

    def _sent(self) -> None:
        self.found.sent += 1

    def _died(self) -> None:
        if self._stopped:
            self._world.at(midnight_after(self._step.at))

    def _fork(self, child: _Child) -> bool:
        """Whether this is the child now."""
        while len(self._running) >= self._at_once:
            self._wait()
        gc.freeze()
        pid = os.fork()
        if pid:
            self._running[pid] = child
            return False
        gc.disable()
        signal.alarm(SECONDS)
        self._is = child
        self._running = {}
        self._left.forked()
        return True


@contextmanager
def _one_thread() -> Iterator[None]:
    """DuckDB without threads of its own, which a child would not have."""
    with engine.connect() as con:
        con.execute("SET threads = 1")
        try:
            yield
        finally:
            con.execute("SET threads = 2")
