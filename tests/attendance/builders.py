"""Small builders of marks, rolls, views and facts, in a notation that a lawyer can read.

Sessions: `2025-10-06` is both sessions of a day, `2025-10-06/AM` one, `2025-10-06..2025-10-10` every Monday to Friday between.
Marks: `2025-10-06..2025-10-09 G; 2025-10-10/AM U`. Facts: `name=value name=value`, an underscore in a value being a space.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from attendance.extracts import KEYS, Kind
from attendance.marks import CODE_ORDER, Marks, at
from attendance.positions import Assessor, SchoolView
from attendance.roll import Roll
from attendance.sessions import HALVES, Session
from attendance.standing import Carried, Counted, MetAt, PupilHistory, Standing
from attendance.table import Row, Table

PUPIL, CLASSMATE = "B801200005001", "Q801200005002"
LA, URN = "886", "100001"
RECEIVED = "2024-09-01T18:00:00.000000Z"
_HALF_TERM = "2025-10-27..2025-10-31"
_ADDRESS = {"address_1": "1 Made-up Street", "postcode": "MU1 1AA"}


@cache
def sessions(text: str) -> tuple[Session, ...]:
    """The sessions that a text names, in order."""
    found = []
    for token in text.split():
        first, _, last = token.partition("..")
        if "/" in token:
            found.append(Session.parse(token))
            continue
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            if day.weekday() < 5 or not last:
                found += [Session(day, half) for half in HALVES]
            day += timedelta(days=1)
    return tuple(sorted(found))


def marked(text: str, default: str = "") -> dict[Session, str]:
    """The code of each session that a text names; a later piece corrects an earlier one."""
    found: dict[Session, str] = {}
    for piece in filter(None, (each.strip() for each in text.split(";"))):
        *named, last = piece.split()
        code = last if last in CODE_ORDER or last == "-" else default
        found |= dict.fromkeys(sessions(" ".join(named if code == last else [*named, last])), code)
    return found


def facts(text: str) -> dict[str, str]:
    """`name=value` pairs."""
    pairs = (token.partition("=") for token in text.split())
    return {name: value.replace("_", " ") if name in {"reason", "description"} else value for name, _, value in pairs}


def present(session: Session) -> str:
    """The code of a pupil who is there."""
    return "/" if session.half == "AM" else "\\"


def marks_of(by_pupil: Mapping[str, Mapping[Session, str]]) -> Marks:
    """The marks in force, as `read_marks` gives them."""
    upns = tuple(sorted(upn for upn, marks in by_pupil.items() if marks))
    rows = sorted(
        (n, at(session), CODE_ORDER.index(code))
        for n, upn in enumerate(upns)
        for session, code in by_pupil[upn].items()
    )
    pupil, moment, code = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Marks.of(upns, pupil.astype(np.int32), moment.astype(np.int32), code.astype(np.int8))


def roll_of(**kinds: Sequence[Row]) -> Roll:
    """A roll with these rows of each kind; a kind left out was never sent."""
    provenance = {"extracted_at": RECEIVED, "received_at": RECEIVED, "upload": "0" * 64}
    tables: dict[Kind, Table] = {}
    for kind in KEYS:
        if kind in kinds:
            rows: list[Row] = [{**provenance, "row": str(n), **row} for n, row in enumerate(kinds[kind], start=2)]
            in_order = {tuple(row.get(column) or "" for column in KEYS[kind]): row for row in rows}
            tables[kind] = Table.of([in_order[key] for key in sorted(in_order)])
    return Roll((), tables)


def pupil_row(upn: str = PUPIL, **changed: str | None) -> Row:
    """A pupil of compulsory school age, on roll since 2020."""
    return {
        "upn": upn, "surname": "Madeup", "forename": "Sam", "date_of_birth": "2014-05-05", "starting_day": "2020-09-01",
        "year_group": "6", **_ADDRESS, **changed,
    }  # fmt: skip


def parent_row(parent_id: str = "p1", upn: str = PUPIL, **changed: str | None) -> Row:
    """A parent with an address and a forename of their own."""
    forename = {"p1": "Ann", "p2": "Ben"}.get(parent_id, parent_id)
    return {
        "upn": upn, "parent_id": parent_id, "surname": "Madeup", "forename": forename, "relationship": "parent",
        "lives_with_pupil": "yes", **_ADDRESS, **changed,
    }  # fmt: skip


def support_row(day: str, outcome: str, kind: str = "meeting", parent_id: str | None = None) -> Row:
    """A step of support."""
    return {
        "upn": PUPIL, "date": day, "kind": kind, "outcome": outcome, "description": "Made up", "parent_id": parent_id,
    }  # fmt: skip


def calendar_rows(text: str) -> list[Row]:
    """Calendar rows from `2025-10-27..2025-10-31 no; 2025-11-03 yes`."""
    rows: list[Row] = []
    for piece in filter(None, (each.strip() for each in text.split(";"))):
        *named, is_open = piece.split()
        rows += [{"date": s.day.isoformat(), "session": s.half, "open": is_open} for s in sessions(" ".join(named))]
    return rows


def expected_rows(text: str) -> list[Row]:
    """Rows of expected absences from `2025-09-08 2025-10-03 known=2025-09-10 evidence=letter`."""
    rows: list[Row] = []
    for piece in filter(None, text.split("; ")):
        first, until, *rest = piece.split()
        told = facts(" ".join(rest))
        received = f"{told['known']}T17:00:00.000000Z"
        rows.append(
            {"upn": PUPIL, "from": first, "until": until, "evidence": told["evidence"], "received_at": received}
        )
    return rows


def support_rows(text: str) -> list[Row]:
    """Support rows from `2025-10-13 declined; 2025-10-20 ongoing p2`."""
    pieces = (each.split() for each in text.split(";") if each.strip())
    return [support_row(day, outcome, parent_id=who[0] if who else None) for day, outcome, *who in pieces]


@dataclass(frozen=True)
class School:
    """A school of one pupil and classmates who never miss a session: what it held, what it was closed for, its roll."""

    open: str = "2025-09-01..2025-12-19"
    closed: str = _HALF_TERM
    calendar: str = ""
    framework: bool = True
    pupil: Mapping[str, str | None] = field(default_factory=dict)
    parents: tuple[Row, ...] = (parent_row("p1"), parent_row("p2"))
    support: tuple[Row, ...] = ()
    expected: tuple[Row, ...] = ()
    classmates: int = 1
    unknown: bool = False
    """The roll holds the classmates but not the pupil."""
    has_settings: bool = True

    def marks(self, of_pupil: Mapping[Session, str], until: date) -> Marks:
        """Everyone's marks to the end of a day: the pupil is present wherever nothing else is said."""
        closed = {s: code for s, code in marked(self.closed, "#").items() if s.day <= until}
        held = [s for s in sessions(self.open) if s.day <= until and s not in closed]
        usual = {s: present(s) for s in held} | closed
        own = usual | {s: code for s, code in of_pupil.items() if s.day <= until}
        others = {f"{CLASSMATE[:-2]}{n:02}": usual for n in range(self.classmates)}
        return marks_of({PUPIL: {s: code for s, code in own.items() if code != "-"}, **others})

    def roll(self) -> Roll:
        """The roll: what is said of the pupil, and the classmates."""
        others = [pupil_row(f"{CLASSMATE[:-2]}{n:02}", surname="Other") for n in range(self.classmates)]
        kinds: dict[str, Sequence[Row]] = {
            "pupils": [*([] if self.unknown else [pupil_row(**self.pupil)]), *others],
            "parents": self.parents, "support": self.support, "absences_expected": self.expected,
            "calendar": calendar_rows(self.calendar),
        }  # fmt: skip
        return roll_of(**{kind: rows for kind, rows in kinds.items() if rows})

    def view(
        self,
        of_pupil: Mapping[Session, str],
        until: date,
        history: PupilHistory | None = None,
        carried: Sequence[Carried] = (),
    ) -> SchoolView:
        """What positions are computed from, as known at the end of a day."""
        return SchoolView(
            urn=URN, la=LA, in_framework=self.framework, marks=self.marks(of_pupil, until), roll=self.roll(),
            has_settings=self.has_settings, history={PUPIL: history} if history else {}, carried={PUPIL: tuple(carried)},
        )  # fmt: skip

    def standing(self, marks: str, as_at: date, **known: object) -> Standing:
        """How the pupil stands."""
        return Assessor(self.view(marked(marks), as_at, **known), as_at).standing(PUPIL)  # type: ignore[arg-type]


