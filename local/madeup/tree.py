"""Write an INPUT tree as `attendance run` reads it: schools, codes of conduct, extracts of every kind, decisions (design 5.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from attendance.ages import of_compulsory_age
from attendance.extracts import Kind
from attendance.sessions import HALVES, Session
from local.madeup import people, terms
from local.madeup.marks import PRESENT, draw
from local.madeup.people import Pupil, Row
from local.madeup.rows import amendment, calendar_row, closed_on, columns_of, csv_of, dice, spoilt, taken
from local.madeup.schools import School, directory_row, letters_yaml, schools, settings_yaml
from local.madeup.stories import STORIES, Place, Story

AUTUMN_DAYS: Final = 73
_FIRST_EXTRACT: Final = terms.FIRST
_SCRIPTED: Final = 9
"""The two digits of a year in the UPNs of scripted pupils; those of the others begin at 10."""
_FRIDAY: Final = 4
_BECAME: Final = (("O", "No reason was established"), ("I", "Parent telephoned: illness"))
_DECISION_COLUMNS: Final = (
    "on", "la", "urn", "upn", "parent_id", "action", "by", "notice", "ground", "reason", "amount_pence", "until", "sessions",
    "address_as",
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How much is made up: the schools, the pupils of each beside the scripted ones, the school days from 3 September 2025."""

    schools: int = 6
    pupils: int = 60
    school_days: int = AUTUMN_DAYS
    seed: int = 1
    weekly: bool = False
    """Whether schools send their marks on Fridays and when something of a story happens, not every day: the same registers."""

    def __post_init__(self) -> None:
        """Refuse what the made-up year cannot hold."""
        year = len(terms.school_days())
        if self.schools < 1 or self.pupils < 0 or not 1 <= self.school_days <= year:
            raise ValueError(
                f"a made-up tree has at least one school, no fewer than 0 pupils, and 1 to {year} school days"
            )

    @property
    def days(self) -> tuple[date, ...]:
        """The school days of which marks are sent."""
        return terms.school_days()[: self.school_days]


@dataclass(frozen=True)
class Cast:
    """A scripted pupil in the tree: the story, and the pupil as each of its schools has them."""

    story: Story
    at: tuple[tuple[School, Place, Pupil], ...]

    @property
    def upn(self) -> str:
        """The pupil's number, the same at every school."""
        return self.at[0][2].upn

    def on(self, day: date) -> tuple[School, Pupil]:
        """Where the pupil is that day; the last school after all."""
        return next(
            ((school, pupil) for school, _, pupil in self.at if pupil.on_roll(day)), (self.at[-1][0], self.at[-1][2])
        )


def write_input(folder: Path, scale: Scale) -> None:
    """Write a made-up INPUT tree; the same scale gives the same bytes, and a longer one begins like a shorter one."""
    made = schools(scale.schools)
    cast = casting(scale)
    _write(folder / "schools.csv", [directory_row(school) for school in made], encoding="iso-8859-1")
    for la in sorted({school.la for school in made}):
        (folder / la).mkdir(parents=True, exist_ok=True)
        (folder / la / "settings.yaml").write_text(settings_yaml(la), encoding="utf-8")
    for school in made:
        if words := letters_yaml(school.urn):
            (folder / school.la / f"{school.urn}-letters.yaml").write_text(words, encoding="utf-8")
        scripted = [(each.story, place, pupil) for each in cast for where, place, pupil in each.at if where == school]
        _write_school(folder / school.la / school.urn, school, scripted, scale)
    decisions = [row for row in _decisions(cast) if date.fromisoformat(row["on"]) <= scale.days[-1]]
    _write(folder / "decisions.csv", decisions, _DECISION_COLUMNS)


def casting(scale: Scale) -> tuple[Cast, ...]:
    """The scripted pupils whose schools all exist at this scale."""
    made = schools(scale.schools)
    return tuple(
        _cast(story, serial, made, scale.seed)
        for serial, story in enumerate(STORIES, start=1)
        if all(place.school < len(made) for place in story.places)
    )


