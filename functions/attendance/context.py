"""What a row looks like beside what else the school sent: roll, calendar, earlier marks (the warnings of design 5.2).

The same checks serve one file as it arrives and, at the end of a run, all parts of a school at once. A check whose extract the
school never sent is not made. Nothing here decides what becomes of a row.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property, lru_cache
from itertools import compress, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance.ages import compulsory_from, compulsory_until
from attendance.codes import SHOWS_SESSION_HELD
from attendance.columns import Coded, Which, among, combined, different, same_of_each, stand_again
from attendance.engine import connect
from attendance.entries import Entries as RegisterEntries
from attendance.found import Found
from attendance.grid import Grid, grid_in
from attendance.law import FEW_SESSIONS, N_DAYS
from attendance.marks import CODE_ORDER, EPOCH, PLACE_OF, SHOWS_HELD, at, session_of
from attendance.roll import Roll
from attendance.rowchecks import NO_MARK, NO_TIME, Rows
from attendance.sessions import HALVES, Session
from attendance.sql import day_sql, texts_sql
from attendance.table import Table

if TYPE_CHECKING:
    import duckdb

CONTEXT_CODES: Final = frozenset(
    [
        "PUPIL_UNKNOWN",
        "NOT_ON_ROLL",
        "CODE_AGAINST_AGE",
        "CODE_NEEDS_FLAG",
        "AMENDED_WITHOUT_REASON",
        "DAY_CLOSED",
        "CLOSURE_MIXED",
        "N_OVERDUE",
        "DUAL_CONFLICT",
        "SESSION_HELD_BY_FEW",
        "CALENDAR_MISSING",
    ]
)
"""What is found here: the codes of which `recheck` counts afresh."""


@dataclass(frozen=True)
class Known:
    """What else is known of a school: its pupils and its calendar, the rows in force (None: never sent), and its registers.

    `registers`: Parquet, one an academic year, with every entry ever received.
    """

    pupils: Table | None = None
    calendar: Table | None = None
    registers: Sequence[bytes] = ()

    @classmethod
    def of(cls, roll: Roll, registers: Sequence[bytes]) -> Known:
        """What a roll says, beside registers."""
        return cls(
            roll.live("pupils") if roll.sent("pupils") else None,
            roll.live("calendar") if roll.sent("calendar") else None,
            registers,
        )


# --- Entries --------------------------------------------------------------------------------------------------------------

type Flags = NDArray[np.bool_]
type Indices = NDArray[np.intp]

_NO_MARK: Final = -1
"""The code index of an entry that says that there is no mark."""


@dataclass(frozen=True)
class Entries:
    """Entries of one school; `code` indexes CODE_ORDER, `at` is as in `attendance.marks`, times are microseconds since 1970."""

    upns: tuple[str, ...]
    uploads: tuple[str, ...]
    """In the order of their text."""
    pupil: Which
    at: NDArray[np.int32]
    code: NDArray[np.int8]
    has_reason: Flags
    ranked_at: NDArray[np.int64]
    extracted_at: NDArray[np.int64]
    upload: NDArray[np.int32]
    row: NDArray[np.int64]
    once: bool = False
    """Whether it is known that each is of a pupil and a session of its own."""

    def __len__(self) -> int:
        return len(self.row)

    @property
    def first(self) -> int:
        """The first session of any."""
        return int(self.at.min()) if len(self) else 0

    def and_more(self, more: Entries) -> Entries:
        """These entries, then others."""
        upns = tuple(dict.fromkeys((*self.upns, *more.upns)))
        uploads = tuple(sorted({*self.uploads, *more.uploads}))

        def renamed(old: Sequence[str], new: Sequence[str], which: Which) -> NDArray[np.int32]:
            place = {name: n for n, name in enumerate(new)}
            return np.array([place[name] for name in old], np.int32)[which]

        def both(mine: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate((mine, others))

        return Entries(
            upns,
            uploads,
            both(renamed(self.upns, upns, self.pupil), renamed(more.upns, upns, more.pupil)),
            both(self.at, more.at),
            both(self.code, more.code),
            both(self.has_reason, more.has_reason),
            both(self.ranked_at, more.ranked_at),
            both(self.extracted_at, more.extracted_at),
            both(renamed(self.uploads, uploads, self.upload), renamed(more.uploads, uploads, more.upload)),
            both(self.row, more.row),
        )


def _of_rows(rows: Rows, upload: str) -> Entries:
    """The entries that accepted rows of an extract say."""
    columns = rows.columns
    extracted_at, recorded_at = columns["extracted_at"].times(), columns["recorded_at"].times()
    is_afternoon = columns["session"].each(HALVES.index, np.int32)
    return Entries(
        upns=tuple(columns["upn"].values),
        uploads=(upload,),
        pupil=columns["upn"].which,
        at=columns["date"].each(lambda each: at(Session(each, HALVES[0])), np.int32) + is_afternoon,
        code=columns["code"].each(lambda each: PLACE_OF.get(each, _NO_MARK), np.int8),
        has_reason=columns["amendment_reason"].each(lambda each: each is not None, np.bool_),
        ranked_at=np.where(recorded_at == NO_TIME, extracted_at, recorded_at),
        extracted_at=extracted_at,
        upload=np.zeros(len(rows), np.int32),
        row=rows.row,
        once=rows.once,
    )


_AT: Final = "((date - DATE '1970-01-01') * 2 + (session = 'PM')::INT)::INT"


def _take(con: duckdb.DuckDBPyConnection, files: str, sessions: NDArray[np.int32] | None = None) -> None:
    """Take the entries in parts or registers (SQL list of paths) as table `entry`, of these sessions or all."""
    wanted = ""
    if sessions is not None:
        first, last = (session_of(int(each)).day for each in (sessions.min(), sessions.max()))
        wanted = (
            f"WHERE date BETWEEN {day_sql(first)} AND {day_sql(last)} "
            f"AND {_AT} IN ({', '.join(map(str, sessions.tolist()))})"
        )
    con.execute(f"CREATE TEMP TABLE entry AS SELECT * FROM read_parquet({files}) {wanted}")


def _taken(con: duckdb.DuckDBPyConnection) -> Entries:
    """The entries of table `entry`."""
    named = {}
    for name in ("upn", "upload"):
        con.execute(
            f"CREATE TEMP TABLE named_{name} AS SELECT {name}, (row_number() OVER (ORDER BY {name}) - 1)::INT AS n "
            f"FROM (SELECT DISTINCT {name} FROM entry)"
        )
        named[name] = tuple(each for (each,) in con.execute(f"SELECT {name} FROM named_{name} ORDER BY n").fetchall())
    arrays = con.execute(
        f"""SELECT named_upn.n AS pupil, {_AT} AS at, amendment_reason IS NOT NULL AS has_reason,
            coalesce(list_position({texts_sql(CODE_ORDER)}, code) - 1, {_NO_MARK})::TINYINT AS code,
            epoch_us(coalesce(recorded_at, extracted_at)) AS ranked_at, epoch_us(extracted_at) AS extracted_at,
            named_upload.n AS upload, row
        FROM entry JOIN named_upn USING (upn) JOIN named_upload USING (upload)"""
    ).fetchnumpy()
    each: dict[str, Any] = {name: np.asarray(values) for name, values in arrays.items()}
    return Entries(named["upn"], named["upload"], **each)


# --- The doors ------------------------------------------------------------------------------------------------------------


def recheck(parts: Sequence[bytes], known: Known, as_at: date, urn: str) -> dict[str, dict[str, int]]:
    """Count the findings of CONTEXT_CODES in all attendance parts of a school, by upload and code, as they stand now.

    The parts hold every entry, so `known.registers` is not asked. An upload without a finding is not in the answer.
    """
    if not parts:
        return {}
    with tempfile.TemporaryDirectory() as name, connect() as con:
        _take(con, _written(parts, Path(name), "part"))
        entries = _taken(con)
    counts: dict[str, Counter[str]] = {}
    for seen in _look(entries, np.ones(len(entries), np.bool_), known, as_at, urn, ()):
        for upload in entries.upload[seen.which].tolist():
            counts.setdefault(entries.uploads[upload], Counter())[seen.code] += 1
    if known.calendar is None:
        for upload in entries.uploads:
            counts.setdefault(upload, Counter())["CALENDAR_MISSING"] = 1
    return {upload: dict(sorted(each.items())) for upload, each in sorted(counts.items())}


def find_in_context(
    rows: Rows,
    parts: Sequence[bytes],
    upload: str,
    known: Known,
    as_at: date,
    urn: str | None,
    found: Found,
) -> tuple[int, int]:
    """Add what is found of one file's rows beside all else; as-at says which N is overdue. `parts`: the same rows as Parquet.

    Gives how many rows say what the registers say already, and how many change a mark in them.
    """
    entries = _of_rows(rows, upload)
    grids = [_grid(body) for body in known.registers]
    sessions = different(entries.at) if grids else entries.at[:0]
    speak_of_them = [among(sessions, grid.sessions).any() for grid in grids]
    if not any(speak_of_them):  # as of a day's file when it first comes
        _find(entries, len(entries), known, as_at, urn, grids, found)
        return 0, 0
    with tempfile.TemporaryDirectory() as name, connect() as con:
        _take(con, _written([*compress(known.registers, speak_of_them)], Path(name), "register"), sessions)
        _find(entries.and_more(_taken(con)), len(entries), known, as_at, urn, grids, found)
        return _compared(con, _written(parts, Path(name), "part"))


def _grid(register: bytes) -> Grid:
    """What is in force in a register, made from its rows where it was folded without a grid."""
    return grid_in(register) or RegisterEntries.of_earlier_register(register).merged().grid()


def _find(
    entries: Entries,
    mine: int,
    known: Known,
    as_at: date,
    urn: str | None,
    grids: Sequence[Grid],
    found: Found,
) -> None:
    """Add what is found of the first so many entries."""
    for seen in _look(entries, np.arange(len(entries)) < mine, known, as_at, urn, grids):
        found.add(seen.code, seen.field, entries.row[seen.which], seen.value, seen.detail)


_CONTENT: Final = ("code", "minutes_late", "note", "recorded_at", "recorded_by", "amendment_reason")


def _compared(con: duckdb.DuckDBPyConnection, parts: str) -> tuple[int, int]:
    """How many rows of parts (an SQL list of paths) say what the entries read say already, and how many change a mark in them."""
    row = con.execute(
        f"""SELECT count(*) FILTER (same), count(*) FILTER (NOT same AND new_at > old_at) FROM (
            SELECT ({", ".join(f"n.{name}" for name in _CONTENT)}) IS NOT DISTINCT FROM
                   ({", ".join(f"o.{name}" for name in _CONTENT)}) AS same,
                {_rank("n")} AS new_at, {_rank("o")} AS old_at
            FROM read_parquet({parts}) n JOIN (FROM entry WHERE in_force) o USING (upn, date, session))"""
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _rank(of: str) -> str:
    """The total order of entries (design 4.2) as one comparable value."""
    return f"(coalesce({of}.recorded_at, {of}.extracted_at), {of}.extracted_at, {of}.upload, {of}.row)"


def _written(bodies: Sequence[bytes], folder: Path, stem: str) -> str:
    """Write Parquet bytes to files, and give the SQL list of their paths."""
    paths = [folder / f"{stem}-{n}.parquet" for n in range(len(bodies))]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    return texts_sql([str(path) for path in paths])


# --- The checks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    """Entries of which the same is found."""

    code: str
    field: str
    which: Indices
    value: Coded | None = None
    detail: Coded | None = None


def _look(
    entries: Entries,
    mine: Flags,
    known: Known,
    as_at: date,
    urn: str | None,
    grids: Sequence[Grid],
) -> Iterator[_Seen]:
    """Whatever is found of the entries that are mine; the grids say on which days else the school met."""
    calendar = _calendar(known.calendar) if known.calendar else {}
    in_force, before = _in_order(entries)
    held = _Held.of(entries, in_force, calendar)
    yield from _amended(entries, mine, before)
    yield from _closure_mixed(entries, mine & in_force, held)
    yield from _n_overdue(entries, mine & in_force, held, calendar, as_at, grids)
    if known.pupils is not None:
        roll = _Roll.of(known.pupils)
        pupils = roll.pupils(entries.upns)
        yield from _on_roll(entries, mine, pupils)
        yield from _held_by_few(entries, mine & in_force, held, roll, as_at)
        if urn is not None:
            dual = (mine & _coded(entries, "D")).nonzero()[0]
            asked, of = _different_pupils(entries.pupil[dual], len(pupils.at))
            here = np.array([each == urn for each in pupils.each(asked, "dual_registered_urn")], np.bool_)
            yield _seen(entries, "DUAL_CONFLICT", "code", dual[here[of]])
    if known.calendar is not None:
        closed = _in_sessions(entries, held, held.is_closed)
        yield _seen(entries, "DAY_CLOSED", "date", (mine & closed & _shows_held(entries)).nonzero()[0])


def _seen(entries: Entries, code: str, field: str, which: Indices, detail: Coded | None = None) -> _Seen:
    """What is found of some entries, with the value of the field it is found in."""
    if not len(which):  # mostly
        return _Seen(code, field, which)
    match field:
        case "upn":
            value = Coded(entries.upns, entries.pupil[which])
        case "date":
            days, of = np.unique(entries.at[which] // 2, return_inverse=True)
            value = Coded([str(session_of(2 * day).day) for day in days.tolist()], of.astype(np.int32))
        case _:
            value = Coded((*CODE_ORDER, NO_MARK), entries.code[which].astype(np.int32))
    return _Seen(code, field, which, value, detail)


@cache
def _codes(*codes: str) -> Flags:
    """Which of the codes, and last no mark, are these: to be asked by the `code` of entries."""
    return np.array([code in codes for code in (*CODE_ORDER, NO_MARK)], np.bool_)


def _coded(entries: Entries, *codes: str) -> Flags:
    """Which entries have one of these codes: compared with each, which takes a tenth of looking every entry's up."""
    found = np.zeros(len(entries), np.bool_)
    for code in codes:
        found |= entries.code == (_NO_MARK if code == NO_MARK else PLACE_OF[code])
    return found


