"""Rows as their columns: what was put in comes out, from memory and from JSON."""

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from attendance.table import Row, Table

VALUES = st.none() | st.sampled_from(["", "yes", "no", "Äpfel"]) | st.text(max_size=3)
ROWS = st.lists(st.dictionaries(st.sampled_from(["upn", "surname", "boarder"]), VALUES), max_size=12)


@given(ROWS, st.data())
def test_what_rows_say_is_what_their_columns_say(rows: Sequence[Row], data: st.DataObject) -> None:
    table = Table.of(rows)
    said = [{name: value for name, value in row.items() if value is not None} for row in rows]
    these = sorted(data.draw(st.sets(st.sampled_from(range(len(rows)))))) if rows else []
    for same in (table, Table(json.loads(json.dumps(table.saved)))):
        assert ([*same.rows()], len(same)) == (said, len(rows))
        assert [*same.column("surname")] == [row.get("surname") for row in rows]
        assert [*same.column("never sent")] == [None] * len(rows)
        assert [*same.where(these).rows()] == [said[n] for n in these]


def test_what_is_said_again_and_again_is_stored_once() -> None:
    table = Table.of([{"upn": str(n), "upload": "0" * 64} for n in range(5)])
    assert table.saved["columns"] == {
        "upn": ["0", "1", "2", "3", "4"],
        "upload": {"values": ["0" * 64], "which": [0, 0, 0, 0, 0]},
    }
