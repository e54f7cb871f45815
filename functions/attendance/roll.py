"""What is known of a school besides marks: pupils, parents, support, expected absences, calendar (design 4.1, 5.1).

The roll is folded like the register: rows with the same key replace each other by (extracted_at, upload, row), so any order and
any repetition of the same parts give the same roll. A row absent from a later file changes nothing; `withdrawn_on` ends one.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple, TypedDict

from backports import zstd
from pydantic_core import from_json

from attendance.engine import connect
from attendance.extracts import KEYS, Kind
from attendance.on_demand import OnDemand
from attendance.pieces import said
from attendance.sessions import HALVES, Session
from attendance.table import Row, Saved, Table
from attendance.text import json_line, london_day

KEY: Final = "roll"
"""Under this name the roll stands in the metadata of a register, that of the latest academic year."""

_NO_ADDRESS = frozenset({"nfa", "nofixedabode", "nofixedaddress"})
_YES = frozenset({"yes", "true", "y", "1"})
_ADDRESS = ("address_1", "address_2", "address_3", "address_4")
_BOTH = "both_sessions"  # marks a calendar row that was sent for the whole day


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _yes(text: str | None) -> bool:
    return text is not None and text.strip().lower() in _YES


class Pupil(NamedTuple):
    """A pupil as the school's admission register has them."""

    upn: str
    surname: str
    forename: str
    date_of_birth: date | None
    address: tuple[str, ...]
    postcode: str
    starting_day: date | None
    leaving_day: date | None
    deletion_ground: str | None
    year_group: str | None
    boarder: bool
    dual_registered_urn: str | None
    former_upn: str | None
    social_worker: bool
    youth_offending_worker: bool
    looked_after: bool
    sen: str
    address_protected: bool
    home_la: str | None

    @property
    def name(self) -> str:
        """Forename and surname as one line."""
        return f"{self.forename} {self.surname}".strip()

    def on_roll(self, day: date) -> bool:
        """Whether the pupil is on the roll that day: from the starting day to the leaving day (regs 8, 9)."""
        return (self.starting_day is None or self.starting_day <= day) and (
            self.leaving_day is None or day <= self.leaving_day
        )

    @classmethod
    def of(cls, row: Row) -> Pupil:
        """Read a row of the kind `pupils`."""
        said = row.get
        return cls(  # by place, not by name: a thousand are read with every file
            row["upn"] or "",
            said("surname") or "",
            said("forename") or "",
            _day(said("date_of_birth")),
            _address(row),
            said("postcode") or "",
            _day(said("starting_day")),
            _day(said("leaving_day")),
            said("deletion_ground"),
            said("year_group"),
            _yes(said("boarder")),
            said("dual_registered_urn"),
            said("former_upn"),
            _yes(said("social_worker")),
            _yes(said("youth_offending_worker")),
            _yes(said("looked_after")),
            said("sen") or "",
            _yes(said("address_protected")),
            said("home_la"),
        )


class Parent(NamedTuple):
    """A parent (EA 1996 s.576) as one school gives them for one pupil."""

    upn: str
    parent_id: str
    title: str
    forename: str
    surname: str
    relationship: str
    lives_with_pupil: bool
    address: tuple[str, ...]
    postcode: str
    date_of_birth: date | None
    email: str | None
    preferred_language: str | None
    address_protected: bool
    do_not_send: bool
    until: date | None

    @property
    def name(self) -> str:
        """Title, forename and surname as one line."""
        return " ".join(part for part in (self.title, self.forename, self.surname) if part)

    @property
    def has_address(self) -> bool:
        """Whether a letter can be addressed to this parent: a postcode, and lines that are an address (field.md E46)."""
        none = any(re.sub(r"[^a-z]", "", line.casefold()) in _NO_ADDRESS for line in self.address)
        return bool(self.address and self.postcode) and not none

    @classmethod
    def of(cls, row: Row) -> Parent:
        """Read a row of the kind `parents`."""
        return cls(
            upn=row["upn"] or "",
            parent_id=row["parent_id"] or "",
            title=row.get("title") or "",
            forename=row.get("forename") or "",
            surname=row.get("surname") or "",
            relationship=row.get("relationship") or "",
            lives_with_pupil=_yes(row.get("lives_with_pupil")),
            address=_address(row),
            postcode=row.get("postcode") or "",
            date_of_birth=_day(row.get("date_of_birth")),
            email=row.get("email"),
            preferred_language=row.get("preferred_language"),
            address_protected=_yes(row.get("address_protected")),
            do_not_send=_yes(row.get("do_not_send")),
            until=_day(row.get("until")),
        )