def _shows_held(entries: Entries) -> Flags:
    return SHOWS_HELD.take(entries.code)


def _of_pupils(entries: Entries, flags: Flags) -> Flags:
    """Which entries are of pupils (an index into `upns`) of whom it is so."""
    return flags.take(entries.pupil) if flags.any() else np.zeros(len(entries), np.bool_)


def _in_sessions(entries: Entries, held: _Held, flags: Flags) -> Flags:
    """Which entries are of sessions of which it is so."""
    return flags.take(entries.at - held.first) if flags.any() else np.zeros(len(entries), np.bool_)


def _in_order(entries: Entries) -> tuple[Flags, NDArray[np.int8] | None]:
    """Which entries are in force for their pupil and session, and the code that each replaced; None where none replaces any."""
    in_force = np.ones(len(entries), np.bool_)
    if entries.once:
        return in_force, None
    key = combined([entries.pupil, entries.at - entries.first])
    met = stand_again(key).nonzero()[0]
    if not len(met):
        return in_force, None
    rank = (entries.row[met], entries.upload[met], entries.extracted_at[met], entries.ranked_at[met], key[met])
    met = met[np.lexsort(rank)]
    same = key[met][1:] == key[met][:-1]
    in_force[met[:-1][same]] = False
    before = np.full(len(entries), _NO_MARK, np.int8)
    before[met[1:][same]] = entries.code[met[:-1][same]]
    return in_force, before