def _cast(story: Story, serial: int, made: Sequence[School], seed: int) -> Cast:
    number = people.upn(made[story.places[0].school], _SCRIPTED, serial)
    at = []
    for place in story.places:
        school = made[place.school]
        rng = dice(seed, "story", serial)  # the same family at every school
        pupil = people.make(rng, school, number, year_group=story.year_group, two=not story.apart)
        starting_day = place.starting_day or pupil.starting_day
        row = {**pupil.row, **story.pupil, "starting_day": starting_day.isoformat()}
        if place.leaving_day and place.leaving_day < _FIRST_EXTRACT:
            row["year_group"] = str(story.year_group - 1)
        at.append((school, place, replace(pupil, row=row, starting_day=starting_day, leaving_day=place.leaving_day)))
    return Cast(story, tuple(at))


# ------------------------------------------------------------------ one school


def _write_school(folder: Path, school: School, scripted: Sequence[tuple[Story, Place, Pupil]], scale: Scale) -> None:
    drawn = [_drawn_pupil(school, n, scale) for n in range(scale.pupils)]
    marked = [(pupil, marks, _replaced(pupil, marks, scale)) for pupil, marks in drawn]
    told = [(pupil, _told(story, pupil, scale.days)) for story, _, pupil in scripted]
    roll = [
        *((_flagged(pupil, marks), None) for pupil, marks in drawn),
        *((pupil, place) for _, place, pupil in scripted),
    ]

    files: defaultdict[tuple[date, Kind], list[Row]] = defaultdict(list)
    leavers = [(story, pupil) for story, _, pupil in scripted if _left_before(pupil)]
    spoken_of = (*(terms.weekdays_before() if leavers else ()), *terms.weekdays())
    files[_FIRST_EXTRACT, "calendar"] = [calendar_row(day, reason) for day, reason in spoken_of]
    for pupil, place in roll:
        entered = max(_FIRST_EXTRACT, place.starting_day if place and place.starting_day else _FIRST_EXTRACT)
        left = (
            {"leaving_day": place.leaving_day.isoformat(), "deletion_ground": place.ground or ""}
            if place and place.leaving_day
            else {}
        )
        files[entered, "pupils"].append({**pupil.row, **left} if _left_before(pupil) else pupil.row)
        files[entered, "parents"] += pupil.parents
        if place and place.leaving_day and not _left_before(pupil):
            files[place.leaving_day, "pupils"].append({**pupil.row, **left})
    for story, _, pupil in scripted:
        for step in story.support:
            if pupil.on_roll(step.day):
                what = {"kind": step.kind, "description": step.description, "outcome": step.outcome}
                files[step.day, "support"].append({"upn": pupil.upn, "date": step.day.isoformat(), **what})
        for each in story.expected:
            spell = {"from": each.first.isoformat(), "until": each.until.isoformat(), "evidence": each.evidence}
            files[each.told, "absences_expected"].append({"upn": pupil.upn, **spell})

    changes = [change for _, _, changed in marked for change in changed]
    changes += [(each.on, amendment(pupil, each.day, each.half, each.code, each.on, each.reason)) for story, _, pupil in scripted
                for each in story.amended if pupil.on_roll(each.day)]  # fmt: skip
    bad = dice(scale.seed, school.urn, "bad rows")
    late: list[Row] = []
    waiting: list[Row] = []
    telling = {day for story, _, _ in scripted for day in story.days} | {scale.days[-1]}
    for day in scale.days:
        rows = [*late, *(row for on, row in changes if on == day)]
        late = []
        for pupil, marks, _ in marked:
            for row in taken(pupil, marks, day):
                wrong = spoilt(bad, row)
                rows.append(wrong or row)
                late += [row] if wrong else []  # the school reads its report and sends it right the next day
        rows += [row for pupil, marks in told for row in taken(pupil, marks, day)]
        rows += [row for pupil, _ in roll for row in closed_on(pupil, day)]
        waiting += sorted(rows, key=lambda row: (row["date"], row["session"], row["upn"]))
        if not scale.weekly or day.weekday() == _FRIDAY or day in telling:
            files[day, "attendance"], waiting = waiting, []
    for (day, kind), rows in sorted(files.items()):
        if day <= scale.days[-1]:
            _write(folder / f"{day.isoformat()}-{kind.replace('_', '-')}.csv", rows, columns_of(kind, rows))
    if leavers:
        days = terms.days_before()
        rows = [row for story, pupil in leavers for day in days for row in taken(pupil, _told(story, pupil, days), day)]
        _write(folder / f"{_FIRST_EXTRACT.isoformat()}-attendance-of-july.csv", rows, columns_of("attendance", rows))


