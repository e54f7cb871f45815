"""An authority's day sent through a raised world: the files of every school, the officers, the evening, and the burst after it.

Everything is made when it is sent, and of what was sent only sums are kept: what grows with the schools is what the stores hold.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from time import perf_counter, process_time
from typing import Any, Final
from unittest.mock import patch

from moto.sqs.models import Message, Queue

from attendance.directory import read_directory
from attendance.events import DecisionMade
from attendance.facts import Decision
from attendance.identifiers import pupil_id
from attendance.text import LONDON
from local.functions import Function
from local.inputs import RECEIVED_AT, ToPublish
from local.madeup.authority_day import (
    DAY,
    LA,
    NEXT,
    Extract,
    SchoolDay,
    authority_schools,
    files_of_the_day,
    school_days,
)
from local.madeup.rows import csv_of
from local.madeup.schools import directory_row, letters_yaml, settings_yaml
from local.measuring import Memory
from local.progress import Progress
from local.publish import publish
from local.run import DECIDED_AT, SCHEDULED_AT, Doors
from local.synth import LOCAL_PREFIX

_ROLL_ON: Final = date(2025, 9, 3)
_BEFORE_ON: Final = date(2025, 9, 29)
_REGISTERS_CLOSE: Final = time(16, 30)
_OFFICER: Final = "a1"
LOG_KEPT: Final = 1000


@dataclass(frozen=True)
class Load:
    """How much is sent."""

    schools: int
    pupils: int
    """Of each school."""
    burst: bool


@dataclass
class Sent:
    """What was sent, as whoever sent it counts."""

    files: Counter[str] = field(default_factory=Counter)
    """By what is to become of them: taken, refused, copy."""
    rows: int = 0
    marks: int = 0
    marks_of_the_day: int = 0
    decisions: int = 0


@dataclass(frozen=True)
class Stage:
    """A stage of the day: how long it took by the clock and in processor time, and its slowest file; the memory at its end."""

    name: str
    files: int
    seconds: float
    processor_seconds: float
    slowest_file: float
    """Seconds of the longest check of a file; 0 where none was sent."""
    calls: Mapping[str, tuple[int, float]]
    """Of each function, how often it was called and for how many seconds."""
    memory: Memory


@dataclass
class _Calls:
    """Calls of functions while they are watched; after each file checked somebody is told."""

    log: list[str]
    count: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    slowest_file: float = 0.0
    advance: Callable[[str], None] = lambda _name: None

    def __call__(self, function: Function, event: Mapping[str, Any]) -> Any:
        began = perf_counter()
        try:
            return function.call(event)
        finally:
            took, name = perf_counter() - began, function.name.removeprefix(f"{LOCAL_PREFIX}-")
            self.count[name] += 1
            self.seconds[name] += took
            if name == "validate":  # one file a call
                self.slowest_file = max(self.slowest_file, took)
            for _ in event["Records"]:
                self.advance(name)
            del self.log[:-LOG_KEPT]


@dataclass
class Played:
    """What was sent and how it went."""

    sent: Sent = field(default_factory=Sent)
    stages: list[Stage] = field(default_factory=list)
    posted: Counter[str] = field(default_factory=Counter)
    """How many messages each queue was sent, by its name."""
    repeated: Counter[str] = field(default_factory=Counter)
    """How many of them the queue did not take, since the same one lay in it."""


def play(doors: Doors, load: Load, progress: bool) -> Played:
    """Send the day through a world that was raised for the authority; the queues are empty afterwards."""
    return _Player(doors, load, progress).play()


class _Player:
    def __init__(self, doors: Doors, load: Load, progress: bool) -> None:
        self.doors, self.world, self.load, self.progress = doors, doors.world, load, progress
        self.played = Played()
        self.calls = _Calls(self.world.log)
        self.world.pump.call = self.calls

    def play(self) -> Played:
        """The stages one after another."""
        schools = self.load.schools
        with _posted(self.played):
            publish(self.doors.published, published(schools))
            with self._stage("the roll", schools):
                self._received(datetime.combine(_ROLL_ON, RECEIVED_AT, LONDON), lambda school: [school.roll()])
            with self._stage("the weeks before", schools):
                self._received(datetime.combine(_BEFORE_ON, RECEIVED_AT, LONDON), lambda school: [school.before()])
            with self._stage("the day", files_of_the_day(schools)):
                self._received(datetime.combine(DAY, _REGISTERS_CLOSE, LONDON), SchoolDay.today)
            with self._stage("the officers", 0):
                self._decide()
            with self._stage("the evening", schools, "thresholds"):
                self._evening(DAY)
            if self.load.burst:
                with self._stage("the burst", schools):
                    self._burst()
            with self._stage("the last evening", schools, "thresholds"):
                for _ in range(2):  # the second writes what the first found due
                    self._evening(NEXT)
        return self.played

    @contextmanager
    def _stage(self, name: str, steps: int, of: str = "validate") -> Iterator[None]:
        files, calls = self.played.sent.files.total(), self.calls
        calls.count, calls.seconds, calls.slowest_file = Counter(), defaultdict(float), 0.0
        began, used = perf_counter(), process_time()
        with Progress(name, steps, self.progress) as bar:
            calls.advance = lambda function: bar.advance() if function == of else None
            yield
        took, used = perf_counter() - began, process_time() - used
        told = {function: (n, calls.seconds[function]) for function, n in sorted(calls.count.items())}
        sent = self.played.sent.files.total() - files
        self.played.stages.append(Stage(name, sent, took, used, calls.slowest_file, told, Memory.now()))

    def _schools(self) -> Iterator[SchoolDay]:
        return school_days(self.load.schools, self.load.pupils)

    def _received(self, at: datetime, files: Callable[[SchoolDay], Iterable[Extract]]) -> None:
        """The files of each school in turn, a second apart; everything that follows from each is done before the next."""
        for school in self._schools():
            for extract in files(school):
                self.world.at(at)
                self._send(school, extract)
                self.world.drain()
                at += timedelta(seconds=1)

    def _burst(self) -> None:
        """The files of all schools at one moment, before anything is done about any."""
        self.world.at(datetime.combine(NEXT, _REGISTERS_CLOSE, LONDON))
        for school in self._schools():
            self._send(school, school.next_day())
        self.world.drain()

    def _send(self, school: SchoolDay, extract: Extract) -> None:
        sent, now = self.played.sent, datetime.now(LONDON)
        digest = hashlib.sha256(extract.body).hexdigest()
        upload_id = f"{now:%Y%m%dT%H%M%S}-{digest[:32]}-{sent.files.total():05}"
        self.world.put_upload(LA, school.school.urn, upload_id, extract.body, {"name": extract.name})
        sent.files[extract.outcome] += 1
        sent.rows += extract.rows
        sent.marks += extract.marks
        sent.marks_of_the_day += extract.marks_of_the_day

    def _decide(self) -> None:
        """An officer authorises a penalty notice for the holiday of every school that has a bad day."""
        self.world.at(datetime.combine(DAY, DECIDED_AT, LONDON))
        for school in self._schools():
            if school.bad:
                self.played.sent.decisions += 1
                pupil = school.on_holiday
                decision = Decision(
                    id=hashlib.sha256(f"load {pupil.upn}".encode()).hexdigest()[:24], row=self.played.sent.decisions,
                    on=DAY, la=LA, urn=school.school.urn, upn=pupil.upn, parent_id=pupil.parent_ids[0],
                    action="authorise_penalty_notice", by=_OFFICER, ground="support_not_appropriate",
                    reason="a holiday in term time for which leave was refused",
                )  # fmt: skip
                name = pupil_id(pupil.upn, self.doors.secret)
                self.doors.cases.decide(name, decision)
                event = DecisionMade(la=LA, pupil=name, decision=decision.id, correlation_id=decision.id)
                self.doors.to_notices.send(event, told="decided")
        self.world.drain()

    def _evening(self, day: date) -> None:
        self.world.at(datetime.combine(day, SCHEDULED_AT, LONDON))
        self.world.day_passed()
        self.world.drain()


def published(schools: int) -> ToPublish:
    """The directory of the schools, the authority's code of conduct, and the words of the early letters of who gave any."""
    listed = authority_schools(schools)
    directory = read_directory(csv_of([directory_row(school) for school in listed]).encode("iso-8859-1"))
    letters = {school.urn: words for school in listed if (words := letters_yaml(school.urn))}
    return ToPublish(directory, {LA: settings_yaml(LA)}, letters)


@contextmanager
def _posted(played: Played) -> Iterator[None]:
    """While it lasts, every message that a queue is sent is counted, whoever sends it."""
    add = Queue.add_message

    def add_message(queue: Queue, message: Message) -> None:
        lay = len(queue._messages)
        add(queue, message)
        played.posted[queue.name] += 1
        played.repeated[queue.name] += len(queue._messages) == lay

    with patch.object(Queue, "add_message", add_message):
        yield