def _amended(entries: Entries, mine: Flags, before: NDArray[np.int8] | None) -> Iterator[_Seen]:
    if before is None:
        return
    where = mine & ~entries.has_reason & (before != entries.code) & (before != _NO_MARK)
    was = Coded([f"was {code}" for code in CODE_ORDER], before.astype(np.int32)).of(where)
    yield _Seen("AMENDED_WITHOUT_REASON", "amendment_reason", where.nonzero()[0], None, was)


@dataclass(frozen=True)
class _Held:
    """What the marks in force and the calendar say of each session from the first to the last; marks are counted if asked for."""

    first: int
    at: NDArray[np.int32]
    code: NDArray[np.int8]
    """Of the entries in force."""
    is_open: Flags
    is_closed: Flags
    """By the calendar."""

    @staticmethod
    def of(entries: Entries, in_force: Flags, calendar: Mapping[int, bool]) -> _Held:
        first = entries.first
        at, code = (entries.at, entries.code) if in_force.all() else (entries.at[in_force], entries.code[in_force])
        opens = [calendar.get(session) for session in range(first, int(entries.at.max(initial=first)) + 1)]
        is_open, is_closed = (np.array([each is so for each in opens], np.bool_) for so in (True, False))
        return _Held(first, at, code, is_open, is_closed)

    @cached_property
    def shown(self) -> NDArray[np.intp]:
        """Marks that show that the session was held."""
        return self._marks @ SHOWS_HELD[:-1]

    @cached_property
    def closed(self) -> NDArray[np.intp]:
        """Marks that say that the school was closed."""
        return self._marks @ _codes("#")[:-1]

    @cached_property
    def otherwise(self) -> NDArray[np.intp]:
        """Marks that say another thing of a pupil on the roll."""
        return self._marks @ ~_codes("#", "Z")[:-1]

    @cached_property
    def _marks(self) -> NDArray[np.intp]:
        """How many have each code, by session."""
        sessions, codes = len(self.is_open), len(SHOWS_HELD)
        each = np.bincount((self.at - self.first) * codes + (self.code + np.int8(1)), minlength=sessions * codes)
        return each.reshape(sessions, codes)[:, 1:]  # but for no mark, which is -1

    @property
    def is_held(self) -> Flags:
        """The calendar decides where it speaks, elsewhere the marks."""
        return self.is_open | (~self.is_closed & (self.shown > 0))


