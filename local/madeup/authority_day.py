"""An authority's day, school by school: the roll, the weeks before it, the day's marks, the next school day's.

All that a school sends is drawn from its number alone: it can be made again whenever it is the school's turn, so that nothing of
any other school need be kept. Of every school a pupil's holiday met the threshold the day before, another's meets it on the day, an
absence and an illness make returns due, and a pupil is new. Every tenth school has a bad day: a file that is refused, one sent
twice, and a second that amends.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from math import ceil
from typing import Final, Literal

from attendance.extracts import Kind
from attendance.sessions import HALVES, Session
from local.madeup import people, terms
from local.madeup.marks import PRESENT, draw
from local.madeup.people import Pupil, Row
from local.madeup.rows import amendment, calendar_row, columns_of, csv_of, dice, mistaken, taken
from local.madeup.schools import School, schools

LA: Final = "886"
DAY: Final = date(2025, 9, 30)
"""The day: a Tuesday, and the last of a month, on which monthly returns are written."""
NEXT: Final = date(2025, 10, 1)
"""The school day after, whose files come all at once."""
MOST_SCHOOLS: Final = 500
"""As many made-up schools of the authority have establishment numbers of their own."""
FEWEST_PUPILS: Final = 10
MOST_PUPILS: Final = 5000
BAD_DAY_EVERY: Final = 10

type Outcome = Literal["taken", "refused", "copy"]

_FIRST_YEAR: Final = 10
"""The first of the two digits of a year in the UPNs; a thousand pupils each."""
_NEEDS_A_FLAG: Final = frozenset({"C2", "T"})


@dataclass(frozen=True)
class _Absence:
    """A code in both sessions from the first day to the last."""

    first: date
    last: date
    code: str


# The first pupils of every school; in the weeks before all others are present.
_SCRIPTED: Final = (
    _Absence(
        date(2025, 9, 23), date(2025, 9, 29), "G"
    ),  # ten sessions on the day before: a session of today can be listed tomorrow
    _Absence(date(2025, 9, 24), DAY, "G"),  # ten sessions on the day
    _Absence(date(2025, 9, 17), DAY, "O"),  # ten continuous days
    _Absence(date(2025, 9, 10), DAY, "I"),  # fifteen days
)
_HOLIDAY, _NEW = 0, len(_SCRIPTED)
_AMENDED: Final = range(_NEW + 1, _NEW + 4)


@dataclass(frozen=True)
class Extract:
    """A file as a school sends it, how many rows and, of these, marks are in it, and what becomes of it."""

    name: str
    body: bytes
    rows: int
    marks: int
    outcome: Outcome = "taken"
    marks_of_the_day: int = 0
    """Of the day's register: two of every pupil."""