def school_of(case: Mapping[str, str]) -> School:
    """The school that a row of a table describes; a blank cell is the usual."""
    given: dict[str, object] = {key: case[key] for key in ("open", "closed", "calendar") if case.get(key)}
    if case.get("closed") == "none":
        given["closed"] = ""
    if text := case.get("support"):
        given["support"] = tuple(support_rows(text))
    if text := case.get("expected_absences"):
        given["expected"] = tuple(expected_rows(text))
    said = facts(case.get("school") or "")
    if "framework" in said:
        given["framework"] = said.pop("framework") == "yes"
    if "classmates" in said:
        given["classmates"] = int(said.pop("classmates"))
    if said.pop("pupil", None) == "unknown":
        given["unknown"] = True
    if said.pop("settings", None) == "missing":
        given["has_settings"] = False
    given["pupil"] = {name: value or None for name, value in said.items()}
    if text := case.get("parents"):
        each = (piece.split(maxsplit=1) for piece in text.split(";"))
        given["parents"] = tuple(
            parent_row(name, **{key: value or None for key, value in facts(rest[0] if rest else "").items()})
            for name, *rest in each
            if name != "none"
        )
    return School(**given)  # type: ignore[arg-type]


def counted(text: str, urn: str = URN) -> tuple[Counted, ...]:
    """Countable sessions of a school."""
    return tuple(Counted(session, code, urn) for session, code in sorted(marked(text).items()))


def said(value: object) -> str:
    """A value as a table writes it."""
    if value is None or value in ((), [], ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Session):
        return str(value)
    if isinstance(value, MetAt):
        return f"{value.date}/{value.session}"
    if isinstance(value, tuple | list):
        return ",".join(map(said, value))
    return str(value)


def moment(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def parquet(columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> bytes:
    """Parquet bytes of rows with these columns (name to DuckDB type), in the order given."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        con.execute(f"CREATE TABLE part ({', '.join(f'"{name}" {kind}' for name, kind in columns.items())})")
        every = [list(row) for row in rows]
        if every:
            con.executemany(f"INSERT INTO part VALUES ({', '.join('?' * len(columns))})", every)
        path = Path(folder, "part.parquet")
        con.execute(f"COPY part TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


def rows_of(body: bytes) -> list[dict[str, object]]:
    """The rows of Parquet bytes."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        path = Path(folder, "part.parquet")
        path.write_bytes(body)
        found = con.execute(f"SELECT * FROM read_parquet('{path}')")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