def _each_session_once(entries: Entries, where: Flags) -> Indices:
    """Of the entries of an upload about one session that with the lowest row."""
    which = where.nonzero()[0]
    if not len(which):
        return which
    which = which[np.argsort(entries.row[which], kind="stable")]
    key = combined([entries.upload[which], entries.at[which] - entries.first])
    return which[np.unique(key, return_index=True)[1]]


def _closure_mixed(entries: Entries, mine: Flags, held: _Held) -> Iterator[_Seen]:
    closures = mine & _coded(entries, "#")
    if not closures.any():
        return
    mixed = (held.closed > 0) & (held.otherwise > 0)
    which = _each_session_once(entries, closures & _in_sessions(entries, held, mixed))
    counts = [(held.closed[n], held.otherwise[n]) for n in (entries.at[which] - held.first).tolist()]
    detail = _each(f"{closed} with #, {otherwise} with another" for closed, otherwise in counts)
    yield _Seen("CLOSURE_MIXED", "code", which, Coded.same("#", len(which)), detail)


def _each(values: Iterator[str]) -> Coded:
    every = tuple(values)
    return Coded(every, np.arange(len(every), dtype=np.int32))


def _n_overdue(
    entries: Entries, mine: Flags, held: _Held, calendar: Mapping[int, bool], as_at: date, grids: Sequence[Grid],
) -> Iterator[_Seen]:  # fmt: skip
    """N in force with more school days after it, up to as-at, than there are to establish the reason."""
    last = (as_at - EPOCH).days
    which = (mine & _coded(entries, "N")).nonzero()[0]
    which = which[last - entries.at[which] // 2 > N_DAYS.latest]  # there are no more school days than days
    if not len(which):
        return
    days = {n // 2 for n in (held.is_held.nonzero()[0] + held.first).tolist()}
    days |= {session // 2 for session, opens in calendar.items() if opens}
    days |= {n // 2 for grid in grids for n in _held_in(grid)}
    days -= {n // 2 for n, opens in calendar.items() if not opens and calendar.get(n ^ 1) is False}
    school_days = np.array(sorted(day for day in days if day <= last), np.int64)
    after = len(school_days) - np.searchsorted(school_days, entries.at[which] // 2, side="right")
    which = which[after > N_DAYS.latest]
    yield _Seen("N_OVERDUE", "code", which, Coded.same("N", len(which)), Coded.same(str(N_DAYS.latest), len(which)))


def _held_in(grid: Grid) -> list[int]:
    """The sessions that the marks in a grid show to have been held."""
    shows = np.array([False, *(code in SHOWS_SESSION_HELD for code in grid.codes)], np.bool_)
    held: list[int] = grid.sessions[shows[grid.cells].any(axis=0)].tolist()
    return held


# --- The calendar and the roll --------------------------------------------------------------------------------------------


def _calendar(table: Table) -> dict[int, bool]:
    """Whether the school is open, by session, where the calendar speaks; a row for one session is nearer than one for both."""
    days, halves, opens = (table.column(name) for name in ("date", "session", "open"))
    of_days: dict[int, bool] = {}
    of_halves: dict[int, bool] = {}
    for day, half, is_open in zip(days, halves, opens, strict=True):
        if day:
            first, yes = 2 * _number(day), is_open == "yes"
            if half:
                of_halves[first + HALVES.index(half)] = yes
            else:
                of_days[first] = of_days[first + 1] = yes
    return of_days | of_halves


_LONG_AGO: Final = -1_000_000
_FAR_AHEAD: Final = 1_000_000
"""Days since 1970 before and after any in a register."""

type _Days = NDArray[np.int32]
"""Days since 1970."""


@lru_cache(maxsize=1024)  # schools have the days of their calendars in common
def _number(day: str) -> int:
    return (date.fromisoformat(day) - EPOCH).days


def _days(texts: Sequence[str | None], otherwise: int, of: Callable[[date], date] = lambda day: day) -> _Days:
    """What is made of days, each different one once; of none another number."""
    number = {text: (of(date.fromisoformat(text)) - EPOCH).days if text else otherwise for text in set(texts)}
    if len(number) == 1:  # as of leaving days where nobody left
        return same_of_each(np.int32(*number.values()), len(texts))
    return np.fromiter(map(number.__getitem__, texts), np.int32, len(texts))


@dataclass(frozen=True)
class _Roll:
    """The pupils on the roll, and after the last of them nobody."""

    table: Table
    starts: _Days
    leaves: _Days
    place: Mapping[str | None, int]
    """Of each UPN, a former UPN too."""

    @staticmethod
    def of(pupils: Table) -> _Roll:
        starts = _days([*pupils.column("starting_day"), None], _LONG_AGO)
        leaves = _days([*pupils.column("leaving_day"), None], _FAR_AHEAD)
        upns, former = pupils.column("upn"), pupils.column("former_upn")
        if any(former):
            pairs = enumerate(zip(former, upns, strict=True))
            place: dict[str | None, int] = {upn: n for n, both in pairs for upn in both if upn}
        else:
            place = dict(zip(upns, range(len(upns)), strict=True))
        return _Roll(pupils, starts, leaves, place)

    def pupils(self, upns: Sequence[str]) -> _Pupils:
        """The pupils with these UPNs."""
        nobody = len(self.table)
        place = self.place
        at = np.fromiter(map(place.get, upns, repeat(nobody)), np.int32, len(upns))
        return _Pupils(self.table, at, at != nobody, self.starts[at], self.leaves[at])


@dataclass(frozen=True)
class _Pupils:
    """What the checks ask of pupils."""

    table: Table
    """Of the roll."""
    at: NDArray[np.int32]
    """The row of each pupil."""
    known: Flags
    starts: _Days
    leaves: _Days

    def each(self, pupils: NDArray[np.integer[Any]], column: str) -> list[str | None]:
        """What the roll says of some of the pupils; None of nobody."""
        said = [*self.table.column(column), None]
        return [said[n] for n in self.at[pupils].tolist()]


def _on_roll(entries: Entries, mine: Flags, pupils: _Pupils) -> Iterator[_Seen]:
    yield _seen(entries, "PUPIL_UNKNOWN", "upn", (mine & _of_pupils(entries, ~pupils.known)).nonzero()[0])
    yield _off_roll(entries, mine, pupils)
    asks = (mine & _coded(entries, "X", "C2", "D", "T", "Z")).nonzero()[0]
    pupil, day = entries.pupil[asks], entries.at[asks] // 2
    code = entries.code[asks]
    is_x, is_c2, is_d, is_t, is_z = (_codes(each)[code] for each in ("X", "C2", "D", "T", "Z"))
    known, starts = pupils.known[pupil], pupils.starts[pupil]
    asked, of = _different_pupils(pupil, len(pupils.at))
    born = pupils.each(asked, "date_of_birth")
    age_known = np.array([bool(each) for each in born], np.bool_)[of]
    of_age = _days(born, _LONG_AGO, compulsory_from)[of] <= day
    of_age &= day <= _days(born, _FAR_AHEAD, compulsory_until)[of]
    against_age = asks[known & age_known & ((is_x & of_age) | (is_c2 & ~of_age))]
    yield _seen(entries, "CODE_AGAINST_AGE", "code", against_age, _by_code(entries, against_age, _AGAINST_AGE))
    not_registered = np.array([each is None for each in pupils.each(asked, "dual_registered_urn")], np.bool_)[of]
    not_mobile = np.array([each != "yes" for each in pupils.each(asked, "mobile_child")], np.bool_)[of]
    part_time_until = _days(pupils.each(asked, "part_time_timetable_until"), _LONG_AGO)[of]
    lacking = asks[
        known
        & (
            (is_d & not_registered)
            | (is_t & not_mobile)
            | (is_c2 & (part_time_until < day))
            | (is_z & (starts > _LONG_AGO) & (day >= starts))
        )
    ]
    yield _seen(entries, "CODE_NEEDS_FLAG", "code", lacking, _by_code(entries, lacking, _FLAGS))


def _different_pupils(pupil: Which, pupils: int) -> tuple[Indices, Indices]:
    """The different ones, and for each the index of its own: of many marks, each pupil is asked about once."""
    is_asked = np.zeros(pupils, np.bool_)
    is_asked[pupil] = True
    return is_asked.nonzero()[0], (np.cumsum(is_asked) - 1)[pupil]


def _off_roll(entries: Entries, mine: Flags, pupils: _Pupils) -> _Seen:
    """Marks before the pupil started or after they left; one that says nothing of the pupil may stand there."""
    first, last = entries.first // 2, int(entries.at.max(initial=0)) // 2
    late_or_gone = _of_pupils(entries, (pupils.starts > first) | (pupils.leaves < last))
    which = (mine & late_or_gone & ~_coded(entries, "#", "Z", NO_MARK)).nonzero()[0]
    day, starts, leaves = (
        entries.at[which] // 2,
        pupils.starts[entries.pupil[which]],
        pupils.leaves[entries.pupil[which]],
    )
    before = day < starts
    off = before | (day > leaves)
    said = [
        f"the starting day is {EPOCH + timedelta(starts)}"
        if early
        else f"the leaving day was {EPOCH + timedelta(left)}"
        for early, starts, left in zip(before[off].tolist(), starts[off].tolist(), leaves[off].tolist(), strict=True)
    ]
    return _seen(entries, "NOT_ON_ROLL", "date", which[off], Coded(said, np.arange(len(said), dtype=np.int32)))


def _by_code(entries: Entries, which: Indices, of_codes: Sequence[str | None]) -> Coded:
    return Coded(of_codes, entries.code[which].astype(np.int32))


def _of_each_code(words: Mapping[str, str]) -> Sequence[str | None]:
    return [words.get(code) for code in (*CODE_ORDER, NO_MARK)]


_AGAINST_AGE: Final = _of_each_code(
    {
        "X": "X is only for pupils not of compulsory school age, and this one was, that day",
        "C2": "C2 is only for pupils of compulsory school age, and this one was not, that day",
    }
)
_FLAGS: Final = _of_each_code(
    {
        "D": "dual_registered_urn, the other school of the pupil",
        "T": "mobile_child = yes",
        "C2": "part_time_timetable_until on or after the day",
        "Z": "a starting day after the session, for it is for those not yet on the roll",
    }
)


def _held_by_few(entries: Entries, mine: Flags, held: _Held, roll: _Roll, as_at: date) -> Iterator[_Seen]:
    """Where the calendar does not speak, a session of which fewer than one in so many of the roll have a mark that shows it."""
    silent = ~held.is_open & ~held.is_closed
    if not silent.any():
        return
    days = (np.arange(len(held.shown)) + held.first) // 2
    pupils = list(roll.place.values())  # a pupil with a former UPN counts as two
    starts, leaves = np.sort(roll.starts[pupils]), np.sort(roll.leaves[pupils])
    on_roll = np.searchsorted(starts, days, side="right") - np.searchsorted(leaves, days, side="left")
    few = silent & (held.shown > 0) & (held.shown * FEW_SESSIONS.on(as_at) < on_roll)
    which = _each_session_once(entries, mine & _shows_held(entries) & _in_sessions(entries, held, few))
    sessions = entries.at[which]
    value = Coded(HALVES, sessions % 2)
    detail = _each(f"{held.shown[n]} of {on_roll[n]}" for n in (sessions - held.first).tolist())
    yield _Seen("SESSION_HELD_BY_FEW", "session", which, value, detail)