@dataclass(frozen=True)
class Support:
    """One step of support: what was offered, and what came of it."""

    upn: str
    day: date
    kind: str
    description: str
    outcome: str
    parent_id: str | None


@dataclass(frozen=True)
class Expected:
    """An absence expected through illness, with its evidence (the sickness return's second trigger)."""

    upn: str
    first: date
    until: date
    evidence: str
    known_on: date


def _address(row: Row) -> tuple[str, ...]:
    return tuple([line for column in _ADDRESS if (line := row.get(column))])


def _rank(row: Row) -> tuple[str, str, bool, int]:
    """The order in which rows replace each other; in one file a row for one session is nearer than one for both."""
    return row["extracted_at"] or "", row["upload"] or "", _BOTH not in row, int(row["row"] or 0)


class _Saved(TypedDict):
    """A roll as JSON."""

    parts: list[str]
    tables: dict[Kind, Saved]


def _key(kind: Kind, row: Row) -> tuple[str, ...]:
    return tuple([row.get(column) or "" for column in KEYS[kind]])


@dataclass(frozen=True)
class Roll:
    """The rows in force of each kind, in the order of their keys; a kind never sent is absent from `tables`."""

    parts: tuple[str, ...] = ()
    tables: Mapping[Kind, Table] = field(default_factory=dict)

    def live(self, kind: Kind) -> Table:
        """The rows of a kind that were not withdrawn as entered by mistake, in the order of their keys."""
        table = self.tables.get(kind) or Table.of(())
        return table.where([n for n, day in enumerate(table.column("withdrawn_on")) if not day])

    def sent(self, kind: Kind) -> bool:
        """Whether the school ever sent an extract of this kind."""
        return kind in self.tables

    @cached_property
    def _pupils(self) -> Table:
        return self.live("pupils")

    @cached_property
    def _parents(self) -> Table:
        return self.live("parents")

    @cached_property
    def pupils(self) -> Mapping[str, Pupil]:
        """The pupils by UPN."""
        places = {str(upn): n for n, upn in enumerate(self._pupils.column("upn"))}
        return OnDemand(places, lambda n: Pupil.of(self._pupils.row(n)))

    def said(self, column: str) -> Mapping[str, str]:
        """What a column says of each pupil of whom it says something, by UPN: asked of all of them before any is looked at."""
        return {upn: said for upn, said in zip(self.pupils, self._pupils.column(column), strict=True) if said}

    def flagged(self, column: str) -> set[str]:
        """The pupils of whom a column says yes."""
        return {upn for upn, said in self.said(column).items() if _yes(said)}

    def days(self, column: str) -> Mapping[str, date]:
        """What a column of days says of each pupil of whom it says something."""
        if column not in self._days:
            self._days[column] = {upn: date.fromisoformat(day) for upn, day in self.said(column).items()}
        return self._days[column]

    @cached_property
    def _days(self) -> dict[str, Mapping[str, date]]:
        return {}

    @cached_property
    def parents(self) -> Mapping[str, tuple[Parent, ...]]:
        """The parents of each UPN, by parent_id."""
        places: dict[str, list[int]] = {}
        for n, upn in enumerate(self._parents.column("upn")):
            places.setdefault(str(upn), []).append(n)
        return OnDemand(places, lambda those: tuple([Parent.of(self._parents.row(n)) for n in those]))

    @cached_property
    def support(self) -> Mapping[str, tuple[Support, ...]]:
        """The support of each UPN, oldest first."""
        found: dict[str, list[Support]] = {}
        for row in self.live("support").rows():
            day = _day(row["date"])
            if day is not None:
                step = Support(
                    str(row["upn"]),
                    day,
                    row.get("kind") or "",
                    row.get("description") or "",
                    row.get("outcome") or "",
                    row.get("parent_id"),
                )
                found.setdefault(step.upn, []).append(step)
        return {upn: tuple(sorted(steps, key=lambda s: (s.day, s.kind))) for upn, steps in found.items()}

    @cached_property
    def expected(self) -> Mapping[str, tuple[Expected, ...]]:
        """The absences expected of each UPN, oldest first."""
        found: dict[str, list[Expected]] = {}
        for row in self.live("absences_expected").rows():
            first, until = _day(row["from"]), _day(row["until"])
            if first is not None and until is not None:
                known_on = london_day(datetime.fromisoformat(str(row["received_at"])))
                expected = Expected(str(row["upn"]), first, until, row.get("evidence") or "", known_on)
                found.setdefault(expected.upn, []).append(expected)
        return {upn: tuple(sorted(rows, key=lambda e: e.first)) for upn, rows in found.items()}

    @cached_property
    def calendar(self) -> Mapping[Session, bool]:
        """Whether the school was open, for each session of which its calendar speaks."""
        days, halves, opens = (self.live("calendar").column(name) for name in ("date", "session", "open"))
        return {
            Session(date.fromisoformat(str(day)), str(half)): _yes(is_open)
            for day, half, is_open in zip(days, halves, opens, strict=True)
        }

    def folded(self, parts: Iterable[tuple[str, Kind, bytes]]) -> Roll:
        """This roll with parts (name, kind, Parquet) folded in."""
        names = set(self.parts)
        rows: dict[Kind, dict[tuple[str, ...], Row]] = {}
        for name, kind, body in parts:
            names.add(name)
            of_kind = rows.setdefault(kind, self._by_key(kind))
            for row in _read(body):
                for each in _both_halves(row) if kind == "calendar" else (row,):
                    key = _key(kind, each)
                    if key not in of_kind or _rank(of_kind[key]) < _rank(each):
                        of_kind[key] = each
        return Roll(tuple(sorted(names)), {**self.tables, **{kind: _in_order(each) for kind, each in rows.items()}})

    def _by_key(self, kind: Kind) -> dict[tuple[str, ...], Row]:
        return {_key(kind, row): row for row in self.tables[kind].rows()} if kind in self.tables else {}

    def dump(self) -> bytes:
        """The roll as JSON; the same parts give the same bytes."""
        return json_line({"parts": self.parts, "tables": {kind: table.saved for kind, table in self.tables.items()}})

    def packed(self) -> str:
        """What `dump` gives as text that a register can carry."""
        return base64.b64encode(zstd.compress(self.dump())).decode()

    @classmethod
    def unpacked(cls, text: str) -> Roll:
        """Read what `packed` wrote."""
        return cls.load(zstd.decompress(base64.b64decode(text)))

    @classmethod
    def load(cls, body: bytes) -> Roll:
        """Read what `dump` wrote."""
        saved: _Saved = from_json(body)
        return cls(tuple(saved["parts"]), {kind: Table(table) for kind, table in saved["tables"].items()})


