"""The registers and the roll of a school: every part folded in, snapshots replaced under a condition (design 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from attendance.extracts import KEYS, Kind
from attendance.law import academic_year
from attendance.register import fold, folded_parts, named, standing
from attendance.roll import Roll, carried
from attendance.text import london_day
from aws.buckets import Bucket
from aws.clock import today
from aws.keys import register_key, school_prefix

TRIES = 10


class Contended(RuntimeError):
    """Others kept replacing the snapshot while we folded: try the message again."""


@dataclass(frozen=True)
class SchoolRecord:
    """All that is known of one school: its registers by academic year, its roll, the parts they were folded from."""

    la: str
    urn: str
    registers: dict[int, bytes]
    roll: Roll
    parts: tuple[str, ...]

    @property
    def known_at(self) -> datetime | None:
        """The latest receipt among the parts folded."""
        return max((named(name)[0] for name in self.parts), default=None)

    @property
    def years(self) -> list[int]:
        """The academic years of whose marks it sent parts, opened or not."""
        places = {key.split("/")[2] for key in self.parts}
        return sorted(int(place.removeprefix("year=")) for place in places if place.startswith("year="))

    @property
    def bodies(self) -> list[bytes]:
        """The registers, year by year."""
        return [body for _, body in sorted(self.registers.items())]


@dataclass(frozen=True)
class Registers:
    """Parts as received and what they fold into."""

    parts: Bucket
    registers: Bucket

    def brought_up(self, la: str, urn: str, since: int = 0) -> SchoolRecord:
        """The school's registers and roll with every part folded in; snapshots that lacked one are replaced.

        Registers of academic years before `since` are not opened: a school that is known for long costs no more for it.
        """
        for _ in range(TRIES):
            if record := self._brought_up(la, urn, since):
                return record
        raise Contended(f"registers of school {urn}")

    def read(self, la: str, urn: str) -> SchoolRecord:
        """The school's snapshots as they stand, without folding: what the checks against earlier extracts need."""
        registers = self._snapshots(la, urn)
        if registers and not any(carried(body) for body in registers.values()):
            registers = self._snapshots(la, urn)  # the roll went to a register that was not there yet
        return _as_it_stands(la, urn, registers)

    def _snapshots(self, la: str, urn: str) -> dict[int, bytes]:
        every = (key for key in self.registers.keys(school_prefix(la, urn)) if key.endswith("/register.parquet"))
        found = ((key, self.registers.get(key)) for key in every)
        return {int(key.rsplit("year=", 1)[1].split("/")[0]): stored.body for key, stored in found if stored}

    def read_year(self, la: str, urn: str, year: int) -> SchoolRecord | None:
        """The same of one academic year; None if its register does not carry the roll: most files are checked beside it alone."""
        stored = self.registers.get(register_key(la, urn, year))
        if stored is None or carried(stored.body) is None:
            return None
        return _as_it_stands(la, urn, {year: stored.body})

    def roll(self, la: str, urn: str) -> Roll:
        """The school's roll as it stands, empty if it sent none: for the names of its pupils."""
        return (self.read_year(la, urn, academic_year(today())) or self.read(la, urn)).roll

    def received(self, la: str, urn: str, by: datetime) -> dict[str, list[str]]:
        """The names of the parts received by a moment that count, by the folder they lie in."""
        return standing_by_place(self._received(la, urn, by))

    def as_known(self, la: str, urn: str, known_at: datetime) -> SchoolRecord:
        """The school as known at a moment: the fold of the parts received by then (design 2, as-known T)."""
        parts = Parts.of(self._received(la, urn, known_at))
        roll = Roll().folded((key, kind_of(key), body) for key, body in self._bodies(parts.roll))
        registers = {
            year: fold(
                self._bodies(parts.marks.get(year, ())), None, roll.packed() if year == parts.latest else None
            ).body
            for year in parts.years
        }
        return SchoolRecord(la, urn, registers, roll, parts.names)

    def _received(self, la: str, urn: str, by: datetime) -> Iterator[str]:
        return (key for key in self.parts.keys(school_prefix(la, urn)) if named(key)[0] <= by)

    def _bodies(self, keys: Iterable[str]) -> list[tuple[str, bytes]]:
        found = []
        for key in keys:
            part = self.parts.get(key)
            if part is None:
                raise RuntimeError(f"the part {key} is listed and cannot be read")
            found.append((key, part.body))
        return found

    def _brought_up(self, la: str, urn: str, since: int) -> SchoolRecord | None:
        """The same, once; None if somebody else replaced a snapshot meanwhile: they may have seen a part that we had not."""
        parts = Parts.of(self.parts.keys(school_prefix(la, urn)))
        registers: dict[int, bytes] = {}
        roll = Roll()
        for year in reversed(parts.years):  # the roll first: nobody finds none while it goes from one year to the next
            if year < since and year != parts.latest:
                break
            key = register_key(la, urn, year)
            snapshot = self.registers.get(key)
            onto = snapshot.body if snapshot else None
            text = None
            if year == parts.latest:
                text = carried(onto) if onto else None
                if text is None:
                    since = 0  # another year's register may carry it still
                roll, text = self._rolled(text, parts.roll)
            body = self._folded(onto, parts.marks.get(year, ()), text)
            if body != onto and not self.registers.replace(key, body, snapshot):
                return None
            registers[year] = body
        return SchoolRecord(la, urn, registers, roll, parts.names)

    def _folded(self, onto: bytes | None, keys: Sequence[str], roll: str | None) -> bytes:
        """A register onto which all of these parts are folded and no other, and which carries this roll."""
        have = set(folded_parts(onto)) if onto else set()
        if not have <= set(keys):  # an earlier copy of an upload turned up: fold anew
            onto, have = None, set()
        return fold(self._bodies(key for key in keys if key not in have), onto, roll).body

    def _rolled(self, text: str | None, keys: Sequence[str]) -> tuple[Roll, str]:
        """A roll into which all of these parts are folded and no other, and its text."""
        roll = Roll.unpacked(text) if text is not None else Roll()
        if not set(roll.parts) <= set(keys):
            roll, text = Roll(), None
        have = set(roll.parts)
        if missing := [key for key in keys if key not in have]:
            roll, text = roll.folded((key, kind_of(key), body) for key, body in self._bodies(missing)), None
        return roll, roll.packed() if text is None else text


