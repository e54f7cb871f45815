"""The register of a school for one academic year: the fold of its parts, in whatever order they arrive (design 4.1, 4.2).

Entries equal in all but provenance are one entry that keeps its least and its greatest provenance; the entry in force for a
pupil and session is the greatest by (recorded_at, else extracted_at; extracted_at; upload; row). Both are maxima over a set, so
folding is commutative, associative and idempotent, and the output is the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from attendance.entries import SCHEMA, TOLD, Entries, told_in
from attendance.grid import KEY, Grid, grid_in, packed
from attendance.pieces import joined, said, split
from attendance.roll import KEY as ROLL
from attendance.roll import carried
from attendance.text import canonical_json

_FOLDED: Final = "folded"
"""Under this a register says which parts it holds."""


def part_name(upload: str, received_at: datetime) -> str:
    """The file name of a part: it says when the upload was received, so that as-known T needs no reading."""
    return f"{received_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{upload}.parquet"


def named(name: str) -> tuple[datetime, str]:
    """(received_at, upload) of a part from its file name."""
    stamp, _, rest = name.rpartition("/")[2].partition("-")
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), rest.partition(".")[0]


def standing(names: Sequence[str]) -> tuple[str, ...]:
    """The parts that count: of one upload the first received (a copy processed first may have left a later one)."""
    first: dict[str, str] = {}
    for name in sorted(names):
        first.setdefault(named(name)[1], name)
    return tuple(sorted(first.values()))


def parts_sha256(names: Iterable[str]) -> str:
    """SHA-256 of the sorted names of parts, one a line.

    A part's name holds the SHA-256 of its upload and its moment of receipt, so this fixes the whole content.
    """
    return hashlib.sha256("".join(f"{name}\n" for name in sorted(set(names))).encode()).hexdigest()


@dataclass(frozen=True)
class Folded:
    """A register as Parquet bytes, and the names of the parts folded into it."""

    body: bytes
    parts: tuple[str, ...]


def folded_parts(body: bytes) -> tuple[str, ...]:
    """The names of the parts that a register holds."""
    names = said(body, _FOLDED)
    if names is None:
        raise ValueError("not a register: no list of folded parts in it")
    return tuple(name for name in names.decode().split(",") if name)


def fold(parts: Sequence[tuple[str, bytes]], onto: bytes | None = None, roll: str | None = None) -> Folded:
    """Fold parts (name, Parquet) into a register, or into a new one; any order and any repetition give the same bytes.

    A register is sorted by week, then by pupil, and a week is a piece of the file: only weeks that the parts speak of are read
    and written again, so that a day's file costs what a week does and not what a year does. It carries the packed `roll`
    given, or none; one of a year without marks has no rows.
    """
    folded = tuple(sorted({*(name for name, _ in parts), *(folded_parts(onto) if onto is not None else ())}))
    if onto is not None and not parts and roll == carried(onto):
        return Folded(onto, folded)
    weeks = split(onto) if onto is not None else {}
    grid = grid_in(onto) if onto is not None else None
    tables = [Entries.of_part(body) for _, body in parts]
    if onto is not None and weeks is None:
        tables.append(Entries.of_earlier_register(onto))
    weeks = weeks or {}
    if tables:
        touched = set().union(*(table.weeks for table in tables))
        tables += [Entries.of_week(piece) for name, piece in weeks.items() if name in touched]
        merged = Entries.united(tables).merged()
        weeks |= merged.by_week()
        grid = grid.overlaid(merged.grid()) if grid else merged.grid()
    says = {_FOLDED: ",".join(folded), KEY: packed(grid or Grid.empty())}
    if roll is not None:
        says[ROLL] = roll
    return Folded(joined(weeks, SCHEMA, says), folded)


@dataclass(frozen=True)
class Entry:
    """One entry of a register for a pupil and session; `code` None says that there is no mark."""

    date: date
    session: str
    code: str | None
    recorded_at: datetime | None
    recorded_by: str | None
    amendment_reason: str | None
    received_at: datetime
    """When it was first received, in the upload named."""
    upload: str
    in_force: bool


def entries_of(registers: Sequence[bytes], upn: str) -> list[Entry]:
    """Every entry of a pupil, superseded ones too, session by session in the order in which they replace each other."""
    entries = _in_order(registers, upn)
    sessions = [(each["date"], each["session"]) for each in entries]
    return [
        Entry(
            date=each["date"], session=each["session"], code=each["code"], recorded_at=each["recorded_at"],
            recorded_by=each["recorded_by"], amendment_reason=each["amendment_reason"],
            received_at=each["first_received_at"], upload=each["first_upload"], in_force=of != after,
        )
        for each, of, after in zip(entries, sessions, [*sessions[1:], None], strict=False)
    ]  # fmt: skip


def evidence(registers: Sequence[bytes], upn: str, sessions: Sequence[tuple[str, str]]) -> str:
    """The canonical text of all entries of a pupil for the given (ISO date, AM|PM): one JSON array a line, in total order.

    Superseded entries are in it: what was amended, by whom and why is part of the evidence.
    """
    wanted = set(sessions)
    entries = _in_order(registers, upn, {date.fromisoformat(day) for day, _ in wanted})
    lines = ([_text(entry[name]) for name in TOLD] for entry in entries)
    return "".join(canonical_json(line) + "\n" for line in lines if (line[1], line[2]) in wanted)


def _in_order(registers: Sequence[bytes], upn: str, days: Set[date] | None = None) -> list[dict[str, Any]]:
    """The entries of a pupil, of these days at least, over all the registers as if they were one: in total order.

    What two authorities received of one school has one rank: the earlier receipt comes first.
    """
    return sorted((entry for register in registers for entry in told_in(register, upn, days)), key=_rank)


def _rank(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    extracted_at = entry["extracted_at"]
    session = entry["date"], entry["session"], entry["recorded_at"] or extracted_at, extracted_at
    return (*session, entry["upload"], entry["row"], entry["received_at"])


def _text(value: object) -> str | int | None:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
