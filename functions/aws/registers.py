"""The registers and the roll of a school: every part folded in, snapshots replaced under a condition (design 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from attendance.register import fold, folded_parts, named, standing
from attendance.roll import Roll
from attendance.rows import KEYS, Kind
from aws.buckets import Bucket, Stored
from aws.keys import school_prefix, year_prefix

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
        names = standing_by_place(self.parts.keys(school_prefix(la, urn)))
        registers: dict[int, bytes] = {}
        roll = Roll()
        folded: list[str] = []
        for place, keys in names.items():
            folded += keys
            if place.endswith("/roll/"):
                roll = self._roll(place, keys)
            elif (year := int(place.rsplit("year=", 1)[1].rstrip("/"))) >= since:
                registers[year] = self._register(place, keys)
        return SchoolRecord(la, urn, registers, roll, tuple(folded))

    def read(self, la: str, urn: str) -> SchoolRecord:
        """The school's snapshots as they stand, without folding: what the checks against earlier extracts need."""
        registers: dict[int, bytes] = {}
        parts: list[str] = []
        roll = Roll()
        for key in self.registers.keys(school_prefix(la, urn)):
            stored = self.registers.get(key)
            if stored is None:
                continue
            if key.endswith("/roll/roll.json"):
                roll = Roll.load(stored.body)
                parts += roll.parts
            else:
                registers[int(key.rsplit("year=", 1)[1].split("/")[0])] = stored.body
                parts += folded_parts(stored.body)
        return SchoolRecord(la, urn, registers, roll, tuple(parts))

    def read_year(self, la: str, urn: str, year: int) -> tuple[bytes | None, bytes | None]:
        """The roll and the register of one academic year as they lie there: what the checks need of a file of no other."""
        roll = self.registers.get(f"{school_prefix(la, urn)}roll/roll.json")
        register = self.registers.get(f"{year_prefix(la, urn, year)}register.parquet")
        return roll.body if roll else None, register.body if register else None

    def roll(self, la: str, urn: str) -> Roll:
        """The school's roll as it stands, empty if it sent none: for the names of its pupils."""
        stored = self.registers.get(f"{school_prefix(la, urn)}roll/roll.json")
        return Roll.load(stored.body) if stored else Roll()

    def received(self, la: str, urn: str, by: datetime) -> dict[str, list[str]]:
        """The names of the parts received by a moment that count, by the folder they lie in."""
        return standing_by_place(key for key in self.parts.keys(school_prefix(la, urn)) if named(key)[0] <= by)

    def as_known(self, la: str, urn: str, known_at: datetime) -> SchoolRecord:
        """The school as known at a moment: the fold of the parts received by then (design 2, as-known T)."""
        names = self.received(la, urn, known_at)
        registers = {
            int(place.rsplit("year=", 1)[1].rstrip("/")): fold(self._bodies(keys)).body
            for place, keys in names.items()
            if not place.endswith("/roll/")
        }
        rolls = [keys for place, keys in names.items() if place.endswith("/roll/")]
        roll = Roll().folded((key, kind_of(key), body) for keys in rolls for key, body in self._bodies(keys))
        return SchoolRecord(la, urn, registers, roll, tuple(key for keys in names.values() for key in keys))

    def _bodies(self, keys: Iterable[str]) -> list[tuple[str, bytes]]:
        found = []
        for key in keys:
            part = self.parts.get(key)
            if part is None:
                raise RuntimeError(f"the part {key} is listed and cannot be read")
            found.append((key, part.body))
        return found

    def _register(self, place: str, keys: Sequence[str]) -> bytes:
        key = f"{place}register.parquet"
        for _ in range(TRIES):
            snapshot = self.registers.get(key)
            have = set(folded_parts(snapshot.body)) if snapshot else set()
            onto = snapshot if have <= set(keys) else None  # an earlier copy of an upload turned up: fold anew
            missing = [k for k in keys if onto is None or k not in have]
            if snapshot is not None and onto is not None and not missing:
                return snapshot.body
            body = fold(self._bodies(missing), onto.body if onto else None).body
            if self.registers.replace(key, body, snapshot):
                return body
            keys = self._again(place, keys)
        raise Contended(key)

    def _roll(self, place: str, keys: Sequence[str]) -> Roll:
        key = f"{place}roll.json"
        for _ in range(TRIES):
            snapshot: Stored | None = self.registers.get(key)
            roll = Roll.load(snapshot.body) if snapshot else Roll()
            if not set(roll.parts) <= set(keys):
                roll = Roll()
            missing = [k for k in keys if k not in set(roll.parts)]
            if snapshot is not None and roll.parts and not missing:
                return roll
            roll = roll.folded((k, kind_of(k), body) for k, body in self._bodies(missing))
            if self.registers.replace(key, roll.dump(), snapshot, "application/json"):
                return roll
            keys = self._again(place, keys)
        raise Contended(key)

    def _again(self, place: str, keys: Sequence[str]) -> Sequence[str]:
        """What is to be folded, after somebody else was first: they may have seen a part that we had not."""
        return standing_by_place(self.parts.keys(place)).get(place, keys)


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