def _as_it_stands(la: str, urn: str, registers: dict[int, bytes]) -> SchoolRecord:
    """A school by its registers; its roll is what the latest of them carries that carries one."""
    texts = (carried(body) for _, body in sorted(registers.items(), reverse=True))
    roll = next((Roll.unpacked(text) for text in texts if text is not None), Roll())
    parts = [*(part for body in registers.values() for part in folded_parts(body)), *roll.parts]
    return SchoolRecord(la, urn, registers, roll, tuple(sorted(parts)))


@dataclass(frozen=True)
class Parts:
    """The parts of a school that count: of its marks by academic year, and of its roll."""

    marks: Mapping[int, Sequence[str]]
    roll: Sequence[str]
    years: Sequence[int]
    """The academic years that have a register: those that have marks, and those in which rows of the roll came.

    Copies that do not count are among these, so that none is forgotten.
    """

    @classmethod
    def of(cls, keys: Iterable[str]) -> Parts:
        """Sort keys by what they are parts of; of copies of one upload the first received counts."""
        every = tuple(keys)
        marks: dict[int, list[str]] = {}
        roll: list[str] = []
        for place, names in standing_by_place(every).items():
            if place.endswith("/roll/"):
                roll = names
            else:
                marks[int(place.rsplit("year=", 1)[1].rstrip("/"))] = names
        came = (academic_year(london_day(named(key)[0])) for key in every if "/roll/" in key)
        return cls(marks, roll, sorted({*marks, *came}))

    @property
    def latest(self) -> int | None:
        """The academic year whose register carries the roll."""
        return max(self.years, default=None)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted([*(name for names in self.marks.values() for name in names), *self.roll]))


def standing_by_place(keys: Iterable[str]) -> dict[str, list[str]]:
    """The parts that count, by the folder they lie in (an academic year, or the roll)."""
    by_place: dict[str, list[str]] = {}
    for key in keys:
        place, _, _ = key.rpartition("/")
        by_place.setdefault(place + "/", []).append(key)
    return {place: list(standing(names)) for place, names in sorted(by_place.items())}


def kind_of(key: str) -> Kind:
    """The kind of a roll part, which its file name says: `{received}-{upload}.{kind}.parquet`."""
    named_kind = key.rsplit("/", 1)[1].split(".")[1]
    return next(kind for kind in KEYS if kind == named_kind)
