"""The four returns of regulation 13: which pupils are due to be reported, since when, and with what (law.md section 3).

Returns are owed by every school, in the national framework or not. Each is found from the register and the roll alone; that it
was made already is known by its key (kind, school, pupil, `since`), so a return is made once however often it is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from attendance import law
from attendance.ages import compulsory_from, compulsory_until
from attendance.codes import POSSIBLE, UNAUTHORISED
from attendance.due import Return
from attendance.law import academic_year, academic_year_days
from attendance.marks import CODE_ORDER, at, flags_of, session_of
from attendance.positions import Assessor
from attendance.roll import Expected, Pupil
from attendance.service import is_working_day
from attendance.sessions import HALVES, Session

type Kind = Literal["attendance", "sickness", "new_pupil", "deletion"]


READ_AS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "attendance": "A run is broken by a possible session with a code other than G, N, O and U; sessions that are not "
        "possible, or have no mark, are passed over. Two sessions are a day.",
        "sickness": "A day with one I is a day. A continuous period of sickness is a run of sessions with I: a possible "
        "session with another code ends it; sessions that are not possible, or have no mark, are passed over. One return "
        "a school year.",
    }
)
"""How two returns read what the text leaves open [U]; the other readings are in docs/law.md."""


@dataclass(frozen=True)
class Readings:
    """How an authority reads what the text of the sickness return leaves open [U]; as made, the adopted reading."""

    halves: bool = False
    """Sickness is counted in sessions (two make a day), not in days with at least one I."""
    each_illness: bool = False
    """After the return of the year, a later and separate continuous period that itself comes to fifteen days needs another."""

    @property
    def per_day(self) -> int:
        """How many of what is counted make a day."""
        return len(HALVES) if self.halves else 1

    def units(self, sessions: Iterable[Session]) -> int:
        """How much of what is counted these sessions are."""
        return len(set(sessions)) if self.halves else len({session.day for session in sessions})


@dataclass(frozen=True)
class Correction:
    """A return that was written and that the register no longer bears out; `now` is its row as due now, None: none is."""

    kind: str
    urn: str
    upn: str
    since: str
    now: Mapping[str, str] | None

    @property
    def says(self) -> str:
        """What the register says now."""
        return _NO_MORE[self.kind] if self.now is None else _SAYS_NOW[self.kind].format(**self.now)


_NO_MORE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attendance": "the register no longer shows an absence that makes an attendance return due",
        "sickness": "the register no longer shows, and no evidence expects, illness that makes a sickness return due",
        "new_pupil": "the roll no longer gives that starting day",
        "deletion": "the roll no longer gives that leaving day",
    }
)
_SAYS_NOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attendance": "the register now shows {sessions} sessions, from {from} until {until}",
        "sickness": "the register now shows {days} days, from {from} until {until}",
        "new_pupil": "the roll now gives the starting day {starting_day}",
        "deletion": "the roll now gives the leaving day {leaving_day} and the ground {ground}",
    }
)


def returns_due(assessor: Assessor, readings: Readings) -> Iterator[Return]:
    """Every return of the academic year of as-at that is due by then, whether or not it was made already."""
    in_force = assessor.as_at >= law.SCHEME_START  # before it only the attendance return was owed
    yield from _attendance(assessor)
    if in_force:
        yield from _sickness(assessor, readings)
        year = school_year(assessor)
        first, _ = academic_year_days(assessor.year)
        roll = assessor.view.roll
        came, classes = roll.days("starting_day"), roll.said("year_group")
        asked = {upn for upn, day in roll.days("leaving_day").items() if day >= first}
        for upn, day in came.items():  # nearly all came before this year, or into its most junior class, and are there
            if day >= first and not year.enters_at_the_bottom(day, classes.get(upn)):
                asked.add(upn)
        for upn in sorted(asked):
            yield from _new_pupil(assessor, upn, roll.pupils[upn], year)
            yield from _deletion(assessor, upn, roll.pupils[upn], year)


def _who(urn: str, upn: str, pupil: Pupil | None) -> dict[str, str]:
    address = pupil.address if pupil else ()
    return {
        "urn": urn,
        "upn": upn,
        "surname": pupil.surname if pupil else "",
        "forename": pupil.forename if pupil else "",
        **{f"address_{n + 1}": address[n] if n < len(address) else "" for n in range(4)},
        "postcode": pupil.postcode if pupil else "",
    }


def _year_of(assessor: Assessor, pupil: Pupil | None) -> tuple[date, date]:
    """The days of the academic year on which the pupil is of compulsory school age (birth date unknown: taken so)."""
    first, last = academic_year_days(assessor.year)
    if pupil is None or pupil.date_of_birth is None:
        return first, last
    return max(first, compulsory_from(pupil.date_of_birth)), min(last, compulsory_until(pupil.date_of_birth))


def this_year(assessor: Assessor, upn: str, pupil: Pupil | None, *codes: str) -> list[tuple[Session, str]]:
    """The pupil's marks of the academic year of as-at while of compulsory school age, in order: of these codes, or of all."""
    first, last = _year_of(assessor, pupil)
    marks = assessor.marks_of(upn)
    begin, end = np.searchsorted(marks.at, [at(Session(first, "AM")), at(Session(last, "PM")) + 1])
    numbers, found = marks.at[begin:end], marks.code[begin:end]
    if codes:
        wanted = flags_of(frozenset(codes))[found]
        numbers, found = numbers[wanted], found[wanted]
    return [(session_of(n), CODE_ORDER[code]) for n, code in zip(numbers.tolist(), found.tolist(), strict=True)]


