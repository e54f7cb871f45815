"""The register of a school for one academic year: the fold of its parts, in whatever order they arrive (design 4.1, 4.2).

Entries equal in all but provenance are one entry that keeps its least and its greatest provenance; the entry in force for a
pupil and session is the greatest by (recorded_at, else extracted_at; extracted_at; upload; row). Both are maxima over a set, so
folding is commutative, associative and idempotent, and the output is the same bytes.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from attendance.engine import connect
from attendance.grid import KEY, grid_of, packed, unpacked
from attendance.pieces import Piece, joined, said, split
from attendance.text import canonical_json

CONTENT = "upn, date, session, code, minutes_late, note, recorded_at, recorded_by, amendment_reason"
LEAST = "first_extracted_at, first_received_at, first_upload, first_row"
GREATEST = "extracted_at, received_at, upload, row"
RANK = "coalesce(recorded_at, extracted_at), extracted_at, upload, row"
_RANKED: Final = (
    "{'recorded': coalesce(recorded_at, extracted_at), 'extracted': extracted_at, 'upload': upload, 'row': row}"
)
"""The same as one value. Of a day's file a maximum, and only of amended sessions, takes half as long as a window over all."""
_FOLDED: Final = "folded"
"""Under this a register says which parts it holds."""

_MERGED = f"""
  WITH entry AS (
    SELECT {CONTENT},
      min({{'x': first_extracted_at, 'u': first_upload, 'r': first_row, 't': first_received_at}}) AS least,
      max({{'x': extracted_at, 'u': upload, 'r': row, 't': received_at}}) AS greatest
    FROM every GROUP BY ALL
  ), flat AS (
    SELECT {CONTENT},
      least.x AS first_extracted_at, least.t AS first_received_at, least.u AS first_upload, least.r AS first_row,
      greatest.x AS extracted_at, greatest.t AS received_at, greatest.u AS upload, greatest.r AS row
    FROM entry
  ), amended AS (SELECT upn, date, session FROM flat GROUP BY ALL HAVING count(*) > 1),
  last AS (SELECT upn, date, session, max({_RANKED}) AS rank FROM flat SEMI JOIN amended USING (upn, date, session) GROUP BY ALL)
  SELECT flat.*, coalesce({_RANKED} = rank, true) AS in_force FROM flat LEFT JOIN last USING (upn, date, session)
"""


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
    return _named_in(names.decode())


def _named_in(names: str) -> tuple[str, ...]:
    return tuple(name for name in names.split(",") if name)


def fold(parts: Sequence[tuple[str, bytes]], onto: bytes | None = None) -> Folded:
    """Fold parts (name, Parquet) into a register, or into a new one; any order and any repetition give the same bytes.

    A register is sorted by month, then by pupil, and a month is a piece of the file: only months that the parts speak of are
    written again, so that a day's file costs what a month does and not what a year does.
    """
    pieces, says = split(onto) if onto is not None else ({}, {})
    folded = tuple(sorted({*(name for name, _ in parts), *_named_in(says.get(_FOLDED, ""))}))
    if not parts:
        if onto is None:
            raise ValueError("nothing to fold")
        return Folded(onto, folded)
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        for n, (_, body) in enumerate(parts):
            Path(folder, f"part-{n}.parquet").write_bytes(body)
        new, old = f"read_parquet('{folder}/part-*.parquet')", f"read_parquet('{folder}/register.parquet')"
        con.execute(
            f"""CREATE TABLE every AS SELECT {CONTENT}, extracted_at AS first_extracted_at, received_at AS first_received_at,
            upload AS first_upload, row AS first_row, {GREATEST} FROM {new}"""
        )
        # Only sessions that the parts speak of can change; the others stand as they are.
        con.execute("CREATE TABLE touched AS SELECT DISTINCT upn, date, session FROM every")
        if onto is not None:
            Path(folder, "register.parquet").write_bytes(onto)
            between = (
                "date BETWEEN (SELECT min(date) FROM touched) AND (SELECT max(date) FROM touched)"  # passes over months
            )
            con.execute(
                f"""INSERT INTO every BY NAME SELECT {CONTENT}, {LEAST}, {GREATEST} FROM (FROM {old} WHERE {between})
                SEMI JOIN touched USING (upn, date, session)"""
            )
        con.execute(f"CREATE TABLE merged AS {_MERGED}")
        grid = grid_of(con, "merged")
        if onto is not None:
            before = unpacked(says[KEY].encode()) if KEY in says else grid_of(con, old)
            grid = before.overlaid(grid)
        whole = onto is not None and not pieces  # as written before there were pieces: every month is written again
        dates = f"SELECT date FROM merged{f' UNION ALL SELECT date FROM {old}' if whole else ''}"
        months = con.execute(f"SELECT DISTINCT date_trunc('month', date)::DATE FROM ({dates}) ORDER BY 1").fetchall()
        like, out = onto or b"", Path(folder, "month.parquet")
        for (month,) in months:
            name, in_month = (
                f"{month:%Y-%m}",
                f"WHERE date >= DATE '{month}' AND date < DATE '{month}' + INTERVAL 1 MONTH",
            )
            rows = f"FROM merged {in_month}"
            if whole or name in pieces:
                rows += f" UNION ALL FROM (FROM {old} {in_month}) ANTI JOIN touched USING (upn, date, session)"
            con.execute(
                f"COPY (FROM ({rows}) ORDER BY upn, date, session, {RANK}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
            )
            like = out.read_bytes()
            pieces[name] = Piece.of(like)
        return Folded(joined(pieces, {_FOLDED: ",".join(folded), KEY: packed(grid)}, like), folded)


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
    shown = "date, session, code, recorded_at, recorded_by, amendment_reason, first_received_at, first_upload, in_force"
    return [Entry(*map(_aware, row)) for row in _in_order(registers, upn, shown)]


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def evidence(registers: Sequence[bytes], upn: str, sessions: Sequence[tuple[str, str]]) -> str:
    """The canonical text of all entries of a pupil for the given (ISO date, AM|PM): one JSON array a line, in total order.

    Superseded entries are in it: what was amended, by whom and why is part of the evidence.
    """
    wanted = set(sessions)
    lines = ([_text(value) for value in row] for row in _in_order(registers, upn, f"{CONTENT}, {GREATEST}"))
    return "".join(canonical_json(line) + "\n" for line in lines if (line[1], line[2]) in wanted)


def _in_order(registers: Sequence[bytes], upn: str, shown: str) -> list[tuple[Any, ...]]:
    """The entries of a pupil over all the registers as if they were one: in total order, the last of a session in force.

    What two authorities received of one school has one rank: the earlier receipt comes first.
    """
    if not registers:
        return []
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        for n, body in enumerate(registers):
            Path(folder, f"register-{n}.parquet").write_bytes(body)
        order = f"{RANK}, received_at"
        return con.execute(
            f"""SELECT {shown} FROM (
                SELECT * REPLACE (lead(upn) OVER (PARTITION BY date, session ORDER BY {order}) IS NULL AS in_force)
                FROM read_parquet('{folder}/register-*.parquet') WHERE upn = ?
            ) ORDER BY date, session, {order}""",
            [upn],
        ).fetchall()


def _text(value: object) -> str | int | None:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)
