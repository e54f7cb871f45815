"""A file of Parquet that we write ourselves says to DuckDB what was written."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.parquet import Column, Form, parquet
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


@settings(deadline=None)
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


@pytest.mark.parametrize("different", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537])
@pytest.mark.parametrize("gap", [1, 300, 70_000, 1 << 40])
def test_indices_and_distances_of_every_width_are_read(different: int, gap: int, tmp_path: Path) -> None:
    which = np.arange(different + 3, dtype=np.int32) % different
    own = np.cumsum(np.where(np.arange(len(which)) % 3, gap, -gap // 2))
    texts = [f"text {n}" for n in range(different)]
    body = parquet([Column("text", "text", texts, which), Column("own", "long", own, None)], len(which))
    assert read(body, tmp_path) == [(texts[n], at) for n, at in zip(which.tolist(), own.tolist(), strict=True)]