@dataclass(frozen=True)
class SchoolDay:
    """One school of the authority: the n-th, with so many pupils."""

    n: int
    school: School
    size: int

    @property
    def bad(self) -> bool:
        """Whether the school has a bad day."""
        return self.n % BAD_DAY_EVERY == 0

    @cached_property
    def pupils(self) -> tuple[Pupil, ...]:
        """Everybody on the roll; the first few are scripted."""
        return tuple(self._pupil(n) for n in range(self.size))

    @property
    def on_holiday(self) -> Pupil:
        """The pupil whose holiday met the threshold the day before."""
        return self.pupils[_HOLIDAY]

    def roll(self) -> Extract:
        """The roll, the parents and the calendar of the year, in one archive."""
        tables: Mapping[Kind, Sequence[Row]] = {
            "pupils": [pupil.row for pupil in self.pupils],
            "parents": [parent for pupil in self.pupils for parent in pupil.parents],
            "calendar": [calendar_row(day, reason) for day, reason in terms.weekdays()],
        }
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as archive:
            for kind, rows in tables.items():
                member = zipfile.ZipInfo(f"{kind}.csv")  # its date does not depend on the clock
                archive.writestr(member, csv_of(rows, columns_of(kind, rows)), zipfile.ZIP_DEFLATED)
        return Extract("roll.zip", body.getvalue(), sum(map(len, tables.values())), 0)

    def before(self) -> Extract:
        """Every mark from the first school day up to the day before, packed; no more than a mark must have."""
        rows = [
            {
                "upn": pupil.upn,
                "date": day.isoformat(),
                "session": half,
                "code": self._scripted(n, day) or PRESENT[half],
            }
            for day in terms.school_days()
            if day < DAY
            for n, pupil in enumerate(self.pupils)
            if pupil.on_roll(day)
            for half in HALVES
        ]
        return Extract("before.csv.gz", gzip.compress(csv_of(rows).encode(), mtime=0), len(rows), len(rows))

    def today(self) -> Iterator[Extract]:
        """What the school sends on the day, in order: one file, of which a row is wrong; on a bad day more."""
        rows = [row for n in range(self.size) for row in self._marks(n, (DAY,))]
        rng = dice(LA, self.school.urn, "wrong")
        wrong = rng.randrange(2 * (_AMENDED.stop), len(rows))  # nobody's of whom something is expected
        made = [mistaken(rng, row) if n == wrong else row for n, row in enumerate(rows)]
        register = replace(_attendance("register.csv", made), marks_of_the_day=len(made))
        if self.bad:
            bare = [{name: row[name] for name in ("upn", "date", "session")} for row in rows]  # and no code
            yield Extract("register.csv", csv_of(bare).encode(), len(rows), len(rows), "refused")
        yield register
        if self.bad:
            yield replace(register, outcome="copy", marks_of_the_day=0)
            ill = [
                amendment(self.pupils[n], DAY, "PM", "I", DAY, "Collected at noon: was taken ill at school")
                for n in _AMENDED
            ]
            yield _attendance("amendments.csv", [rows[wrong], *ill])

    def next_day(self) -> Extract:
        """The marks of the school day after."""
        return _attendance("register.csv", [row for n in range(self.size) for row in self._marks(n, (NEXT,))])

    def _pupil(self, n: int) -> Pupil:
        year, serial = divmod(n, 1000)
        number = people.upn(self.school, _FIRST_YEAR + year, serial)
        rng = dice(LA, self.school.urn, n)
        if n > _NEW:
            return people.make(rng, self.school, number)
        drawn = people.make(rng, self.school, number, year_group=self.school.kind.oldest - 1, two=True)
        if n < _NEW:
            return drawn
        return Pupil({**drawn.row, "starting_day": DAY.isoformat()}, drawn.parents, DAY, drawn.born)

    def _marks(self, n: int, days: Sequence[date]) -> Iterator[Row]:
        """The rows of a pupil's marks on some days."""
        pupil = self.pupils[n]
        if n <= _NEW:
            marks = {Session(day, half): self._scripted(n, day) or PRESENT[half] for day in days for half in HALVES}
        else:
            rng = dice(LA, self.school.urn, n, "marks")
            marks = draw(rng, self.school.kind.phase, (DAY, NEXT), _NEEDS_A_FLAG)
        for day in days:
            yield from taken(pupil, marks, day)

    def _scripted(self, n: int, day: date) -> str | None:
        absent = n < _NEW and _SCRIPTED[n].first <= day <= _SCRIPTED[n].last
        return _SCRIPTED[n].code if absent else None


def authority_schools(count: int) -> tuple[School, ...]:
    """The first made-up schools of the authority."""
    every = schools(2 * count + 4)  # half of them, in groups of three, lie in the authority
    return tuple(school for school in every if school.la == LA)[:count]


def school_days(count: int, pupils: int) -> Iterator[SchoolDay]:
    """The schools in turn, each made when it is asked for, with so many pupils."""
    return (SchoolDay(n, school, pupils) for n, school in enumerate(authority_schools(count)))


def files_of_the_day(count: int) -> int:
    """How many files the first schools send on the day: one each, and three more on a bad day."""
    return count + 3 * ceil(count / BAD_DAY_EVERY)


def _attendance(name: str, rows: Sequence[Row]) -> Extract:
    return Extract(name, csv_of(rows, columns_of("attendance", rows)).encode(), len(rows), len(rows))
