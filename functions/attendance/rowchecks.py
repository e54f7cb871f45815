"""What is wrong with a row in itself: each different value is read once, by the definition of its column.

Nothing here knows what else has arrived: a row is judged by the extract, the table of codes and the moment of receipt alone
(design 5.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import compress
from string import digits
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from attendance.codes import CODES, SHOWS_SESSION_HELD
from attendance.columns import (
    Coded,
    Which,
    Written,
    among,
    any_of,
    combined,
    different,
    same_of_each,
    small,
    spread,
    stand_again,
)
from attendance.extracts import KEYS, Kind
from attendance.found import Found
from attendance.identifiers import UPN_LETTERS, UPN_PLACES, UPN_VALUES, upn_problem
from attendance.law import (
    DATE_YEARS_AHEAD,
    DATE_YEARS_BACK,
    TIME_AHEAD_MINUTES,
    academic_year,
    academic_year_days,
    months_after,
)
from attendance.reading import Table
from attendance.rows import COLUMNS, DAY, FLAG_NO, FLAG_YES, TIME, Column, Reading
from attendance.sessions import HALVES
from attendance.text import LONDON, london_day

NO_MARK: Final = "-"
_BLANKS: Final = " \t\r\n\u00a0"


@dataclass(frozen=True)
class Receipt:
    """What a file's rows are judged against beside the law: when it came, and the time of extraction sent with it."""

    received_at: datetime
    uncut_received_at: datetime
    """When it would have come, had a replay not ended before; outside a replay, `received_at`."""
    extracted_at: datetime | None = None

    @cached_property
    def received_on(self) -> date:
        """The day in London on which it came."""
        return london_day(self.uncut_received_at)

    @cached_property
    def sessions_taken(self) -> tuple[date, date]:
        """First and last day of which a session is taken."""
        first, _ = academic_year_days(academic_year(self.received_on) - DATE_YEARS_BACK.latest)
        return first, months_after(self.received_on, 12 * DATE_YEARS_AHEAD.latest)

    @property
    def latest_time(self) -> datetime:
        """The latest time that a row may claim."""
        return self.uncut_received_at + timedelta(minutes=TIME_AHEAD_MINUTES.latest)


# --- From text to value ----------------------------------------------------------------------------------------------------

type Read = tuple[Any, str | None]
"""What a text says (None: nothing), and the code of what is wrong with it (None: nothing)."""


def upn_problems(upns: Sequence[str]) -> dict[int, str]:
    """What is wrong with UPNs, by their places, as `upn_problem` says it; those with which nothing is are found all together."""
    of_size = np.fromiter(map(len, upns), np.intp, len(upns)) == len(_UPN)
    sized = upns if of_size.all() else compress(upns, of_size.tolist())
    letters = _letters(sized, len(_UPN)).T.copy()  # a line a place: that is quicker
    numbers, last = letters[1:-1] - np.uint8(ord("0")), letters[-1]
    counted = _UPN_PLACES[:-1] @ numbers + _UPN_PLACES[-1] * _UPN_VALUES.take(last)
    is_written_so = (numbers < len(digits)).all(axis=0) & _UPN_ENDS.take(last)
    is_sound = np.zeros(len(upns), np.bool_)
    is_sound[of_size] = is_written_so & (letters[0] == _UPN_LETTERS.take(counted % len(_UPN_LETTERS)))
    problems = {n: upn_problem(upns[n]) for n in (~is_sound).nonzero()[0].tolist()}
    return {n: problem for n, problem in problems.items() if problem}


def _letters(texts: Iterable[str], size: int) -> NDArray[np.uint8]:
    """The letters of texts that have so many, a text a line; what is not ASCII is a question mark."""
    return np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8).reshape(-1, size)


_UPN: Final = "A801200005001"
_UPN_LETTERS, _UPN_VALUES = (np.frombuffer(each, np.uint8) for each in (UPN_LETTERS.encode("ascii"), UPN_VALUES))
_UPN_PLACES: Final = np.array(UPN_PLACES, np.int64)
_UPN_ENDS: Final = any_of(f"{digits}{UPN_LETTERS}".encode("ascii"))
"""What a UPN may end with: a letter stands in a temporary one."""

_DAY: Final = re.compile(DAY)
_TIME: Final = re.compile(TIME)
_MINUTES: Final = re.compile(r"\d{1,3}", re.ASCII)
_URN: Final = re.compile(r"\d{6}", re.ASCII)
_LA: Final = re.compile(r"\d{3}", re.ASCII)


