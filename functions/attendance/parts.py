"""The rows of an extract that can be merged, as Parquet (design 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import compress
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance.columns import combined, in_order, same_of_each, spread
from attendance.extracts import Kind
from attendance.law import academic_year
from attendance.parquet import Column, Form, parquet
from attendance.rowchecks import NO_TIME, Rows, Valued, microseconds
from attendance.rows import COLUMNS, Reading
from attendance.rows import Column as RowColumn

ROLL: Final = "roll"
"""The key of the one part of every kind but attendance, whose parts are by academic year."""
_DAY_0: Final = date(1970, 1, 1)
_FORMS: Final[dict[Reading, Form]] = {"date": "day", "minutes": "integer", "time": "moment"}


def parts_of(rows: Rows, received_at: datetime, upload: str) -> dict[str, bytes]:
    """Rows as Parquet, by academic year ("2025") or under ROLL; the same rows give the same bytes."""
    if not len(rows):
        return {}
    if rows.kind != "attendance":
        return {ROLL: _part(rows, np.arange(len(rows)), received_at, upload)}
    day = rows.columns["date"]
    years = np.array([academic_year(each) for each in day.values], np.int16)
    of_year = {str(year): rows.of(spread(years == year, day.which)) for year in sorted({*years.tolist()})}
    return {name: _part(some, _in_order(some), received_at, upload) for name, some in of_year.items()}


def _in_order(rows: Rows) -> NDArray[np.intp]:
    return in_order(combined([rows.columns[name].ranked() for name in ("upn", "date", "session")]))


def _part(rows: Rows, order: NDArray[np.intp], received_at: datetime, upload: str) -> bytes:
    columns = [_column(rows.kind, column, rows.columns[column.name], order) for column in COLUMNS[rows.kind]]
    always = same_of_each(np.uint8(0), len(rows))
    columns += [
        Column("received_at", "moment", [microseconds(received_at)], always),
        Column("upload", "text", [upload], always),
        Column("row", "long", rows.row[order], None),
    ]
    return parquet(columns, len(rows))


def _column(kind: Kind, column: RowColumn, valued: Valued, order: NDArray[np.intp]) -> Column:
    """A column in the order of a part; of every kind but attendance all is text but the time of extraction."""
    form = _FORMS.get(column.reading, "text") if kind == "attendance" or column.reading == "time" else "text"
    values: Sequence[Any] | NDArray[Any] = valued.values
    if form == "moment":
        said = np.asarray(values) != NO_TIME
    else:
        said = np.array([value is not None for value in values] if None in values else [True], np.bool_)
    which = valued.which.take(order) if len(values) > 1 else valued.which
    if not said.all():
        values = [*compress(values, said)]
        place = np.where(said, np.cumsum(said) - 1, -1)
        which = spread(place.astype(np.int16 if len(said) < 1 << 15 else np.int32), which)
    return Column(column.name, form, [(day - _DAY_0).days for day in values] if form == "day" else values, which)
