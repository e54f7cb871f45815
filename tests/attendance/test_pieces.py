"""A register is a file of pieces: whatever was folded when, it is the same bytes, and any reader of Parquet finds all rows."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from attendance.marks import read_marks
from attendance.parquet import Column, Form, piece_of, schema
from attendance.pieces import joined, said, split
from attendance.register import Folded, fold, folded_parts, part_name

COLUMNS = (
    "upn VARCHAR, date DATE, session VARCHAR, code VARCHAR, minutes_late INTEGER, note VARCHAR, recorded_at TIMESTAMP, "
    "recorded_by VARCHAR, amendment_reason VARCHAR, extracted_at TIMESTAMP, received_at TIMESTAMP, upload VARCHAR, row BIGINT"
)
FIRST = date(2025, 8, 25)


def part(folder: Path, n: int, rows: list[tuple[object, ...]]) -> tuple[str, bytes]:
    """A part with rows of (upn, date, session, code); its number says when it was received."""
    received, upload = datetime(2025, 9, 1, 9, tzinfo=UTC) + timedelta(hours=n), f"{n:064x}"
    path = folder / f"{n}.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE part ({COLUMNS})")
        at = received.replace(tzinfo=None)
        every = [(*each, None, None, None, None, None, at, at, upload, row) for row, each in enumerate(rows, start=2)]
        con.executemany(f"INSERT INTO part VALUES ({', '.join('?' * 13)})", every)
        con.execute(f"COPY part TO '{path}' (FORMAT parquet)")
    return part_name(upload, received), path.read_bytes()


def read(body: bytes, folder: Path, query: str) -> list[tuple[object, ...]]:
    """What a reader that knows nothing of pieces finds in a register."""
    path = folder / "read.parquet"
    path.write_bytes(body)
    with duckdb.connect() as con:
        return con.execute(query.format(f"read_parquet('{path}')")).fetchall()


@pytest.mark.parametrize("seed", range(8))
def test_parts_of_any_months_in_any_order_give_the_same_bytes_and_every_row(seed: int, tmp_path: Path) -> None:
    drawn = random.Random(seed)  # noqa: S311 - made-up cases
    in_force: dict[tuple[str, date, str], str] = {}
    entries: set[tuple[object, ...]] = set()
    parts = []
    for n in range(drawn.randint(2, 6)):
        rows: dict[tuple[str, date, str], str] = {}
        for _ in range(drawn.randint(1, 40)):
            day = FIRST + timedelta(days=drawn.choice([0, 6, 7, 8, drawn.randint(0, 330)]))
            rows[f"U{drawn.randint(1, 4)}", day, drawn.choice(["AM", "PM"])] = drawn.choice("/LNOI")
        parts.append(part(tmp_path, n, [(*key, code) for key, code in rows.items()]))
        in_force |= rows  # each part was extracted after the one before
        entries |= {(*key, code) for key, code in rows.items()}
    whole = fold(parts).body
    drawn.shuffle(parts)
    by_one = None
    for each in parts:
        by_one = fold([each], by_one).body
    assert by_one == whole
    at = drawn.randint(1, len(parts))
    assert fold([*parts[at:], *parts[: drawn.randint(0, at)]], fold(parts[:at]).body).body == whole
    assert folded_parts(whole) == tuple(sorted(name for name, _ in parts))
    found = read(whole, tmp_path, "SELECT upn, date, session, code, in_force FROM {0}")
    assert {tuple(row[:4]) for row in found} == entries
    assert len(found) == len(entries)
    assert {tuple(row[:3]): row[3] for row in found if row[4]} == in_force
    for upn in {key[0] for key in in_force}:  # by statistics and Bloom filters, where they now lie
        assert read(whole, tmp_path, f"SELECT count(*) FROM {{0}} WHERE upn = '{upn}'") == [
            (sum(each[0] == upn for each in entries),)
        ]


@pytest.mark.parametrize("also", ["", "pieces: '[[\"2025-09\", 9, 1]]', in_force: 'eJw='"], ids=["whole", "by month"])
def test_a_register_from_before_there_were_weeks_keeps_every_entry(also: str, tmp_path: Path) -> None:
    early = part(tmp_path, 1, [("U1", date(2025, 9, 8), "AM", "N"), ("U2", date(2025, 10, 8), "AM", "/")])
    late = part(tmp_path, 2, [("U1", date(2025, 11, 3), "AM", "O"), ("U1", date(2025, 9, 8), "AM", "I")])
    whole = fold([early, late]).body
    before = tmp_path / "before.parquet"
    (tmp_path / "now.parquet").write_bytes(fold([early]).body)
    with duckdb.connect() as con:
        con.execute(
            f"COPY (FROM '{tmp_path / 'now.parquet'}') TO '{before}' "
            f"(FORMAT parquet, KV_METADATA {{folded: '{early[0]}', {also}}})"
        )
    earlier = before.read_bytes()
    assert split(earlier) is None
    assert fold([], earlier) == Folded(earlier, (early[0],))
    assert read_marks([earlier]).upns == ("U1", "U2")
    assert fold([late], earlier).body == whole


def test_a_day_is_found_without_reading_the_weeks_beside_it(tmp_path: Path) -> None:
    days = [date(2025, 9, 8), date(2025, 9, 15), date(2025, 9, 18), date(2026, 3, 2)]
    body = fold([part(tmp_path, 1, [("U1", day, half, "/") for day in days for half in ("AM", "PM")])]).body
    (tmp_path / "register.parquet").write_bytes(body)
    bounds = read(
        body,
        tmp_path,
        f"""SELECT stats_min_value, stats_max_value FROM parquet_metadata('{tmp_path / "register.parquet"}')
        WHERE path_in_schema = 'date' ORDER BY row_group_id""",
    )
    assert bounds == [("2025-09-08", "2025-09-08"), ("2025-09-15", "2025-09-18"), ("2026-03-02", "2026-03-02")]


def test_pieces_are_taken_over_whichever_file_they_come_from(tmp_path: Path) -> None:
    forms: dict[str, Form] = {"n": "day", "value": "long", "text": "text", "odd": "flag"}
    pieces = {}
    for n, rows in enumerate((5000, 10, 3000)):
        value = np.arange(rows)
        pieces[f"piece {n}"] = piece_of(
            [
                Column("n", "day", [n], np.zeros(rows, np.int32), bounded=True),
                Column("value", "long", value, None),
                Column("text", "text", [f"x{each}" for each in range(7)], (value % 7).astype(np.int32)),
                Column("odd", "flag", value % 2 == 1, None),
            ],
            rows,
        )
    body = joined(pieces, schema(forms), {"said": "Ä, b"})
    taken = split(body)
    assert {name: (piece.body, piece.rows) for name, piece in taken.items()} == {
        name: (piece.body, piece.rows) for name, piece in pieces.items()
    }
    assert {key: said(body, key) for key in ("said", "date")} == {"said": "Ä, b".encode(), "date": None}
    assert joined(dict(reversed(taken.items())), schema(forms), {"said": "Ä, b"}) == body
    without_first = {name: piece for name, piece in taken.items() if name != "piece 0"}
    assert joined(without_first, schema(forms), {}) == joined(
        {name: pieces[name] for name in without_first}, schema(forms), {}
    )
    counted = """SELECT (n - DATE '1970-01-01'), count(*), sum(value), count(DISTINCT text), count(*) FILTER (odd)
        FROM {0} GROUP BY n ORDER BY n"""
    expected = [(0, 5000, 12497500, 7, 2500), (1, 10, 45, 7, 5), (2, 3000, 4498500, 7, 1500)]
    assert read(body, tmp_path, counted) == expected
    assert read(joined(without_first, schema(forms), {}), tmp_path, counted) == expected[1:]


def test_what_is_no_parquet_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Parquet file"):
        split(b"PAR1 and nothing more")
