"""The rule of ten in ten school weeks, and the folding of registers and rolls, against slow oracles written from the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from builders import CLASSMATE, LA, PUPIL, URN, marks_of, parquet, present, pupil_row, roll_of, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.extracts import Kind
from attendance.marks import CODE_ORDER, Marks, read_marks, session_of
from attendance.positions import Assessor, SchoolView
from attendance.register import fold, folded_parts
from attendance.roll import Roll
from attendance.sessions import HALVES, Session
from attendance.standing import Position, PupilHistory

# ---------------------------------------------------------------- ten sessions in ten school weeks

MONDAYS = [date(2025, 5, 26) + timedelta(weeks=n) for n in range(9)] + [
    date(2025, 9, 1) + timedelta(weeks=n) for n in range(14)
]
MASKS = st.sampled_from([0, 0, 1, 0b11, 0b1111, 0b10000, 0b1111111111]) | st.integers(0, 1023)


@dataclass(frozen=True)
class Week:
    """A week of a school and of a pupil: what was held, what the pupil missed and with which code, which case used it."""

    monday: date
    held: int
    missed: int
    code: str
    used_by: str | None

    def named(self, mask: int) -> list[Session]:
        return [Session(self.monday + timedelta(days=n // 2), HALVES[n % 2]) for n in range(10) if mask >> n & 1]


def weeks_of_a_year() -> st.SearchStrategy[list[Week]]:
    held = st.just(1023) | MASKS
    codes = st.sampled_from(["G", "N", "O", "U", "O", "I"])
    users = st.sampled_from([None, None, None, "first", "second"])
    return st.tuples(*(st.builds(Week, st.just(monday), held, MASKS, codes, users) for monday in MONDAYS)).map(list)


@dataclass(frozen=True)
class Said:
    """What the law, read slowly, says of a pupil."""

    weeks: list[date]
    count: int
    window: list[Session]
    best: int
    best_weeks: list[date]
    met_at: Session | None
    provisional: bool
    drops_on: date | None


def read_slowly(weeks: Sequence[Week], as_at: date) -> Said:
    """Ten sessions of unauthorised absence within ten school weeks, counted session by session."""
    day_ahead = [s for week in weeks for s in week.named(week.held) if s.day > as_at]
    held = [s for week in weeks for s in week.named(week.held) if s.day <= as_at]
    absent = {s: week for week in weeks for s in week.named(week.missed & week.held) if s.day <= as_at}
    counts = {s: week for s, week in absent.items() if week.code in {"G", "N", "O", "U"}}
    school_weeks = sorted({monday_of(s.day) for s in held})
    this_year = as_at.year if as_at.month >= 8 else as_at.year - 1
    since = date(this_year - 1, 8, 1)

    def ten_weeks_ending_with(week: date, known: Sequence[date] = school_weeks) -> list[date]:
        return [each for each in known if each <= week][-10:]

    def first_met(without_n: bool) -> Session | None:
        found = []
        for case in (None, "first", "second"):
            mine = [
                s for s, week in counts.items() if week.used_by in (None, case) and not (without_n and week.code == "N")
            ]
            for s in mine:
                window = ten_weeks_ending_with(monday_of(s.day))
                if s.day >= since and len([c for c in mine if monday_of(c.day) in window and c <= s]) >= 10:
                    found.append(s)
        return min(found, default=None)

    free = sorted(s for s, week in counts.items() if week.used_by is None)
    now = school_weeks[-10:]
    window = [s for s in free if monday_of(s.day) in now]
    best, best_weeks = 0, []
    for week in school_weeks:
        if week + timedelta(days=6) >= since:
            of_week = ten_weeks_ending_with(week)
            total = len([s for s in free if monday_of(s.day) in of_week])
            if total >= best:
                best, best_weeks = total, of_week
    drops_on = None
    if window:
        every = sorted({*school_weeks, *(monday_of(s.day) for s in day_ahead)})
        later = [week for week in every if week > window[0].day]
        drops_on = next((w for w in later if monday_of(window[0].day) not in ten_weeks_ending_with(w, every)), None)
    met_at = first_met(without_n=False)
    provisional = met_at is not None and first_met(without_n=True) is None
    return Said(now, len(window), window, best, best_weeks, met_at, provisional, drops_on)


def monday_of(day: date) -> date:
    while day.isoweekday() != 1:
        day -= timedelta(days=1)
    return day


def computed(weeks: Sequence[Week], as_at: date) -> Position:
    """The position of the pupil in the very school that the weeks describe; the days ahead are in its calendar."""
    held = [s for week in weeks for s in week.named(week.held)]
    missed = {s: week.code for week in weeks for s in week.named(week.missed)}
    own = {s: missed.get(s, present(s)) for s in {*held, *missed} if s.day <= as_at}
    shut = [s for s in missed if s not in held]  # absence on a day the calendar says was closed
    calendar = [(s, "no") for s in shut] + [(s, "yes") for s in held if s.day > as_at]
    view = SchoolView(
        urn=URN, la=LA, in_framework=True,
        marks=marks_of({PUPIL: own, CLASSMATE: {s: present(s) for s in held if s.day <= as_at}}),
        roll=roll_of(
            pupils=[pupil_row(), pupil_row(CLASSMATE)],
            calendar=[{"date": s.day.isoformat(), "session": s.half, "open": is_open} for s, is_open in calendar],
        ),
        history={
            PUPIL: PupilHistory(
                used_by_case={
                    case: frozenset(s for week in weeks if week.used_by == case for s in week.named(week.missed))
                    for case in ("first", "second")
                }
            )
        },
    )  # fmt: skip
    return Assessor(view, as_at).standing(PUPIL).position


AS_AT = st.sampled_from([date(2025, 5, 26) + timedelta(days=n) for n in range(200)] + [date(2026, 8, 5)])


@settings(max_examples=150)
@given(weeks_of_a_year(), AS_AT)
def test_ten_in_ten_school_weeks_is_what_the_law_read_slowly_says(weeks: list[Week], as_at: date) -> None:
    position, said = computed(weeks, as_at), read_slowly(weeks, as_at)

    assert list(position.window.weeks) == said.weeks
    assert [each.at for each in position.window.sessions] == said.window
    assert (position.count, position.to_go) == (said.count, max(0, 10 - said.count))
    assert (position.best.count, list(position.best.weeks)) == (said.best, said.best_weeks)
    met_at = position.met_at and Session(position.met_at.date, position.met_at.session)
    assert (position.met, met_at) == (said.met_at is not None, said.met_at)
    assert position.provisional == said.provisional
    assert position.drops_on == said.drops_on


# ---------------------------------------------------------------- folding

ATTENDANCE = {
    "upn": "VARCHAR", "date": "DATE", "session": "VARCHAR", "code": "VARCHAR", "minutes_late": "INTEGER", "note": "VARCHAR",
    "recorded_at": "TIMESTAMP", "recorded_by": "VARCHAR", "amendment_reason": "VARCHAR", "extracted_at": "TIMESTAMP",
    "received_at": "TIMESTAMP", "upload": "VARCHAR", "row": "BIGINT",
}  # fmt: skip
CONTENT = tuple(ATTENDANCE)[:9]
type Entry = tuple[object, ...]
type Part = tuple[str, list[Entry]]

_TIMES = [datetime(2025, 9, 1, hour) for hour in (9, 12, 15)]  # noqa: DTZ001 - TIMESTAMP columns are naive, and UTC


def parts() -> st.SearchStrategy[list[Part]]:
    """Some uploads, each with rows of few pupils, sessions and times, so that they meet often."""
    content = st.tuples(
        st.sampled_from([PUPIL, CLASSMATE]),
        st.sampled_from([date(2025, 9, 1), date(2025, 9, 2)]),
        st.sampled_from(HALVES),
        st.sampled_from(["O", "I", "-"]),
        st.none(),
        st.sampled_from([None, "note"]),
        st.sampled_from([None, *_TIMES]),
        st.just("teacher"),
        st.sampled_from([None, "reason"]),
    )

    def upload(n: int) -> st.SearchStrategy[Part]:
        name = f"20250901T{10 + n}0000Z-{n:064}.parquet"
        return st.tuples(st.lists(content, min_size=1, max_size=6), st.sampled_from(_TIMES)).map(
            lambda drawn: (
                name,
                [
                    (*row, drawn[1], _TIMES[0] + timedelta(hours=n), f"{n:064}", place)
                    for place, row in enumerate(drawn[0], 2)
                ],
            )
        )

    return st.integers(1, 4).flatmap(lambda count: st.tuples(*map(upload, range(count))).map(list))


def rank(entry: Entry) -> tuple[object, ...]:
    """Greatest by (recorded_at, extracted_at, upload, row); a blank recorded_at ranks as extracted_at."""
    row = dict(zip(ATTENDANCE, entry, strict=True))
    return (row["recorded_at"] or row["extracted_at"], row["extracted_at"], row["upload"], row["row"])


def in_force_slowly(every: Sequence[Part]) -> dict[tuple[object, ...], object]:
    """The code in force for each pupil and session: the greatest entry that anybody ever sent."""
    best: dict[tuple[object, ...], Entry] = {}
    for _, rows in every:
        for row in rows:
            if row[:3] not in best or rank(row) > rank(best[row[:3]]):
                best[row[:3]] = row
    return {key: row[3] for key, row in best.items()}


def provenance(row: Entry) -> tuple[object, ...]:
    """What orders two receipts of one entry: when it was extracted, in which upload, in which row."""
    return (row[9], row[11], row[12])


@settings(max_examples=25)
@given(st.data(), parts())
def test_folding_in_any_order_with_any_repetition_gives_the_same_bytes(data: st.DataObject, every: list[Part]) -> None:
    stored = [(name, parquet(ATTENDANCE, rows)) for name, rows in every]
    whole = fold(stored)

    shuffled = data.draw(st.permutations([*stored, *data.draw(st.lists(st.sampled_from(stored), max_size=2))]))
    cut = data.draw(st.integers(1, len(shuffled)))
    begun = fold(shuffled[:cut])
    again = data.draw(st.lists(st.sampled_from(stored), max_size=1))
    finished = fold([*shuffled[cut:], *again], onto=begun.body)

    assert finished.body == whole.body
    assert finished.parts == folded_parts(whole.body) == tuple(sorted(name for name, _ in every))


@settings(max_examples=25)
@given(parts())
def test_no_entry_is_lost_and_the_greatest_is_in_force(every: list[Part]) -> None:
    register = fold([(name, parquet(ATTENDANCE, rows)) for name, rows in every])
    received: dict[tuple[object, ...], list[Entry]] = {}
    for _, rows in every:
        for row in rows:
            received.setdefault(row[:9], []).append(row)

    kept = rows_of(register.body)

    assert {tuple(row[name] for name in CONTENT) for row in kept} == set(received)
    assert len(kept) == len(received)
    for each in kept:
        sent = received[tuple(each[name] for name in CONTENT)]
        first = tuple(each[f"first_{name}"] for name in ("extracted_at", "upload", "row"))
        assert first == provenance(min(sent, key=provenance))
        assert (each["extracted_at"], each["upload"], each["row"]) == provenance(max(sent, key=provenance))
    in_force = [((each["upn"], each["date"], each["session"]), each["code"]) for each in kept if each["in_force"]]
    assert len(in_force) == len(dict(in_force))
    assert dict(in_force) == in_force_slowly(every)
    assert codes_in(read_marks([register.body])) == {key: code for key, code in in_force if code != "-"}


def codes_in(marks: Marks) -> dict[tuple[object, ...], object]:
    """The marks as they were sent."""
    found: dict[tuple[object, ...], object] = {}
    for pupil, number, code in zip(marks.pupil, marks.at, marks.code, strict=True):
        session = session_of(int(number))
        found[marks.upns[pupil], session.day, session.half] = CODE_ORDER[code]
    return found


PUPILS = {
    "upn": "VARCHAR", "surname": "VARCHAR", "withdrawn_on": "VARCHAR", "extracted_at": "TIMESTAMP", "received_at": "TIMESTAMP",
    "upload": "VARCHAR", "row": "BIGINT",
}  # fmt: skip


def rolls() -> st.SearchStrategy[list[Part]]:
    """Some uploads of pupils, with rows of the same few pupils."""
    row = st.tuples(
        st.sampled_from([PUPIL, CLASSMATE]), st.sampled_from(["Before", "After"]), st.sampled_from([None, "2025-09-01"])
    )

    def upload(n: int) -> st.SearchStrategy[Part]:
        rows = st.lists(row, min_size=1, max_size=2, unique_by=lambda each: each[0])
        return st.tuples(rows, st.sampled_from(_TIMES)).map(
            lambda drawn: (
                f"pupils-{n}",
                [(*each, drawn[1], _TIMES[0], f"{n:064}", place) for place, each in enumerate(drawn[0], 2)],
            )
        )

    return st.integers(1, 4).flatmap(lambda count: st.tuples(*map(upload, range(count))).map(list))


@settings(max_examples=25)
@given(st.data(), rolls())
def test_the_roll_is_the_greatest_row_of_each_pupil_in_whatever_order_they_came(
    data: st.DataObject, every: list[Part]
) -> None:
    stored: list[tuple[str, Kind, bytes]] = [(name, "pupils", parquet(PUPILS, rows)) for name, rows in every]
    whole = Roll().folded(stored)

    shuffled = data.draw(st.permutations([*stored, *data.draw(st.lists(st.sampled_from(stored), max_size=2))]))
    cut = data.draw(st.integers(0, len(shuffled)))
    piecemeal = Roll.load(Roll().folded(shuffled[:cut]).dump()).folded(shuffled[cut:])

    assert piecemeal.dump() == whole.dump()
    rows = [row for _, of_part in every for row in of_part]
    greatest = {
        upn: max((r for r in rows if r[0] == upn), key=lambda r: r[3:4] + r[5:]) for upn in {r[0] for r in rows}
    }
    assert {upn: pupil.surname for upn, pupil in whole.pupils.items()} == {
        upn: row[1] for upn, row in greatest.items() if row[2] is None
    }