def every_mark_this_year(assessor: Assessor, codes: frozenset[str]) -> dict[str, list[Session]]:
    """The sessions of every pupil with codes that are no attendance, as `this_year` has them; the pupils by UPN."""
    view, cells = assessor.view, assessor.cells.where(flags_of(codes)[assessor.cells.code])
    found: dict[str, list[Session]] = {}
    for row, number in zip(cells.pupil.tolist(), view.marks.sessions[cells.column].tolist(), strict=True):
        found.setdefault(view.marks.upns[row], []).append(session_of(number))
    for upn, sessions in found.items():
        first, last = _year_of(assessor, view.roll.pupils.get(upn))
        found[upn] = [session for session in sessions if first <= session.day <= last]
    return found


def _runs(marks: Iterable[tuple[Session, str]], codes: frozenset[str]) -> Iterator[list[Session]]:
    """The runs of sessions with one of these codes: any other possible code ends one, what is not possible is skipped."""
    run: list[Session] = []
    for session, code in marks:
        if code in codes:
            run.append(session)
        elif code in POSSIBLE and run:
            yield run
            run = []
    if run:
        yield run


_ILL = frozenset({"I"})


def _attendance(assessor: Assessor) -> Iterator[Return]:
    """Ten continuous school days of G, N, O or U, each of two sessions; one return an episode (reg 13; R1, R2, READ_AS)."""
    need = law.CONTINUOUS_DAYS.on(assessor.as_at) * len(HALVES)
    for upn in assessor.with_run(need):
        yield from _episodes(assessor, upn, assessor.view.roll.pupils.get(upn), need)


def _episodes(assessor: Assessor, upn: str, pupil: Pupil | None, need: int) -> Iterator[Return]:
    for each in _runs(this_year(assessor, upn, pupil), UNAUTHORISED):
        if len(each) >= need:
            yield Return(
                kind="attendance",
                urn=assessor.view.urn,
                upn=upn,
                since=each[0].day.isoformat(),
                made_due_on=each[need - 1].day,
                row=_who(assessor.view.urn, upn, pupil)
                | {"from": each[0].day.isoformat(), "until": each[-1].day.isoformat(), "sessions": str(len(each))},
            )