def _in_order(rows: Mapping[tuple[str, ...], Row]) -> Table:
    return Table.of([rows[key] for key in sorted(rows)])


def carried(register: bytes) -> str | None:
    """The packed roll that a register carries; None if it carries none."""
    text = said(register, KEY)
    return None if text is None else text.decode()


def _both_halves(row: Row) -> Iterable[Row]:
    return [row] if row.get("session") else [{**row, "session": half, _BOTH: "yes"} for half in HALVES]


def _read(body: bytes) -> Sequence[Row]:
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        path = Path(folder, "part.parquet")
        path.write_bytes(body)
        found = con.execute(f"SELECT * FROM read_parquet('{path}')")
        columns = [column[0] for column in found.description or ()]
        return [
            {c: _as_text(v) for c, v in zip(columns, row, strict=True) if v is not None} for row in found.fetchall()
        ]


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


def continued(own: Roll, earlier: Sequence[Roll]) -> Roll:
    """A school's roll over those of the schools it took over from: their rows stand where it says nothing itself."""
    rows: dict[Kind, dict[tuple[str, ...], Row]] = {}
    for roll in (*earlier, own):
        for kind in roll.tables:
            rows.setdefault(kind, {}).update(roll._by_key(kind))
    return Roll(own.parts, {kind: _in_order(each) for kind, each in rows.items()})