def time_value(text: str) -> datetime | None:
    """The moment that a text says, None if it is none; without offset it is London's.

    >>> print(time_value("2025-09-08T09:05"), time_value("2025-09-08T09:05+0200"), time_value("8 September"))
    2025-09-08 08:05:00+00:00 2025-09-08 07:05:00+00:00 None
    """
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC) - _summer_time(moment.date(), moment.hour)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # there is no such day, or none such in UTC
        return None


def times_of(texts: Sequence[str | None]) -> NDArray[np.int64]:
    """The moments that texts say, as `time_value` reads them, in microseconds since 1970; NO_TIME for those that say none.

    Nearly all are written to the second, without offset: of these each hour is read once and the rest counted for all together.
    """
    times = np.full(len(texts), NO_TIME, np.int64)
    usual, letters = _to_the_second(texts)
    places = letters.T.copy()  # a line a place: that is quicker
    sound = ((places >= _LEAST) & (places <= _GREATEST)).all(axis=0) & _SEPARATES.take(places[_SEPARATOR])
    if not sound.all():
        usual, letters, places = usual[sound], letters[sound], places[:, sound]
    figures = places - _LEAST
    pairs = figures[_TENS] * np.uint8(10) + figures[_ONES]
    hour, rest = _OF_HOUR @ pairs[: len(_OF_HOUR)], _SINCE_HOUR @ pairs[len(_OF_HOUR) :]
    _, first, of = np.unique(hour, return_index=True, return_inverse=True)
    begins = [_number(time_value(f"{hour.tobytes().decode()}:00")) for hour in letters[first, :_HOUR]]
    times[usual] = np.array(begins, np.int64)[of]
    times[usual] += np.where(times[usual] == NO_TIME, 0, rest)
    for n in (times == NO_TIME).nonzero()[0].tolist():
        times[n] = _number(time_value(texts[n] or ""))
    return times


def _to_the_second(texts: Sequence[str | None]) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Which of the texts are as long as one to the second, and their letters, a text a line."""
    size = len(_TO_THE_SECOND)
    if isinstance(texts, _Trimmed):
        return texts.written.of_size(size)  # of these, none that is a time has a blank around it
    usual = [(n, text) for n, text in enumerate(texts) if text and len(text) == size]
    return np.array([n for n, _ in usual], np.intp), _letters([text for _, text in usual], size)


_TO_THE_SECOND: Final = "2025-09-08T09:05:00"
_HOUR: Final = len("2025-09-08T09")
_SEPARATOR: Final = _TO_THE_SECOND.index("T")
_SEPARATES: Final = any_of(b"T ")
_LEAST, _GREATEST = (
    np.frombuffer(text, np.uint8).reshape(-1, 1) for text in (b"0000-00-00 00:00:00", b"9999-99-99T99:59:59")
)
"""The least and the greatest character of each place."""
_TENS: Final = [0, 2, 5, 8, 11, 14, 17]
_ONES: Final = [1, 3, 6, 9, 12, 15, 18]
"""The places of the figures that are read in pairs: of the year two pairs, month, day, hour; minute and second."""
_OF_HOUR: Final = np.array([10**8, 10**6, 10**4, 10**2, 1], np.int64)
_SINCE_HOUR: Final = np.array([60_000_000, 1_000_000], np.int64)
"""What a pair counts for: in a number of the hour, and in microseconds since it began."""
NO_TIME: Final = int(np.iinfo(np.int64).min)
"""Where none is said."""


def _number(moment: datetime | None) -> int:
    return NO_TIME if moment is None else microseconds(moment)


@lru_cache(maxsize=10_000)
def _summer_time(day: date, hour: int) -> timedelta:
    """How far London's clocks are ahead of UTC in an hour: not, in that which comes twice in autumn and that which is left out."""
    at = datetime.combine(day, time(hour), LONDON)
    return min(at.utcoffset() or timedelta(), at.replace(fold=1).utcoffset() or timedelta())


