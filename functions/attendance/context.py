"""What a row looks like beside what else the school sent: roll, calendar, earlier marks (the warnings of design 5.2).

The same checks serve one file as it arrives and, at the end of a run, all parts of a school at once. A check whose extract the
school never sent is not made. Nothing here decides what becomes of a row.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance.ages import compulsory_from, compulsory_until
from attendance.codes import SHOWS_SESSION_HELD
from attendance.columns import Coded
from attendance.engine import connect
from attendance.found import Found
from attendance.law import FEW_SESSIONS, N_DAYS
from attendance.marks import CODE_ORDER, EPOCH, SHOWS_HELD, at, session_of
from attendance.rowchecks import NO_MARK, NO_TIME, Rows, combined, stand_again
from attendance.sessions import HALVES, Session
from attendance.sql import day_sql, text_sql, texts_sql

if TYPE_CHECKING:
    import duckdb

type Row = Mapping[str, str | None]

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
    """What else is known of a school: the rows in force of each kind of extract (None: never sent) and its registers.

    `registers`: Parquet, one an academic year, with every entry ever received.
    """

    pupils: Sequence[Row] | None = None
    parents: Sequence[Row] | None = None
    support: Sequence[Row] | None = None
    absences_expected: Sequence[Row] | None = None
    calendar: Sequence[Row] | None = None
    registers: Sequence[bytes] = ()


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
    pupil: NDArray[np.int32]
    at: NDArray[np.int32]
    code: NDArray[np.int8]
    has_reason: Flags
    ranked_at: NDArray[np.int64]
    extracted_at: NDArray[np.int64]
    upload: NDArray[np.int32]
    row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def first(self) -> int:
        """The first session of any."""
        return int(self.at.min()) if len(self) else 0

    def and_more(self, more: Entries) -> Entries:
        """These entries, then others."""
        if not len(more):
            return self
        upns = tuple(dict.fromkeys((*self.upns, *more.upns)))
        uploads = tuple(sorted({*self.uploads, *more.uploads}))

        def renamed(old: Sequence[str], new: Sequence[str], which: NDArray[np.int32]) -> NDArray[np.int32]:
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
    index = {code: n for n, code in enumerate(CODE_ORDER)}
    extracted_at, recorded_at = columns["extracted_at"].times(), columns["recorded_at"].times()
    is_afternoon = columns["session"].each(HALVES.index, np.int32)
    return Entries(
        upns=tuple(columns["upn"].values),
        uploads=(upload,),
        pupil=columns["upn"].which,
        at=columns["date"].each(lambda each: at(Session(each, HALVES[0])), np.int32) + is_afternoon,
        code=columns["code"].each(lambda each: index.get(each, _NO_MARK), np.int8),
        has_reason=columns["amendment_reason"].each(lambda each: each is not None, np.bool_),
        ranked_at=np.where(recorded_at == NO_TIME, extracted_at, recorded_at),
        extracted_at=extracted_at,
        upload=np.zeros(len(rows), np.int32),
        row=rows.row,
    )


_AT: Final = "((date - DATE '1970-01-01') * 2 + (session = 'PM')::INT)::INT"


def _read(con: duckdb.DuckDBPyConnection, files: str, sessions: NDArray[np.int32] | None = None) -> Entries:
    """The entries in parts or registers (SQL list of paths); of these sessions, or of all."""
    wanted = ""
    if sessions is not None:
        first, last = (session_of(int(each)).day for each in (sessions.min(), sessions.max()))
        wanted = (
            f"WHERE date BETWEEN {day_sql(first)} AND {day_sql(last)} "
            f"AND {_AT} IN ({', '.join(map(str, sessions.tolist()))})"
        )
    con.execute(f"CREATE OR REPLACE TEMP TABLE entry AS SELECT * FROM read_parquet({files}) {wanted}")
    named = {}
    for name in ("upn", "upload"):
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE named_{name} AS SELECT {name}, (row_number() OVER (ORDER BY {name}) - 1)::INT AS n "
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
    return Entries(named["upn"], named["upload"], **{name: np.asarray(values) for name, values in arrays.items()})


# --- The doors ------------------------------------------------------------------------------------------------------------


def recheck(parts: Sequence[bytes], known: Known, as_at: date, urn: str) -> dict[str, dict[str, int]]:
    """Count the findings of CONTEXT_CODES in all attendance parts of a school, by upload and code, as they stand now.

    The parts hold every entry, so `known.registers` is not asked. An upload without a finding is not in the answer.
    """
    if not parts:
        return {}
    with tempfile.TemporaryDirectory() as name, connect() as con:
        entries = _read(con, written(parts, Path(name), "part"))
    counts: dict[str, Counter[str]] = {}
    for seen in _look(entries, np.ones(len(entries), np.bool_), known, as_at, urn, lambda: frozenset()):
        for upload in entries.upload[seen.which].tolist():
            counts.setdefault(entries.uploads[upload], Counter())[seen.code] += 1
    if known.calendar is None:
        for upload in entries.uploads:
            counts.setdefault(upload, Counter())["CALENDAR_MISSING"] = 1
    return {upload: dict(sorted(each.items())) for upload, each in sorted(counts.items())}


def find_in_context(
    con: duckdb.DuckDBPyConnection,
    rows: Rows,
    upload: str,
    known: Known,
    as_at: date,
    urn: str | None,
    registers: str,
    found: Found,
) -> None:
    """Add what is found of one file's rows beside all else; as-at says which N is overdue.

    `registers`: an SQL list of the paths of `known.registers`, empty if there are none.
    """
    entries = _of_rows(rows, upload)
    mine = len(entries)
    if registers:
        entries = entries.and_more(_read(con, registers, np.unique(entries.at)))

    def days_of_registers() -> frozenset[date]:
        if not registers:
            return frozenset()
        shows = texts_sql(sorted(SHOWS_SESSION_HELD))
        held = con.execute(f"SELECT DISTINCT date FROM read_parquet({registers}) WHERE in_force AND code IN {shows}")
        return frozenset(day for (day,) in held.fetchall())

    for seen in _look(entries, np.arange(len(entries)) < mine, known, as_at, urn, days_of_registers):
        found.add(seen.code, seen.field, entries.row[seen.which], seen.value, seen.detail)


def compare_with_register(con: duckdb.DuckDBPyConnection, parts: str, registers: str) -> tuple[int, int]:
    """How many rows of parts say what the registers say already, and how many change a mark in them (SQL lists of paths)."""
    if not registers:
        return 0, 0
    content = "code, minutes_late, note, recorded_at, recorded_by, amendment_reason"
    row = con.execute(
        f"""SELECT count(*) FILTER (same), count(*) FILTER (NOT same AND new_at > old_at) FROM (
            SELECT ({", ".join(f"n.{name.strip()}" for name in content.split(","))}) IS NOT DISTINCT FROM
                   ({", ".join(f"o.{name.strip()}" for name in content.split(","))}) AS same,
                {_rank("n")} AS new_at, {_rank("o")} AS old_at
            FROM read_parquet({parts}) n
            JOIN (SELECT * FROM read_parquet({registers}) WHERE in_force) o USING (upn, date, session))"""
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _rank(of: str) -> str:
    """The total order of entries (design 4.2) as one comparable value."""
    return f"(coalesce({of}.recorded_at, {of}.extracted_at), {of}.extracted_at, {of}.upload, {of}.row)"


def written(bodies: Sequence[bytes], folder: Path, stem: str) -> str:
    """Write Parquet bytes to files, and give the SQL list of their paths; empty if there are none."""
    paths = []
    for n, body in enumerate(bodies):
        path = folder / f"{stem}-{n}.parquet"
        path.write_bytes(body)
        paths.append(path)
    return paths_sql(paths) if paths else ""


def paths_sql(paths: Sequence[Path]) -> str:
    """Paths as an SQL list."""
    return f"[{', '.join(text_sql(str(path)) for path in paths)}]"


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
    days_of_registers: Callable[[], frozenset[date]],
) -> Iterator[_Seen]:
    """Whatever is found of the entries that are mine."""
    calendar = _calendar(known.calendar or ())
    in_force, before = _in_order(entries)
    held = _Held.of(entries, in_force, calendar)
    yield from _amended(entries, mine, before)
    yield from _closure_mixed(entries, mine & in_force, held)
    yield from _n_overdue(entries, mine & in_force, held, calendar, as_at, days_of_registers)
    if known.pupils is not None:
        facts = _facts(known.pupils)
        pupils = _Pupils.of(entries, facts)
        yield from _on_roll(entries, mine, pupils)
        yield from _held_by_few(entries, mine & in_force, held, facts, as_at)
        if urn is not None:
            yield _seen(entries, "DUAL_CONFLICT", "code", mine & _coded(entries, "D") & (pupils.elsewhere == urn))
    if known.calendar is not None:
        closed = held.is_closed[entries.at - held.first]
        yield _seen(entries, "DAY_CLOSED", "date", mine & closed & _shows_held(entries))


def _seen(entries: Entries, code: str, field: str, where: Flags, detail: Coded | None = None) -> _Seen:
    """What is found, with the value of the field it is found in; `detail`: of every entry."""
    which = np.flatnonzero(where)
    match field:
        case "upn":
            value = Coded(entries.upns, entries.pupil[which])
        case "date":
            days, of = np.unique(entries.at[which] // 2, return_inverse=True)
            value = Coded([str(session_of(2 * day).day) for day in days.tolist()], of.astype(np.int32))
        case _:
            value = Coded((*CODE_ORDER, NO_MARK), entries.code[which].astype(np.int32))
    return _Seen(code, field, which, value, detail and detail.of(which))


def _codes(*codes: str) -> Flags:
    """Which of the codes, and last no mark, are these: to be asked by the `code` of entries."""
    return np.array([code in codes for code in (*CODE_ORDER, NO_MARK)], np.bool_)


def _coded(entries: Entries, *codes: str) -> Flags:
    """Which entries have one of these codes."""
    flags: Flags = _codes(*codes)[entries.code]
    return flags


def _shows_held(entries: Entries) -> Flags:
    flags: Flags = SHOWS_HELD[entries.code]
    return flags


def _in_order(entries: Entries) -> tuple[Flags, NDArray[np.int8] | None]:
    """Which entries are in force for their pupil and session, and the code that each replaced; None where none replaces any."""
    key = combined([entries.pupil, entries.at - entries.first])
    in_force = np.ones(len(entries), np.bool_)
    met = np.flatnonzero(stand_again(key))
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
    yield _Seen("AMENDED_WITHOUT_REASON", "amendment_reason", np.flatnonzero(where), None, was)


@dataclass(frozen=True)
class _Held:
    """What the marks in force and the calendar say of each session from the first to the last."""

    first: int
    shown: NDArray[np.intp]
    """Marks that show that the session was held."""
    closed: NDArray[np.intp]
    otherwise: NDArray[np.intp]
    is_open: Flags
    is_closed: Flags
    """By the calendar."""

    @staticmethod
    def of(entries: Entries, in_force: Flags, calendar: Mapping[int, bool]) -> _Held:
        first = entries.first
        sessions = int(entries.at.max(initial=first)) - first + 1
        at, code = (entries.at, entries.code) if in_force.all() else (entries.at[in_force], entries.code[in_force])
        codes = len(SHOWS_HELD)
        marks = np.bincount((at - first) * codes + code % codes, minlength=sessions * codes).reshape(sessions, codes)
        is_open, is_closed = np.zeros(sessions, np.bool_), np.zeros(sessions, np.bool_)
        for session, opens in calendar.items():
            if 0 <= session - first < sessions:
                (is_open if opens else is_closed)[session - first] = True
        return _Held(
            first, marks[:, SHOWS_HELD].sum(axis=1), marks[:, _codes("#")].sum(axis=1),
            marks[:, ~_codes("#", "Z", NO_MARK)].sum(axis=1), is_open, is_closed,
        )  # fmt: skip

    @property
    def is_held(self) -> Flags:
        """The calendar decides where it speaks, elsewhere the marks."""
        return self.is_open | (~self.is_closed & (self.shown > 0))


def _each_session_once(entries: Entries, where: Flags) -> Indices:
    """Of the entries of an upload about one session that with the lowest row."""
    which = np.flatnonzero(where)
    which = which[np.argsort(entries.row[which], kind="stable")]
    key = combined([entries.upload[which], entries.at[which] - entries.first])
    return which[np.unique(key, return_index=True)[1]]


def _closure_mixed(entries: Entries, mine: Flags, held: _Held) -> Iterator[_Seen]:
    mixed = (held.closed > 0) & (held.otherwise > 0)
    which = _each_session_once(entries, mine & _coded(entries, "#") & mixed[entries.at - held.first])
    counts = [(held.closed[n], held.otherwise[n]) for n in (entries.at[which] - held.first).tolist()]
    detail = _each(f"{closed} with #, {otherwise} with another" for closed, otherwise in counts)
    yield _Seen("CLOSURE_MIXED", "code", which, Coded.same("#", len(which)), detail)


def _each(values: Iterator[str]) -> Coded:
    every = tuple(values)
    return Coded(every, np.arange(len(every), dtype=np.int32))


def _n_overdue(
    entries: Entries, mine: Flags, held: _Held, calendar: Mapping[int, bool], as_at: date,
    days_of_registers: Callable[[], frozenset[date]],
) -> Iterator[_Seen]:  # fmt: skip
    """N in force with more school days after it, up to as-at, than there are to establish the reason."""
    last = (as_at - EPOCH).days
    where = mine & _coded(entries, "N") & (entries.at // 2 <= last)
    if not where.any():
        return
    days = {n // 2 for n in (np.flatnonzero(held.is_held) + held.first).tolist()}
    days |= {session // 2 for session, opens in calendar.items() if opens}
    days |= {(day - EPOCH).days for day in days_of_registers()}
    days -= {n // 2 for n, opens in calendar.items() if not opens and calendar.get(n ^ 1) is False}
    school_days = np.array(sorted(day for day in days if day <= last), np.int64)
    after = len(school_days) - np.searchsorted(school_days, entries.at // 2, side="right")
    which = np.flatnonzero(where & (after > N_DAYS.latest))
    yield _Seen("N_OVERDUE", "code", which, Coded.same("N", len(which)), Coded.same(str(N_DAYS.latest), len(which)))


# --- The calendar and the roll --------------------------------------------------------------------------------------------


def _calendar(rows: Sequence[Row]) -> dict[int, bool]:
    """Whether the school is open, by session, where the calendar speaks; a row for one session is nearer than one for both."""
    calendar = {}
    for row in sorted(rows, key=lambda row: row.get("session") or ""):
        for half in (row.get("session"),) if row.get("session") else HALVES:
            if (day := row.get("date")) and half:
                calendar[at(Session(date.fromisoformat(day), half))] = row.get("open") == "yes"
    return calendar


@dataclass(frozen=True)
class _Fact:
    """What the checks ask of a pupil."""

    starting_day: date | None
    leaving_day: date | None
    compulsory_from: date | None
    compulsory_until: date | None
    elsewhere: str | None
    mobile: bool
    part_time_until: date | None


def _facts(pupils: Sequence[Row]) -> dict[str, _Fact]:
    """By UPN, a former UPN too."""
    facts: dict[str, _Fact] = {}
    for row in pupils:
        if row.get("withdrawn_on"):
            continue
        born = _day(row, "date_of_birth")
        fact = _Fact(
            starting_day=_day(row, "starting_day"),
            leaving_day=_day(row, "leaving_day"),
            compulsory_from=born and compulsory_from(born),
            compulsory_until=born and compulsory_until(born),
            elsewhere=row.get("dual_registered_urn"),
            mobile=row.get("mobile_child") == "yes",
            part_time_until=_day(row, "part_time_timetable_until"),
        )
        facts |= {upn: fact for upn in (row.get("former_upn"), row.get("upn")) if upn}
    return facts


def _day(row: Row, name: str) -> date | None:
    text = row.get(name)
    return date.fromisoformat(text) if text else None


_LONG_AGO: Final = -1_000_000
_FAR_AHEAD: Final = 1_000_000
"""Days since 1970 before and after any in a register."""


def _days_since(day: date | None, otherwise: int) -> int:
    return (day - EPOCH).days if day else otherwise


@dataclass(frozen=True)
class _Pupils:
    """Of each entry, what the roll says of its pupil; days since 1970."""

    known: Flags
    starts: NDArray[np.int32]
    leaves: NDArray[np.int32]
    compulsory_from: NDArray[np.int32]
    compulsory_until: NDArray[np.int32]
    age_known: Flags
    elsewhere: NDArray[np.object_]
    mobile: Flags
    part_time_until: NDArray[np.int32]
    words: Coded
    """When the pupil starts and when they left, of each in turn."""

    @staticmethod
    def of(entries: Entries, facts: Mapping[str, _Fact]) -> _Pupils:
        each = [facts.get(upn) for upn in entries.upns]

        def of(what: Callable[[_Fact], Any], otherwise: Any, dtype: Any) -> NDArray[Any]:
            return np.array([what(fact) if fact else otherwise for fact in each], dtype)[entries.pupil]

        def day(what: Callable[[_Fact], date | None], otherwise: int) -> NDArray[np.int32]:
            return of(lambda fact: _days_since(what(fact), otherwise), otherwise, np.int32)

        words = [
            text
            for fact in each
            for text in (
                f"the starting day is {fact and fact.starting_day}", f"the leaving day was {fact and fact.leaving_day}"
            )
        ]  # fmt: skip
        return _Pupils(
            known=of(lambda _: True, False, np.bool_),
            starts=day(lambda fact: fact.starting_day, _LONG_AGO),
            leaves=day(lambda fact: fact.leaving_day, _FAR_AHEAD),
            compulsory_from=day(lambda fact: fact.compulsory_from, _LONG_AGO),
            compulsory_until=day(lambda fact: fact.compulsory_until, _FAR_AHEAD),
            age_known=of(lambda fact: fact.compulsory_from is not None, False, np.bool_),
            elsewhere=of(lambda fact: fact.elsewhere, None, np.object_),
            mobile=of(lambda fact: fact.mobile, False, np.bool_),
            part_time_until=day(lambda fact: fact.part_time_until, _LONG_AGO),
            words=Coded(words, (2 * entries.pupil).astype(np.int32)),
        )


def _on_roll(entries: Entries, mine: Flags, pupils: _Pupils) -> Iterator[_Seen]:
    day, on = entries.at // 2, mine & pupils.known
    yield _seen(entries, "PUPIL_UNKNOWN", "upn", mine & ~pupils.known)
    before, after = day < pupils.starts, day > pupils.leaves
    off = on & (before | after) & ~_coded(entries, "#", "Z", NO_MARK)
    said = Coded(pupils.words.values, pupils.words.which + ~before)
    yield _seen(entries, "NOT_ON_ROLL", "date", off, said)
    of_age = (pupils.compulsory_from <= day) & (day <= pupils.compulsory_until)
    part_time, elsewhere = _coded(entries, "C2"), _coded(entries, "D")
    against_age = on & pupils.age_known & ((_coded(entries, "X") & of_age) | (part_time & ~of_age))
    yield _seen(entries, "CODE_AGAINST_AGE", "code", against_age, _by_code(entries, _AGAINST_AGE))
    not_registered = (
        np.array([each is None for each in pupils.elsewhere.tolist()], np.bool_) if elsewhere.any() else elsewhere
    )
    started = (pupils.starts > _LONG_AGO) & (day >= pupils.starts)
    lacking = (
        (elsewhere & not_registered)
        | (_coded(entries, "T") & ~pupils.mobile)
        | (part_time & (pupils.part_time_until < day))
        | (_coded(entries, "Z") & started)
    )
    yield _seen(entries, "CODE_NEEDS_FLAG", "code", on & lacking, _by_code(entries, _FLAGS))


_AGAINST_AGE: Final[Mapping[str, str]] = {
    "X": "X is only for pupils not of compulsory school age, and this one was, that day",
    "C2": "C2 is only for pupils of compulsory school age, and this one was not, that day",
}
_FLAGS: Final[Mapping[str, str]] = {
    "D": "dual_registered_urn, the other school of the pupil",
    "T": "mobile_child = yes",
    "C2": "part_time_timetable_until on or after the day",
    "Z": "a starting day after the session, for it is for those not yet on the roll",
}


def _by_code(entries: Entries, words: Mapping[str, str]) -> Coded:
    return Coded([words.get(code) for code in (*CODE_ORDER, NO_MARK)], entries.code.astype(np.int32))


def _held_by_few(
    entries: Entries, mine: Flags, held: _Held, facts: Mapping[str, _Fact], as_at: date
) -> Iterator[_Seen]:
    """Where the calendar does not speak, a session of which fewer than one in so many of the roll have a mark that shows it."""
    days = (np.arange(len(held.shown)) + held.first) // 2
    starts = np.sort([_days_since(fact.starting_day, _LONG_AGO) for fact in facts.values()])
    leaves = np.sort([_days_since(fact.leaving_day, _FAR_AHEAD) for fact in facts.values()])
    roll = np.searchsorted(starts, days, side="right") - np.searchsorted(leaves, days, side="left")
    silent = ~held.is_open & ~held.is_closed
    few = silent & (held.shown > 0) & (held.shown * FEW_SESSIONS.on(as_at) < roll)
    which = _each_session_once(entries, mine & _shows_held(entries) & few[entries.at - held.first])
    sessions = entries.at[which]
    value = Coded(HALVES, sessions % 2)
    detail = _each(f"{held.shown[n]} of {roll[n]}" for n in (sessions - held.first).tolist())
    yield _Seen("SESSION_HELD_BY_FEW", "session", which, value, detail)