def _left_before(pupil: Pupil) -> bool:
    """Whether the pupil left in the summer before: of such a one the school sends its last weeks, with its first extracts."""
    return pupil.leaving_day is not None and pupil.leaving_day < _FIRST_EXTRACT


def _drawn_pupil(school: School, n: int, scale: Scale) -> tuple[Pupil, dict[Session, str]]:
    allocated, serial = divmod(n, 1000)
    rng = dice(scale.seed, school.urn, n)
    pupil = people.make(rng, school, people.upn(school, _SCRIPTED + 1 + allocated, serial))
    too_young = frozenset() if of_compulsory_age(pupil.born, scale.days[0]) else frozenset({"C2", "T"})
    return pupil, draw(rng, school.kind.phase, scale.days, too_young)


def _flagged(pupil: Pupil, marks: Mapping[Session, str]) -> Pupil:
    """The pupil with what the roll must say for some of the marks."""
    codes, row = set(marks.values()), dict(pupil.row)
    if "T" in codes:
        row["mobile_child"] = "yes"
    if "C2" in codes:
        row["part_time_timetable_until"] = terms.LAST.isoformat()
    return replace(pupil, row=row)


def _replaced(pupil: Pupil, marks: Mapping[Session, str], scale: Scale) -> list[tuple[date, Row]]:
    """The entries that replace each N, two to four school days later: every school does in time what reg 10 asks."""
    rng = dice(scale.seed, pupil.upn, "N")
    days = terms.school_days()
    found = []
    for session, code in marks.items():
        if code == "N":
            after = days[min(days.index(session.day) + rng.randint(2, 4), len(days) - 1)]
            became, reason = rng.choice(_BECAME)
            found.append((after, amendment(pupil, session.day, session.half, became, after, reason)))
    return found


def _told(story: Story, pupil: Pupil, days: Sequence[date]) -> dict[Session, str]:
    """The marks of a scripted pupil: present, but where the story says otherwise."""
    marks = {Session(day, half): PRESENT[half] for day in days for half in HALVES}
    for each in story.absent:
        for session in marks:
            if (
                each.first <= session.day <= each.last
                and each.half in (None, session.half)
                and pupil.on_roll(session.day)
            ):
                marks[session] = each.code
    return marks


# ------------------------------------------------------------------ decisions


def _decisions(cast: Iterable[Cast]) -> list[Row]:
    """Every decision, by day; of a day in the order of the stories."""
    found = []
    for each in cast:
        for decided in each.story.decided:
            school, pupil = each.on(decided.on)
            who = pupil.parent_ids[decided.parent - 1] if decided.parent else ""
            found.append(
                {
                    "on": decided.on.isoformat(),
                    "la": school.la,
                    "urn": school.urn,
                    "upn": pupil.upn,
                    "parent_id": who,
                    "action": decided.action,
                    "by": decided.by,
                    **decided.more,
                }
            )
    return sorted(found, key=lambda row: row["on"])


# ------------------------------------------------------------------ files


def _write(path: Path, rows: Sequence[Row], columns: Sequence[str] = (), encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(csv_of(rows, columns).encode(encoding))
