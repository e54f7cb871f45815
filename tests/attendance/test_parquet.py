"""A file of Parquet that we write ourselves says to DuckDB what was written."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance.parquet import Column, Damaged, Form, parquet
from attendance.parquet import read as parquet_read
from attendance.rowchecks import microseconds

DAY_0 = date(1970, 1, 1)
NUMBERS: dict[Form, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(1 << 31), (1 << 31) - 1),
    "long": st.integers(-(1 << 62), (1 << 62) - 1),
    "day": st.dates(date(1, 1, 1)).map(lambda day: (day - DAY_0).days),
    "moment": st.datetimes(datetime(1, 1, 1)).map(lambda moment: microseconds(moment.replace(tzinfo=UTC))),  # noqa: DTZ001
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
}


def read(body: bytes, folder: Path) -> list[tuple[Any, ...]]:
    """The rows as DuckDB reads them."""
    path = folder / "read.parquet"
    path.write_bytes(body)
    with duckdb.connect() as con:
        return con.execute(f"FROM read_parquet('{path}')").fetchall()


def shown(form: Form, value: Any) -> Any:
    """A value as DuckDB gives it."""
    match form:
        case "day":
            return DAY_0 + timedelta(days=value)
        case "moment":
            return datetime(1970, 1, 1) + timedelta(microseconds=value)  # noqa: DTZ001 - Parquet's has no zone
        case _:
            return value


@given(data=st.data())
def test_every_form_of_column_is_read_as_it_was_written(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = data.draw(st.integers(1, 40))
    columns, expected = [], []
    for form, values in NUMBERS.items():
        different = data.draw(st.lists(values, unique=True, max_size=rows))
        which = data.draw(st.lists(st.integers(-1, len(different) - 1), min_size=rows, max_size=rows))
        columns.append(Column(form, form, different, np.array(which, np.int32)))
        expected.append([None if n < 0 else shown(form, different[n]) for n in which])
    own = data.draw(st.lists(NUMBERS["long"], min_size=rows, max_size=rows))
    columns.append(Column("own", "long", np.array(own, np.int64), None))
    body = parquet(columns, rows)
    assert read(body, tmp_path_factory.getbasetemp()) == list(zip(*expected, own, strict=True))
    assert parquet(columns, rows) == body
    back = parquet_read(body)
    assert back is not None
    assert parquet(back, rows) == body, "read by ourselves it is the same"


@given(data=st.data())
def test_a_file_that_was_damaged_is_said_to_be(data: st.DataObject) -> None:
    which = np.array([0, 1, -1, 1], np.int32)
    body = parquet([Column("code", "text", ["/", "O"], which), Column("row", "long", np.array([1, 2, 4, 5]), None)], 4)
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.binary(max_size=3).filter(lambda some: some != body[at : at + len(some)] or not some))
    for damaged in (body[:at] + other + body[at + max(1, len(other)) :], body[:at]):
        with suppress(Damaged):  # some bytes are asked by nobody
            parquet_read(damaged)
    with pytest.raises(Damaged):
        parquet_read(b"PAR1 and no more")


@pytest.mark.parametrize("different", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537])
@pytest.mark.parametrize("gap", [1, 300, 70_000, 1 << 40])
def test_indices_and_distances_of_every_width_are_read(different: int, gap: int, tmp_path: Path) -> None:
    which = np.arange(different + 3, dtype=np.int32) % different
    own = np.cumsum(np.where(np.arange(len(which)) % 3, gap, -gap // 2))
    texts = [f"text {n}" for n in range(different)]
    body = parquet([Column("text", "text", texts, which), Column("own", "long", own, None)], len(which))
    assert read(body, tmp_path) == [(texts[n], at) for n, at in zip(which.tolist(), own.tolist(), strict=True)]


def test_a_column_is_described_as_duckdb_would(tmp_path: Path) -> None:
    forms: dict[Form, str] = {
        "text": "VARCHAR", "day": "DATE", "integer": "INTEGER", "moment": "TIMESTAMP", "long": "BIGINT",
    }  # fmt: skip
    none = np.array([-1], np.int32)
    (tmp_path / "ours").write_bytes(parquet([Column(form, form, [], none) for form in forms], 1))
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE one ({', '.join(f'{name} {kind}' for name, kind in forms.items())})")
        con.execute(f"COPY one TO '{tmp_path / 'theirs'}' (FORMAT parquet)")
        said = "name, type, repetition_type, converted_type, logical_type::VARCHAR"
        ours, theirs = (
            con.execute(f"SELECT {said} FROM parquet_schema('{tmp_path / name}') WHERE type IS NOT NULL").fetchall()
            for name in ("ours", "theirs")
        )
    assert ours == theirs
