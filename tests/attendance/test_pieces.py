"""A register is a file of pieces: whatever was folded when, it is the same bytes, and any reader of Parquet finds all rows."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from attendance.pieces import Piece, joined, said, split
from attendance.register import fold, folded_parts, part_name

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


def test_a_register_from_before_there_were_pieces_keeps_every_entry(tmp_path: Path) -> None:
    early = part(tmp_path, 1, [("U1", date(2025, 9, 8), "AM", "N"), ("U2", date(2025, 10, 8), "AM", "/")])
    late = part(tmp_path, 2, [("U1", date(2025, 11, 3), "AM", "O")])
    whole = fold([early, late]).body
    before = tmp_path / "before.parquet"
    (tmp_path / "now.parquet").write_bytes(fold([early]).body)
    with duckdb.connect() as con:
        con.execute(
            f"COPY (FROM '{tmp_path / 'now.parquet'}') TO '{before}' (FORMAT parquet, KV_METADATA {{folded: '{early[0]}'}})"
        )
    assert split(before.read_bytes())[0] == {}
    assert fold([late], before.read_bytes()).body == whole


def test_a_piece_of_several_row_groups_is_taken_over_whole(tmp_path: Path) -> None:
    files = []
    with duckdb.connect() as con:
        for n, rows in enumerate((5000, 10, 3000)):
            path = tmp_path / f"{n}.parquet"
            con.execute(
                f"COPY (SELECT {n} AS n, range AS value, 'x' || range % 7 AS text FROM range({rows})) TO '{path}' "
                "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)"
            )
            files.append(path.read_bytes())
    pieces = {f"piece {n}": Piece.of(file) for n, file in enumerate(files)}
    assert [len(piece.groups) for piece in pieces.values()] == [3, 1, 2]
    body = joined(pieces, {"said": "Ä, b"}, files[0])
    taken, says = split(body)
    assert says == {"said": "Ä, b"}
    assert {key: said(body, key) for key in ("said", "date")} == {"said": "Ä, b".encode(), "date": None}
    assert joined(dict(reversed(taken.items())), says, files[2]) == body
    assert joined({"piece 1": taken["piece 1"], "piece 2": taken["piece 2"]}, {}, body) == joined(
        {"piece 1": pieces["piece 1"], "piece 2": pieces["piece 2"]}, {}, files[0]
    )
    counted = read(
        body, tmp_path, "SELECT n, count(*), sum(value), count(DISTINCT text) FROM {0} GROUP BY n ORDER BY n"
    )
    assert counted == [(0, 5000, 12497500, 7), (1, 10, 45, 7), (2, 3000, 4498500, 7)]


def test_what_is_no_parquet_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Parquet file"):
        split(b"PAR1 and nothing more")
