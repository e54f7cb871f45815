"""Columns as different values and numbers: held against a plain dictionary, record by record."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attendance.columns import PADDING, Coded, Collected, CollectedOften, Heads, Marked, Values, small, spread

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


def _read(chunks: list[list[str]], column: Collected | None = None) -> Coded:
    column = column or Collected()
    for values in chunks:
        column.add_bytes(Values(*_in_bytes(values)))
    return column.coded()


@settings(max_examples=300)
@given(st.lists(_VALUES.filter(bool), max_size=4), st.booleans())
@example([["", "a", ""], ["x" * 65, ""], ["a"]], True)
def test_a_value_that_may_stand_in_several_places_is_every_record_s_own_too(
    chunks: list[list[str]], asked: bool
) -> None:
    expected = [value for values in chunks for value in values]
    often = CollectedOften()
    met: set[str] = set()
    for values in chunks:
        often.add_bytes(Values(*_in_bytes(values)))
        met |= {*values}
        assert not asked or often.many >= often.different == len(met)
    column = often.coded()
    assert [column.at(n) for n in range(len(expected))] == expected
    assert set(column.values) == set(expected)


@given(
    st.lists(st.integers(1, 150), min_size=1, max_size=40),
    st.lists(st.integers(0, 5), max_size=5),
    st.integers(1, 4),
)
@example([64, 1, 63, 65, 128, 1, 1, 127], [0, 2], 2)
@example([1] * 200, [0, 3], 4)
def test_marked_places_are_counted_and_followed(gaps: list[int], chosen: list[int], times: int) -> None:
    places = np.cumsum(gaps) - 1
    is_so = np.zeros(int(places[-1]) + 1, np.bool_)
    is_so[places] = True
    marked = Marked.of(is_so)
    assert marked.places.tolist() == places.tolist()
    everywhere = np.arange(len(is_so) + 1)
    assert marked.before(everywhere).tolist() == [int(is_so[:n].sum()) for n in everywhere]
    begins = np.array([0, *(places[n] + 1 for n in chosen if n + times < len(places))])
    if times <= len(places):
        expected = [[places[marked.before(np.array([begin]))[0] + n] + 1 for begin in begins] for n in range(times)]
        assert [found.tolist() for found in marked.behind_next(begins, times)] == expected


@given(st.lists(st.binary(min_size=80, max_size=80), min_size=1, max_size=5), st.integers(0, 64), st.integers(1, 64))
def test_a_value_taken_from_the_head_of_its_line_is_that_taken_from_its_place(
    lines: list[bytes], offset: int, size: int
) -> None:
    body = b"".join(lines) + PADDING
    begins = np.arange(len(lines)) * 80
    lengths = np.full(len(lines), min(size, 80 - offset))
    heads = Heads.of(body, begins)
    taken = [Values(body, begins + offset, lengths, *of).words(int(lengths[0])) for of in ((heads, offset), ())]
    assert [word.tolist() for word in taken[0]] == [word.tolist() for word in taken[1]]


def test_what_is_known_of_values_is_spread_over_many_rows_as_over_few() -> None:
    which = small(np.arange(100_000) % 300, 300)
    known = np.arange(300)[::-1].copy()
    assert which.dtype == np.uint16
    assert (spread(known, which) == known[which]).all()
    assert (spread(np.ones(300, np.bool_), which)).all()


@settings(max_examples=300)
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
