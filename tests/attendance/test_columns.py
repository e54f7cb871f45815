"""Columns as different values and numbers: held against a plain dictionary, record by record."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attendance.columns import PADDING, Coded, Collected, Values

# Alike in their first eight or sixteen bytes, longer than what is compared as numbers, empty, of more than one byte a letter.
_ALIKE = st.sampled_from(
    ["", "a", "b", "é", "Ω", "12345678", "123456789", "12345678" * 2, "12345678" * 2 + "9", "x" * 64, "x" * 65]
)
_VALUES = st.lists(
    st.one_of(_ALIKE, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n,"), max_size=70)),
    max_size=60,
)


def _in_bytes(values: list[str]) -> tuple[bytes, np.ndarray, np.ndarray]:
    encoded = [value.encode() for value in values]
    lengths = np.array([len(each) for each in encoded], np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths + 1)[:-1])).astype(np.int64)
    return b",".join(encoded) + PADDING, starts[: len(values)], lengths


def _read(chunks: list[list[str]]) -> Coded:
    column = Collected()
    for values in chunks:
        column.add_bytes(Values(*_in_bytes(values)))
    return column.coded()


@settings(deadline=None, max_examples=300)
@given(st.lists(_VALUES.filter(bool), max_size=4))
@example([["12345678", "123456789", "12345678"]])
@example([["12345678", "1234567812345678"], ["12345678"], ["1234567812345678"], ["a"]])
@example([[""] * 3])
def test_every_record_has_its_own_value(chunks: list[list[str]]) -> None:
    column, expected = _read(chunks), [value for values in chunks for value in values]
    assert [column.at(n) for n in range(len(expected))] == expected
    assert set(expected) == set(column.values)
    assert len(set(column.values)) == len(column.values)


def test_many_different_values_that_share_places() -> None:
    chunks = [[f"{n % 40_000:08d}" for n in range(first, first + 50_000)] for first in (0, 20_000, 7)]
    column, expected = _read(chunks), [value for values in chunks for value in values]
    assert [column.values[n] for n in column.which] == expected
    assert sorted(str(value) for value in column.values) == sorted(set(expected))


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.text("ab", max_size=2), st.lists(st.text("ab", max_size=2), min_size=1, max_size=5)), max_size=20
    )
)
def test_single_values_and_chunks_are_one_column(pieces: list[str | list[str]]) -> None:
    column, expected = Collected(), []
    for piece in pieces:
        if isinstance(piece, str):
            column.add(piece)
            expected.append(piece)
        else:
            column.add_chunk(piece, np.arange(len(piece)))
            expected += piece
    coded = column.coded()
    assert [coded.at(n) for n in range(len(expected))] == expected
    assert len(coded.values) == column.different == len(set(expected))


def test_some_of_the_records() -> None:
    column = Coded(("a", "b"), np.array([0, 1, 1], np.int32))
    some = column.of(np.array([False, True, True]))
    assert [some.at(0), some.at(1)] == ["b", "b"]