def _sickness(assessor: Assessor, readings: Readings) -> Iterator[Return]:
    """Fifteen school days of the school year missed, or expected to be missed, through illness (reg 13; R3 to R5, READ_AS).

    Due on the first day on which the days with an I, together with all that the evidence known by then expects, are fifteen.
    """
    roll = assessor.view.roll
    days = law.SICKNESS_DAYS.on(assessor.as_at)  # so many sessions are halved days too: fewer days are never enough
    for upn in sorted({*assessor.ill_for(days), *(roll.expected.keys() & {*assessor.upns})}):
        yield from _illnesses(assessor, upn, roll.pupils.get(upn), readings, days * readings.per_day)


def _illnesses(assessor: Assessor, upn: str, pupil: Pupil | None, readings: Readings, need: int) -> Iterator[Return]:
    rows = [row for row in assessor.view.roll.expected.get(upn, ()) if row.known_on <= assessor.as_at]
    ill = tuple(session for session, _ in this_year(assessor, upn, pupil, *_ILL))
    if not rows and readings.units(ill) < need:
        return
    illness = _Illness(
        assessor,
        upn,
        pupil,
        ill,
        {row: frozenset(_school_sessions(assessor, row.first, row.until, pupil)) for row in rows},
    )

    def due(since: str, day: date, told: frozenset[Session], counted: bool) -> Return:
        relied_on = [] if counted else [row for row, s in illness.known(day).items() if not told.isdisjoint(s)]
        so_far = illness.periods_of(told) if readings.each_illness else illness.ill
        missed = sorted({*so_far, *(() if counted else told)})
        return Return(
            kind="sickness",
            urn=assessor.view.urn,
            upn=upn,
            since=since,
            made_due_on=max(day, academic_year_days(assessor.year)[0]),
            row=_who(assessor.view.urn, upn, pupil)
            | {
                "from": missed[0].day.isoformat(),
                "until": max([missed[-1].day, *(row.until for row in relied_on)]).isoformat(),
                "days": f"{readings.units(missed) / readings.per_day:g}",
                "basis": "counted" if counted else "expected",
                "evidence": "; ".join(dict.fromkeys(row.evidence for row in relied_on)),
            },
        )

    told: frozenset[Session] = frozenset()
    days = sorted({*(session.day for session in illness.ill), *(row.known_on for row in rows)})
    for day in days if rows else days[need // readings.per_day - 1 :]:  # of so many days, what is counted comes to it
        seen, together = illness.seen(day), illness.together(day)
        if not told:
            if readings.units(together) >= need:
                told = together
                yield due(str(assessor.year), day, told, readings.units(seen) >= need)
                further = readings.each_illness and (
                    rows or readings.units(s for s in illness.ill if s not in told) >= need
                )
                if not further:
                    return
            continue
        for period in map(frozenset, illness.periods(day)):
            if told.isdisjoint(period) and readings.units(period) >= need:
                told |= period
                yield due(min(period).day.isoformat(), day, period, readings.units(period & seen) >= need)


@dataclass(frozen=True)
class _Illness:
    """A pupil's sessions of a school year: the marks, and what each row of evidence expects."""

    assessor: Assessor
    upn: str
    pupil: Pupil | None
    ill: tuple[Session, ...]
    expected: Mapping[Expected, frozenset[Session]]

    @cached_property
    def marks(self) -> Mapping[Session, str]:
        """Every mark of the year: asked only where evidence expects, or another illness counts."""
        return dict(this_year(self.assessor, self.upn, self.pupil))

    def seen(self, day: date) -> frozenset[Session]:
        """The sessions missed through illness by the end of a day."""
        return frozenset(session for session in self.ill if session.day <= day)

    def known(self, day: date) -> Mapping[Expected, frozenset[Session]]:
        return {row: sessions for row, sessions in self.expected.items() if row.known_on <= day}

    def together(self, day: date) -> frozenset[Session]:
        """With those that the evidence known that day still lets expect: one that has passed with another code does not count."""
        if not self.expected:
            return self.seen(day)
        foreseen = (s for sessions in self.known(day).values() for s in sessions)
        return self.seen(day) | {s for s in foreseen if s.day > day or self.marks.get(s, "I") in _ILL}

    def periods(self, day: date) -> Iterator[list[Session]]:
        """The continuous periods as that day shows them; on school days ahead that no evidence names, the pupil is expected."""
        together = self.together(day)
        marks = {session: code for session, code in self.marks.items() if session.day <= day}
        until = max((session.day for session in together), default=day)
        ahead = _school_sessions(self.assessor, day + timedelta(days=1), until, self.pupil)
        every = dict.fromkeys(ahead, _ATTENDS) | marks | dict.fromkeys(together, "I")
        return _runs(sorted(every.items()), _ILL)

    def periods_of(self, told: frozenset[Session]) -> Iterator[Session]:
        """The marked sessions of the periods that these belong to, as they went on."""
        for period in _runs(self.marks.items(), _ILL):
            if not told.isdisjoint(period):
                yield from period


_ATTENDS: Final = "/"


def _school_sessions(assessor: Assessor, first: date, until: date, pupil: Pupil | None) -> list[Session]:
    """The sessions between two days of this year, of compulsory age: by the school's calendar, else every working day."""
    begin, end = _year_of(assessor, pupil)
    first, until = max(first, begin), min(until, end)
    calendar: dict[date, bool] = {}
    for session, is_open in assessor.view.roll.calendar.items():
        calendar[session.day] = calendar.get(session.day, False) or is_open
    met = {session.day for session in assessor.held.sessions}
    days = (first + timedelta(days=n) for n in range((until - first).days + 1))
    return [
        Session(day, half) for day in days
        if calendar.get(day, day in met if day <= assessor.as_at else is_working_day(day))
        for half in HALVES
    ]  # fmt: skip


def class_number(pupil: Pupil) -> int | None:
    """The place of a pupil's class, reception being 0 and nursery below it; None: the roll does not say."""
    return _class(pupil.year_group)


@lru_cache(maxsize=1024)  # of a thousand pupils there are some seven classes
def _class(year_group: str | None) -> int | None:
    text = (year_group or "").strip().upper()
    named = {"N2": -2, "N1": -1, "N": -1, "R": 0}
    return named.get(text, int(text) if text.isdigit() else None)


@dataclass(frozen=True)
class SchoolYear:
    """The first and last day of the academic year on which the school meets, as far as known, and its end classes."""

    first: date | None
    last: date | None
    junior: int | None
    senior: int | None

    def enters_at_the_bottom(self, day: date, year_group: str | None) -> bool:
        """Whether who starts that day enters the most junior class on the first day of the school year (reg 13(2))."""
        place = _class(year_group)
        return bool(self.first and day <= self.first and place is not None and place == self.junior)

    def leaves_from_the_top(self, pupil: Pupil) -> bool:
        """Whether the pupil leaves the most senior class at or after the end of the year's last term (reg 13(5))."""
        day, place = pupil.leaving_day, class_number(pupil)
        if day is None or self.last is None or self.last.month not in law.LAST_TERM_ENDS_IN.on(day):
            return False
        return day >= self.last and place is not None and place == self.senior


def school_year(assessor: Assessor) -> SchoolYear:
    """The academic year of as-at at the school."""
    begin, end = academic_year_days(assessor.year)
    days = [day for day in assessor.school_days if begin <= day <= end]
    said = {*assessor.view.roll.said("year_group").values()}
    classes = [place for each in said if (place := _class(each)) is not None]
    return SchoolYear(
        min(days, default=None), max(days, default=None), min(classes, default=None), max(classes, default=None)
    )


def _new_pupil(assessor: Assessor, upn: str, pupil: Pupil, year: SchoolYear) -> Iterator[Return]:
    """A name entered this academic year (reg 13(1)-(3)), but for entrants to the most junior class on its first day."""
    day = pupil.starting_day
    if day is None or academic_year(day) != assessor.year or day > assessor.as_at:
        return
    if year.enters_at_the_bottom(day, pupil.year_group):
        return
    row = _who(assessor.view.urn, upn, pupil) | {"starting_day": day.isoformat()}
    due_by = day + timedelta(days=law.NEW_PUPIL_DAYS.on(assessor.as_at))
    yield Return(
        kind="new_pupil", urn=assessor.view.urn, upn=upn, since=day.isoformat(), made_due_on=day, row=row, due_by=due_by
    )


def _deletion(assessor: Assessor, upn: str, pupil: Pupil, year: SchoolYear) -> Iterator[Return]:
    """A name deleted this academic year (reg 13(4)), but for the most senior class at the end of its last term (13(5))."""
    day = pupil.leaving_day
    if day is None or academic_year(day) != assessor.year or day > assessor.as_at or year.leaves_from_the_top(pupil):
        return
    row = _who(assessor.view.urn, upn, pupil) | {"leaving_day": day.isoformat(), "ground": pupil.deletion_ground or ""}
    yield Return(
        kind="deletion", urn=assessor.view.urn, upn=upn, since=day.isoformat(), made_due_on=day, row=row, due_by=day
    )


def same_episode(one: Return, other: Return) -> bool:
    """Whether two returns tell of the same continuous absence, whose first or last day an amendment has moved (reg 13).

    The sickness return of a year, which tells of all its illness, is known by its year and is never meant.
    """
    if one.kind != other.kind or one.kind not in {"attendance", "sickness"} or not (_of_days(one) and _of_days(other)):
        return False
    return one.row["from"] <= other.row["until"] and other.row["from"] <= one.row["until"]


def _of_days(due: Return) -> bool:
    return due.kind == "attendance" or "-" in due.since


def corrections(written: Iterable[Return], due_now: Sequence[Return], as_at: date) -> Iterator[Correction]:
    """The returns written for one school this academic year that its register no longer bears out (E61), for an officer.

    A return that was right when it was written stands; nothing is taken back. More absence than was told corrects nothing;
    less does, unless it was told as expected.
    """
    for told in written:
        if academic_year(told.made_due_on) != academic_year(as_at):
            continue
        alike = [due for due in due_now if (due.kind, due.urn, due.upn) == (told.kind, told.urn, told.upn)]
        same = [due for due in alike if due.since == told.since] or [due for due in alike if same_episode(told, due)]
        if not same and told.kind in {"new_pupil", "deletion"}:
            same = alike
        now = same[0].row if same else None
        if now is None or not _borne_out(told, now):
            yield Correction(told.kind, told.urn, told.upn, told.since, now)


def _borne_out(told: Return, now: Mapping[str, str]) -> bool:
    match told.kind:
        case "attendance":
            return int(now["sessions"]) >= int(told.row["sessions"])
        case "sickness":
            return told.row["basis"] == "expected" or float(now["days"]) >= float(told.row["days"])
        case "new_pupil":
            return now["starting_day"] == told.row["starting_day"]
        case _:
            return (now["leaving_day"], now["ground"]) == (told.row["leaving_day"], told.row["ground"])


def write_on(schedule: str, today: date, no_later: date = date.max) -> date:
    """The day on which a return found today is written: at once, or at the end of the month, half-term or term [U].

    Never after `no_later`, the last day that the law lets; if that has passed, today.
    """
    match schedule:
        case "monthly":
            day = _end_of_month(today)
        case "half_termly":
            day = _next_of(law.HALF_TERM_ENDS.on(today), today)
        case "termly":
            day = term_end(today)
        case _:
            day = today
    return max(today, min(day, no_later))


def term_end(day: date) -> date:
    """The next end of a term, the day itself included [U]."""
    return _next_of(law.TERM_ENDS.on(day), day)


def last_day(due: Return, found_on: date) -> date:
    """The last day on which a return found that day may be written, whatever the schedule says.

    An attendance return goes at least once a calendar month [V], a new pupil's and a deletion's by their own last day.
    """
    return _end_of_month(found_on) if due.kind == "attendance" else due.due_by or date.max


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _next_of(ends: Iterable[tuple[int, int]], today: date) -> date:
    """The next of such days of the year (month and day), today included."""
    return min(day for year in (today.year, today.year + 1) for end in ends if (day := date(year, *end)) >= today)