def day_value(text: str) -> date | None:
    """The day that a text says, None if it is written otherwise or there is none such."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _reader(kind: Kind, column: Column, receipt: Receipt) -> Callable[[str], Read]:
    """How a value of a column that is there is read; not of a time (`_read_times`), nor of a UPN (`upn_problems`)."""

    def matching(value: Callable[[str], Any], problem: str = "VALUE_INVALID") -> Callable[[str], Read]:
        def read(text: str) -> Read:
            found = value(text)
            return found, None if found is not None else problem

        return read

    match column.reading:
        case "session":
            return matching(lambda text: text if text in column.choices else None, "SESSION_UNKNOWN")
        case "date":
            return lambda text: _day(text, kind, receipt)
        case "minutes":
            return matching(lambda text: int(text) if _MINUTES.fullmatch(text) else None)
        case "flag":
            return matching(_flag)
        case "choice":
            return matching(lambda text: text.lower() if text.lower() in column.choices else None)
        case "urn":
            return matching(lambda text: text if _URN.fullmatch(text) else None)
        case "la":
            return matching(lambda text: text if _LA.fullmatch(text) else None)
        case _:  # a text, or a code, which is judged with its day and its session
            return lambda text: (text, None)


def _day(text: str, kind: Kind, receipt: Receipt) -> Read:
    day = day_value(text)
    if day is None:
        return None, "VALUE_INVALID" if _DAY.fullmatch(text) else "DATE_FORMAT"
    first, last = receipt.sessions_taken if kind == "attendance" else (date(1900, 1, 1), date(2200, 1, 1))
    if first <= day <= last:
        return day, None
    return day, "DATE_OUT_OF_RANGE" if kind == "attendance" else "VALUE_INVALID"


_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """A moment as microseconds since 1970 began in UTC."""
    return (moment - _START) // _MICROSECOND


def _flag(text: str) -> str | None:
    lower = text.lower()
    return "yes" if lower in FLAG_YES else "no" if lower in FLAG_NO else None


def trimmed(text: str | None) -> str | None:
    """A text without the blanks around it, None if there is nothing else."""
    return text.strip(_BLANKS) or None if text else None


def _all_trimmed(texts: Sequence[str | None]) -> Sequence[str | None]:
    if isinstance(texts, Written):
        return _Trimmed(texts)
    said = "".join(filter(None, texts))
    if any(blank in said for blank in _BLANKS):
        return [text.strip(_BLANKS) or None if text else None for text in texts]
    return [text or None for text in texts] if "" in texts else texts


@dataclass(frozen=True)
class _Trimmed(Sequence[str | None]):
    """Texts that are trimmed when they are asked for."""

    written: Written

    def __len__(self) -> int:
        return len(self.written)

    def __getitem__(self, n: Any) -> Any:
        return trimmed(self.written[n])


def detail_of(kind: Kind, code: str, field: str | None, receipt: Receipt) -> str | None:
    """What the message of a finding has to know beside field and value."""
    if code == "DATE_OUT_OF_RANGE":
        first, last = receipt.sessions_taken
        return f"{first} to {last}"
    if code == "VALUE_INVALID":
        column = next(each for each in COLUMNS[kind] if each.name == field)
        return _EXPECTED.get(column.reading) or f"one of {', '.join(column.choices)} is expected"
    return None


_EXPECTED: Final[Mapping[Reading, str]] = MappingProxyType(
    {
        "date": "there is no such day",
        "time": "a date and time like 2025-09-08T09:05:00 is expected",
        "minutes": "whole minutes from 0 to 999 are expected",
        "flag": "yes or no is expected",
        "urn": "the six digits of a URN are expected",
        "la": "the three digits of an authority are expected",
    }
)

type Places = NDArray[np.intp]
"""Some of the rows, by their places among all."""

# --- All rows at once -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Valued:
    """A column of rows: its different values, and for each row the index of its own."""

    values: Sequence[Any]
    """Times as an array of microseconds since 1970, NO_TIME for none."""
    which: Which

    def of(self, rows: NDArray[np.bool_] | Places, many: int) -> Valued:
        """The column of some of the rows, of which there are so many, without the values that none of them has."""
        if len(self.values) == 1 and many:
            return Valued(self.values, self.which[:many])
        which = self.which[rows]
        used = _used(which, len(self.values))
        if used.all():
            return Valued(self.values, which)
        values = self.values[used] if isinstance(self.values, np.ndarray) else tuple(compress(self.values, used))
        if len(values) == 1:
            return Valued(values, same_of_each(np.uint8(0), len(which)))
        place = np.cumsum(used, dtype=np.int32) - 1
        return Valued(values, small(place, len(values)).take(which))

    def ranked(self) -> Which:
        """For each row, each of which has a value, the place of its own among all values in their order."""
        order = _sortable(self.values).argsort(kind="stable")
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order))
        return spread(small(rank, len(rank)), self.which)

    def each(self, what: Callable[[Any], Any], dtype: Any) -> NDArray[Any]:
        """For each row what is made of its value."""
        return spread(np.array([what(value) for value in self.values], dtype), self.which)

    def times(self) -> NDArray[np.int64]:
        """For each row its time."""
        return spread(np.asarray(self.values, np.int64), self.which)


def _sortable(values: Sequence[Any]) -> NDArray[Any]:
    """Values as an array that has their order: texts of one length, as UPNs are, in their bytes, which takes half as long."""
    if isinstance(values[0], str) and len(sizes := {*map(len, values)}) == 1 and (joined := "".join(values)).isascii():
        return np.frombuffer(joined.encode("ascii"), f"S{sizes.pop()}")
    return np.array(values)


def _used(which: Which, values: int) -> NDArray[np.bool_]:
    """Which of so many values any row has: mostly some of the rows show nearly all, and few are looked for."""
    used = np.bincount(which[::_SOME], minlength=values) > 0
    unseen = (~used).nonzero()[0]
    if len(unseen) > _FEW:
        return np.bincount(which, minlength=values) > 0
    for value in unseen.tolist():
        used[value] = (which == value).any()
    return used


_MANY: Final = 20_000
_SOME: Final = 16
_FEW: Final = 4


@dataclass(frozen=True)
class Rows:
    """Rows of one kind of extract: their numbers, and the columns of a part but for received_at and upload."""

    kind: Kind
    row: NDArray[np.int64]
    columns: Mapping[str, Valued]
    once: bool = False
    """Whether it is known that no two of them speak of the same thing."""

    def __len__(self) -> int:
        return len(self.row)

    def of(self, rows: NDArray[np.bool_]) -> Rows:
        """Some of the rows."""
        if rows.all():
            return self
        places = rows.nonzero()[0]
        # Few are taken sooner by their places, many by what is so of each.
        these = places if len(rows) < _MANY else rows
        columns = {name: column.of(these, len(places)) for name, column in self.columns.items()}
        return Rows(self.kind, self.row[these], columns, self.once)


def judge(table: Table, kind: Kind, receipt: Receipt, found: Found) -> Rows:
    """The rows with which nothing is wrong; what is wrong with the others goes to `found`."""
    records = len(table.row)
    written = {column.name: table.columns.get(column.name) or Coded.same(None, records) for column in COLUMNS[kind]}
    texts = {name: Coded(_all_trimmed(text.values), text.which) for name, text in written.items()}
    columns: dict[str, Valued] = {}
    wrong: list[tuple[str, str, Places]] = []
    for column in COLUMNS[kind]:
        columns[column.name], problems = _read(kind, column, receipt, texts[column.name])
        wrong += [(column.name, code, rows) for code, rows in problems.items()]
    if kind == "attendance":
        wrong += [("code", code, rows) for code, rows in _code_problems(columns, texts).items()]
        pairs = zip(written["code"].values, texts["code"].values, strict=True)
        padded = [text is not None and text != as_written for as_written, text in pairs]
        _find(found, table.row, _where(padded, written["code"].which), "CODE_PADDED", "code", written["code"])
    sound = np.ones(records, np.bool_)
    for name, code, rows in wrong:
        _find(found, table.row, rows, code, name, texts[name])
        sound[rows] = False
    found.add("ROW_MALFORMED", None, table.malformed_row, detail=table.malformed)
    return Rows(kind, table.row, columns).of(sound)


def _find(found: Found, row: NDArray[np.int64], rows: Places, code: str, field: str, text: Coded) -> None:
    if len(rows):
        found.add(code, field, row[rows], value=text.of(rows))


def _where(flags: Sequence[bool] | NDArray[np.bool_], which: Which) -> Places:
    """The rows with values of which it is so: mostly none, and then no row is looked at."""
    of_values = np.asarray(flags, np.bool_)
    values = of_values.nonzero()[0]
    if not len(values):
        return np.zeros(0, np.intp)
    if len(values) > _FEW:
        return spread(of_values, which).nonzero()[0]
    have: NDArray[np.bool_] = which == values[0]
    for value in values[1:]:
        have |= which == value
    return have.nonzero()[0]


def _read(kind: Kind, column: Column, receipt: Receipt, text: Coded) -> tuple[Valued, dict[str, Places]]:
    """The values of a column, and of each problem in which rows it is."""
    if column.reading == "time":
        known = receipt.extracted_at or receipt.received_at if column.name == "extracted_at" else None
        return _read_times(text, _number(known), microseconds(receipt.latest_time))
    read = _reader(kind, column, receipt)
    blank: Read = (None, None if column.blank_allowed else "VALUE_MISSING")
    if column.reading == "code":
        blank = (NO_MARK, None)  # it may say that there is no mark
    if column.reading == "upn":
        upns, distinct = text.values, {*text.values}
        wrong = upn_problems([each or "" for each in upns] if None in distinct else cast("Sequence[str]", upns))
        if not wrong and len(distinct) == len(upns):
            # Mostly: each is what it says, none is blank, and none stands there a second time with spaces around it.
            return Valued(tuple(upns), text.which), {}
        every = [blank if each is None else (each, wrong.get(n)) for n, each in enumerate(upns)]
    else:
        every = [blank if each is None else read(each) for each in text.values]
    if kind != "attendance" and column.reading not in {"flag", "choice"}:
        every = [
            (each, problem) for each, (_, problem) in zip(text.values, every, strict=True)
        ]  # a part holds the text
    index: dict[Any, int] = {}
    place = np.array([index.setdefault(value, len(index)) for value, _ in every], np.int32)
    # Mostly each text is a value of its own.
    which = text.which if len(index) == len(every) else spread(place, text.which)
    codes = [problem for _, problem in every]
    problems = {code: _where([each == code for each in codes], text.which) for code in dict.fromkeys(codes) if code}
    return Valued(tuple(index), which), problems


def _read_times(text: Coded, blank: int, latest: int) -> tuple[Valued, dict[str, Places]]:
    if not any(text.values):  # as of a column that the file does not have
        return Valued(cast("Sequence[int]", np.array([blank])), same_of_each(np.uint8(0), len(text.which))), {}
    times = times_of(text.values)
    said = np.ones(len(times), np.bool_)
    for n in (times == NO_TIME).nonzero()[0].tolist():
        if text.values[n] is None:
            said[n], times[n] = False, blank
    values, place = np.unique(times, return_inverse=True)
    problems = {"VALUE_INVALID": said & (times == NO_TIME), "TIME_AHEAD": said & (times > latest)}
    return (
        Valued(cast("Sequence[int]", values), spread(place.astype(np.int32), text.which)),
        {code: _where(flags, text.which) for code, flags in problems.items()},
    )


def _code_problems(columns: Mapping[str, Valued], texts: Mapping[str, Coded]) -> dict[str, Places]:
    """Made from the table of codes: what the code is, on that day, in that session."""
    code, date_, session = (columns[name] for name in ("code", "date", "session"))
    table = [CODES.get(value) for value in code.values]
    no_mark = np.array([value == NO_MARK for value in code.values], np.bool_)
    begins = _days([(each.in_force_from or date.min) if each else None for each in table])
    ends = _days([(each.in_force_until or date.max) if each else None for each in table])
    day = _days(date_.values)
    is_code = begins > 0
    # Few days are outside those on which every code in the file was in force.
    seldom = (day > 0) & ((day < begins.max(initial=0)) | (day > ends[is_code].min(initial=_NEVER)))
    rows = _where(seldom, date_.which)
    rows = rows[is_code[code.which[rows]]]
    of_code, on = code.which[rows], day[date_.which[rows]]
    unknown = different(_where(~no_mark & ~is_code, code.which), rows[on < begins[of_code]])
    withdrawn = rows[(on >= begins[of_code]) & (on > ends[of_code])]
    elsewhere = np.array(
        [
            each is not None and half in HALVES and half not in each.sessions
            for each in table
            for half in session.values
        ],
        np.bool_,
    )
    halves = len(session.values)
    elsewhere_rows = _where(elsewhere, small(code.which, len(elsewhere)) * halves + session.which)
    blank = _where(no_mark, code.which)
    return {
        "CODE_BLANK": blank[_is_none(texts["amendment_reason"], blank) | _is_none(texts["recorded_by"], blank)],
        "CODE_UNKNOWN": unknown,
        "CODE_WITHDRAWN": withdrawn,
        "CODE_WRONG_SESSION": elsewhere_rows[~among(elsewhere_rows, different(unknown, withdrawn))],
    }


def _days(days: Sequence[date | None]) -> NDArray[np.int32]:
    """Days as numbers, 0 for none."""
    return np.array([day.toordinal() if day else 0 for day in days], np.int32)


def _is_none(text: Coded, rows: Places) -> NDArray[np.bool_]:
    return np.array([each is None for each in text.values], np.bool_)[text.which[rows]]


_NEVER: Final = date.max.toordinal() + 1


# --- Two rows about the same ------------------------------------------------------------------------------------------------


def compare(rows: Rows, found: Found) -> Rows:
    """Find the rows of one file that speak of the same thing: repeated, or in conflict (design 4.2); gives those in no conflict.

    Different rows that claim the same time (recorded_at, else extracted_at) are in conflict, each; with different times they
    are an original and its amendment.
    """
    key = combined([rows.columns[name].which for name in KEYS[rows.kind]])
    twin = stand_again(key)
    if not twin.any():
        return replace(rows, once=True)
    met, key = rows.of(twin), key[twin]
    content = combined([met.columns[each.name].which for each in COLUMNS[rows.kind] if each.name != "extracted_at"])
    in_conflict = _find_conflicts(combined([key, _claimed(met)]), content, met.row, found)
    _, first, same = np.unique(combined([key, content]), return_index=True, return_inverse=True)
    again = ~in_conflict & (met.row > met.row[first[same]])
    earlier = Coded([str(n) for n in met.row[first].tolist()], same.astype(np.int32))
    found.add("ROW_REPEATED", None, met.row[again], detail=earlier.of(again))
    kept = np.ones(len(rows), np.bool_)
    kept[twin.nonzero()[0][in_conflict]] = False
    return rows.of(kept)


def _claimed(rows: Rows) -> NDArray[np.int64]:
    """For each row a number that is equal where the same time is claimed."""
    times = rows.columns["extracted_at"].times()
    if rows.kind == "attendance":
        recorded = rows.columns["recorded_at"].times()
        times = np.where(recorded == NO_TIME, times, recorded)
    return np.unique(times, return_inverse=True)[1]


def _find_conflicts(
    same_time: NDArray[np.int64], content: NDArray[np.int64], row: NDArray[np.int64], found: Found
) -> NDArray[np.bool_]:
    """Which rows say something else than another of the same time; each is told the first ten of them."""
    _, group = np.unique(same_time, return_inverse=True)
    order = np.argsort(group, kind="stable")
    begins = np.diff(group[order], prepend=-1).nonzero()[0]
    least, most = (each.reduceat(content[order], begins) for each in (np.minimum, np.maximum))
    in_conflict: NDArray[np.bool_] = (least != most)[group]
    ends = np.append(begins[1:], len(order))
    rivals = [
        ", ".join(map(str, row[order[begin : min(end, begin + 10)]].tolist())) if apart else ""
        for begin, end, apart in zip(begins.tolist(), ends.tolist(), (least != most).tolist(), strict=True)
    ]
    found.add("ROWS_CONFLICT", None, row[in_conflict], detail=Coded(rivals, group.astype(np.int32)).of(in_conflict))
    return in_conflict


# --- What a good row still calls for ------------------------------------------------------------------------------------------

_NOTE_NEEDED: Final = ("B", "K", "Y7")
_WEEKEND: Final = (5, 6)
_AHEAD: Final = ("#", NO_MARK)  # closures are planned: their marks come before their days


def remark(rows: Rows, received_on: date, found: Found) -> None:
    """Add what attendance rows show by themselves that keeps none out: a note missing, a day at a weekend or to come."""
    code, day, note = (rows.columns[name] for name in ("code", "date", "note"))
    days = Coded([str(each) for each in day.values], day.which)

    without = _both(code, lambda each: each in _NOTE_NEEDED, note, lambda each: each is None)
    found.add("NOTE_MISSING", "note", rows.row[without], detail=Coded(code.values, code.which).of(without))
    off = _both(day, lambda each: each.weekday() in _WEEKEND, code, lambda each: each in SHOWS_SESSION_HELD)
    weekdays = Coded([f"{each:%A}" for each in day.values], day.which)
    found.add("DATE_WEEKEND", "date", rows.row[off], days.of(off), weekdays.of(off))
    ahead = _both(day, lambda each: each > received_on, code, lambda each: each not in _AHEAD)
    found.add("DATE_FUTURE", "date", rows.row[ahead], days.of(ahead))


def _both(column: Valued, is_so: Callable[[Any], bool], other: Valued, is_so_too: Callable[[Any], bool]) -> Places:
    """The rows of whose values in two columns something is so: the first is of few rows, and only these are asked the other."""
    rows = _where([is_so(each) for each in column.values], column.which)
    return rows[np.array([is_so_too(each) for each in other.values], np.bool_)[other.which[rows]]]
